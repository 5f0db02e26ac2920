//! A touch as one statement: a part for the root and one for each kind of row that goes with it, each joined to the rows
//! that the part above it really touched.

use sqlx::error::BoxDynError;

use super::count_version;
use super::family::{Branch, Deed};
use super::losers::{write_losers, write_stays};
use super::touch::{Part, Plan, Touch};
use crate::backend::{Dialect, Query};
use crate::context::Scope;
use crate::entity::{ColumnSet, Entity, Stores, UserScoped};
use crate::sql::log::{Addition, LogParameters, bind_log, log_into, log_select};
use crate::sql::parent::{Storage, convert, prove_parents};
use crate::sql::rows::{Rows, state};
use crate::sql::{SqlText, arguments, values};

/// `WITH user_scope_0 AS (DELETE …), user_scope_1 AS (DELETE … USING user_scope_0 …), logged AS (…) SELECT …`.
pub(super) fn one_statement<T: UserScoped, DB: Stores<T>>(
    mut plan: Plan<'_, T>,
    parts: &[Part],
) -> Result<Query<DB>, BoxDynError> {
    let (mut text, mut arguments) = (SqlText::new(Dialect::Postgres), arguments::<DB>(8));
    let has_tree = (0..parts.len()).any(|part| plan.family.tree(part).is_some());
    text.sql(if has_tree { "WITH RECURSIVE " } else { "WITH " });
    let first = write_root::<T, DB>(&mut plan, &mut text, &mut arguments)?;
    for (index, branch) in plan.family.branches.iter().enumerate() {
        let part = index + 1;
        match plan.family.losing(part).collect::<Vec<_>>().as_slice() {
            [one, _, ..] if branch.set_null && *one != part => {}
            losing @ [_, _, ..] if branch.set_null => write_losers(&plan, &mut text, losing),
            _ => write_branch(&plan, &mut text, part, branch, first),
        }
    }
    match plan.record.in_statement() {
        Some(log) => {
            write_log(&plan, &mut text, parts);
            bind_log::<DB>(&mut arguments, Some(log))?;
            text.sql(" SELECT count(*) FROM ").part(0);
        }
        None if plan.record.is_beside() => write_touched(&plan, &mut text, parts),
        None => {
            text.sql(" SELECT count(*) FROM ").part(0);
        }
    }
    let keep = text.keep();
    Ok(Query { text: text.into_sql(), arguments, keep })
}

/// Gives the number of the first parameter that the root sets: the mark, or the new owner.
fn write_root<T: UserScoped, DB: Stores<T>>(
    plan: &mut Plan<'_, T>,
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
) -> Result<usize, BoxDynError> {
    let entity = T::entity();
    let is_tree = plan.family.tree(0).is_some();
    let knows = is_tree || plan.family.was(0).is_some() || !plan.new_values().is_empty() || plan.has_guards();
    if knows {
        write_before::<T, DB>(plan, text, arguments)?;
    }
    text.part(0).sql(" AS (");
    let (columns, first) = plan.write_deed::<DB>(text, arguments)?;
    if knows {
        text.sql(if matches!(plan.touch, Touch::Delete) { " USING " } else { " FROM " });
        known(text, is_tree);
        text.sql(" WHERE ").name(entity.id_column()).sql(" = ").our("id");
        text.sql(" AND ").name(entity.owner_column()).sql(" = ").our("owner");
        if let Scope::User(owner) = plan.target.scope {
            text.sql(" AND ").name(entity.owner_column()).sql(" = ").parameter();
            DB::bind(entity.definition().owner, owner, arguments)?;
        }
        // A purge and a transfer take all that is below along.
        if !is_tree || matches!(plan.family.deed, Deed::Mark | Deed::Unmark) {
            state(text, entity, " AND ", plan.target.state);
        }
        plan.write_guards::<DB>(text, arguments, &|_, text, _| {
            text.sql("SELECT * FROM ");
            known(text, is_tree);
            Ok(())
        })?;
    } else {
        plan.target.write::<DB>(text, arguments)?;
    }
    if matches!(plan.touch, Touch::Revise(_)) {
        write_proof::<T, DB>(plan, text, arguments, columns, first)?;
    }
    text.sql(" RETURNING ").name(entity.id_column()).sql(" AS ").our("id").sql(", ");
    text.name(entity.owner_column()).sql(" AS ").our("owner");
    if plan.family.was(0).is_some() {
        text.sql(", ").our("was");
    }
    let old = plan.old_values(0);
    if !old.is_empty() {
        text.sql(", ");
        values::object(text, entity, old);
        text.sql(" AS ").our("old");
    }
    if !plan.new_values().is_empty() {
        text.sql(", ").our("old").sql(", ");
        values::object(text, entity, plan.new_values());
        text.sql(" AS ").our("new");
    }
    text.sql(")");
    Ok(first)
}

fn known(text: &mut SqlText, is_tree: bool) {
    if is_tree {
        text.tree(0);
    } else {
        text.our("before");
    }
}

/// Writes what the rows are before, locked; and in a tree all that is below them, which is not.
fn write_before<T: UserScoped, DB: Stores<T>>(
    plan: &Plan<'_, T>,
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
) -> Result<(), BoxDynError> {
    text.our("before").sql(" AS (SELECT ").name(T::entity().id_column()).sql(" AS ").our("id").sql(", ");
    text.name(T::entity().owner_column()).sql(" AS ").our("owner");
    if let Some(was) = plan.family.was(0) {
        text.sql(", ").column(T::entity(), was).sql(" AS ").our("was");
    }
    if !plan.new_values().is_empty() {
        text.sql(", ");
        values::object(text, T::entity(), plan.new_values());
        text.sql(" AS ").our("old");
    }
    text.sql(" FROM ").table(T::entity());
    plan.target.write::<DB>(text, arguments)?;
    text.sql(if matches!(plan.touch, Touch::Revise(_)) { " FOR NO KEY UPDATE), " } else { " FOR UPDATE), " });
    if plan.family.tree(0).is_some() {
        text.tree(0);
        plan.family.known(text, 0);
        text.sql(" AS (SELECT * FROM ").our("before");
        plan.family.descendants(text, 0);
        text.sql("), ");
    }
    Ok(())
}

/// Writes that the parents which are set belong to the owner of every row; if not, no row is changed.
pub(super) fn write_proof<T: UserScoped, DB: Stores<T>>(
    plan: &Plan<'_, T>,
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    columns: ColumnSet,
    first: usize,
) -> Result<(), BoxDynError> {
    let entity = T::entity();
    if !entity.definition().parents.iter().any(|parent| columns.contains(parent.column)) {
        return Ok(());
    }
    let value = |text: &mut SqlText, column| {
        if column == entity.definition().owner {
            text.our("row").sql(".").column(entity, column);
        } else {
            text.parameter_again(first + columns.iter().take_while(|before| *before < column).count());
        }
    };
    text.sql(" AND NOT EXISTS (SELECT 1 FROM (SELECT * FROM ").table(entity);
    plan.target.write::<DB>(text, arguments)?;
    text.sql(") AS ").our("row");
    prove_parents(text, " WHERE NOT (", entity, columns, &value);
    text.sql("))");
    Ok(())
}

/// Writes a part that follows another.
fn write_branch<T: UserScoped>(plan: &Plan<'_, T>, text: &mut SqlText, part: usize, branch: &Branch, first: usize) {
    let entity = branch.entity;
    let is_tree = plan.family.tree(part).is_some();
    if is_tree {
        text.sql(", ").tree(part);
        plan.family.known(text, part);
        text.sql(" AS (");
        plan.family.select(text, part);
        text.sql(" JOIN ").part(branch.above).sql(" AS ").our("above").sql(" ON ");
        write_match(plan, text, branch);
        plan.family.descendants(text, part);
        text.sql(")");
    }
    text.sql(", ").part(part).sql(" AS (");
    let deletes = plan.family.deed == Deed::Delete && !branch.set_null;
    text.sql(if deletes { "DELETE FROM " } else { "UPDATE " }).table(entity);
    if !deletes {
        write_set(plan, text, branch, &|text| {
            text.parameter_again(first);
        });
    }
    text.sql(if deletes { " USING " } else { " FROM " });
    if is_tree {
        text.tree(part).sql(" AS ").our("above").sql(" WHERE ").name(entity.id_column()).sql(" = ");
        text.our("above").sql(".").our("id").sql(" AND ").name(entity.owner_column()).sql(" = ");
        text.our("above").sql(".").our("owner");
    } else {
        text.part(branch.above).sql(" AS ").our("above").sql(" WHERE ");
        write_match(plan, text, branch);
        if branch.set_null {
            write_stays(plan, text, part);
        }
    }
    text.sql(" RETURNING ").name(entity.id_column()).sql(" AS ").our("id").sql(", ");
    text.name(entity.owner_column()).sql(" AS ").our("owner");
    if plan.family.was(part).is_some() {
        text.sql(", ");
        was(plan, text, branch, is_tree);
        text.sql(" AS ").our("was");
    }
    let old = plan.old_values(part);
    if !old.is_empty() {
        text.sql(", ");
        values::object(text, entity, old);
        text.sql(" AS ").our("old");
    }
    text.sql(")");
}

/// Writes ` FROM …`, the rows of a part.
fn write_from<T: UserScoped>(plan: &Plan<'_, T>, text: &mut SqlText, part: usize) {
    let losing: Vec<usize> = plan.family.losing(part).collect();
    match losing.as_slice() {
        [first, _, ..] if losing.contains(&part) => text.sql(" FROM ").part(*first).sql(" WHERE ").part(part),
        _ => text.sql(" FROM ").part(part),
    };
}

/// The owner before, as this entity stores owners, or the mark before.
fn was<T: UserScoped>(plan: &Plan<'_, T>, text: &mut SqlText, branch: &Branch, is_tree: bool) {
    let value = |text: &mut SqlText| {
        text.our("above").sql(".").our("was");
    };
    if is_tree || plan.family.deed != Deed::Transfer {
        return value(text);
    }
    let above = plan.family.entity(branch.above);
    convert(text, Storage::of_owner(above), Storage::of_owner(branch.entity), &value);
}

/// Writes `SET …` of a branch; `value` is the root's mark or new owner.
pub(super) fn write_set<T: UserScoped>(
    plan: &Plan<'_, T>,
    text: &mut SqlText,
    branch: &Branch,
    value: &dyn Fn(&mut SqlText),
) {
    let entity = branch.entity;
    text.sql(" SET ");
    match (plan.family.deed, entity.definition().deleted_at) {
        _ if branch.set_null => {
            text.column(entity, branch.link.column).sql(" = NULL");
        }
        (Deed::Transfer, _) => {
            text.name(entity.owner_column()).sql(" = ");
            convert(text, Storage::of_owner(T::entity()), Storage::of_owner(entity), value);
        }
        (Deed::Mark, Some(deleted_at)) => {
            text.column(entity, deleted_at).sql(" = ");
            value(text);
        }
        // What has no mark cannot be restored; the derive lets no such child follow.
        (_, deleted_at) => {
            text.column(entity, deleted_at.unwrap_or(entity.definition().owner)).sql(" = NULL");
        }
    }
    count_version(text, entity, true);
}

/// Writes that a row is a child of `above` and has its owner.
pub(super) fn write_match<T: UserScoped>(plan: &Plan<'_, T>, text: &mut SqlText, branch: &Branch) {
    let (entity, above) = (branch.entity, plan.family.entity(branch.above));
    text.column(entity, branch.link.column).sql(" = ");
    convert(text, Storage::of_id(above), Storage::of_link(entity, branch.link), &|text| {
        text.our("above").sql(".").our("id");
    });
    text.sql(" AND ").name(entity.owner_column()).sql(" = ");
    let owner = if plan.family.deed == Deed::Transfer { "was" } else { "owner" };
    convert(text, Storage::of_owner(above), Storage::of_owner(entity), &|text| {
        text.our("above").sql(".").our(owner);
    });
    plan.family.state(text, entity);
    if let (Deed::Unmark, Some(deleted_at)) = (plan.family.deed, entity.definition().deleted_at) {
        text.sql(" AND ").column(entity, deleted_at).sql(" = ").our("above").sql(".").our("was");
    }
}

/// Writes `, logged AS (INSERT … SELECT … UNION ALL SELECT …)`.
fn write_log<T: UserScoped>(plan: &Plan<'_, T>, text: &mut SqlText, parts: &[Part]) {
    text.sql(", ");
    log_into(text);
    let parameters = LogParameters::next(text);
    let owner: &dyn Fn(&mut SqlText) = &|text| {
        write_owner(plan, text);
        text.sql("::text");
    };
    let rows: &dyn Fn(&mut SqlText) = &|text| {
        text.sql("(SELECT count(*) FROM ").part(0).sql(")");
    };
    let old = |text: &mut SqlText| {
        text.our("old");
    };
    let new = |text: &mut SqlText| {
        text.our("new");
    };
    text.list(" UNION ALL ", parts.iter().enumerate(), |text, (number, part)| {
        let emptied: &dyn Fn(&mut SqlText) = &|text| write_emptied(text, part);
        let has_old = !plan.old_values(number).is_empty() || number == 0 && !plan.new_values().is_empty();
        let additions: Vec<Addition<'_>> = [
            plan.target.scope.is_everyone().then_some(("owner", owner)),
            (number == 0 && matches!(plan.target.rows, Rows::Where(_))).then_some(("rows", rows)),
            part.emptied.is_some().then_some(("changed", emptied)),
            has_old.then_some(("old", &old as _)),
            (number == 0 && !plan.new_values().is_empty()).then_some(("new", &new as _)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let id = |text: &mut SqlText| {
            text.our("id");
        };
        log_select(text, part.entity, part.operation.as_str(), parameters, &id, &additions);
        write_from(plan, text, number);
    });
    text.sql(")");
}

/// Whose row it was when it was touched.
fn write_owner<T: UserScoped>(plan: &Plan<'_, T>, text: &mut SqlText) {
    text.our(if plan.family.deed == Deed::Transfer { "was" } else { "owner" });
}

fn write_emptied(text: &mut SqlText, part: &Part) {
    let column = part.emptied.unwrap_or_default();
    text.sql("jsonb_build_array(").literal(name_in_log(part.entity, column)).sql(")");
}

fn name_in_log(entity: &Entity, column: usize) -> &'static str {
    let redacted = entity.definition().columns.get(column).is_some_and(|column| column.redact);
    if redacted { "[redacted]" } else { entity.column_name(column) }
}

/// Writes ` SELECT number, id, owner, old, new FROM … UNION ALL …`.
fn write_touched<T: UserScoped>(plan: &Plan<'_, T>, text: &mut SqlText, parts: &[Part]) {
    text.sql(" ");
    text.list(" UNION ALL ", 0..parts.len(), |text, number| {
        text.sql("SELECT ").number(number).sql("::bigint, ").our("id").sql("::text, ");
        write_owner(plan, text);
        text.sql("::text, ");
        let has_old = !plan.old_values(number).is_empty() || number == 0 && !plan.new_values().is_empty();
        if has_old {
            text.our("old").sql("::text");
        } else {
            text.sql("NULL::text");
        }
        text.sql(", ");
        if number == 0 && !plan.new_values().is_empty() {
            text.our("new").sql("::text");
        } else {
            text.sql("NULL::text");
        }
        write_from(plan, text, number);
    });
}
