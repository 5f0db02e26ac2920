//! A touch as one statement: a part for the root and one for each kind of row that goes with it, each joined to the rows
//! that the part above it really touched.

use sqlx::error::BoxDynError;

use super::branches::write_branch;
use super::family::{Deed, Family};
use super::losers::write_losers;
use super::plan::Plan;
use super::touched::{write_log, write_touched};
use super::{Part, Touch};
use crate::backend::{Backend, Dialect, Query};
use crate::context::Scope;
use crate::entity::ColumnSet;
use crate::sql::log::bind_log;
use crate::sql::parent::prove_parents;
use crate::sql::rows::{Target, state};
use crate::sql::{SqlText, arguments, values};

/// `WITH user_scope_0 AS (DELETE …), user_scope_1 AS (DELETE … USING user_scope_0 …), user_scope_logged AS (…) SELECT …`.
pub(super) fn one_statement<DB: Backend>(mut plan: Plan<'_, DB>, parts: &[Part]) -> Result<Query<DB>, BoxDynError> {
    let (mut text, mut arguments) = (SqlText::new(Dialect::Postgres), arguments::<DB>(8));
    let has_tree = (0..=plan.family.branches.len()).any(|part| plan.family.is_tree(part));
    text.sql(if has_tree { "WITH RECURSIVE " } else { "WITH " });
    plan.family.owner = name_the_caller(&plan.family, &plan.target, &mut text, &mut arguments)?;
    let first = write_root(&mut plan, &mut text, &mut arguments)?;
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

/// Binds the caller, if it is one user, for parts other than the root's rows. Gives the number of the parameter.
pub(super) fn name_the_caller<DB: Backend>(
    family: &Family,
    target: &Target<'_, DB>,
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
) -> Result<Option<usize>, BoxDynError> {
    let Scope::User(owner) = target.reach.scope else { return Ok(None) };
    if !family.has_others() {
        return Ok(None);
    }
    target.reach.table.bind(target.reach.entity().definition().owner, owner, arguments)?;
    text.skip_parameters(1);
    Ok(Some(text.parameters()))
}

/// Gives the number of the first parameter that the root sets: the mark, or the new owner.
fn write_root<DB: Backend>(
    plan: &mut Plan<'_, DB>,
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
) -> Result<usize, BoxDynError> {
    let entity = plan.entity();
    let is_tree = plan.family.is_tree(0);
    // Without a lock that a child's insert waits for, one would come to be below the mark.
    let marks = plan.family.deed == Deed::Mark;
    let knows = marks || is_tree || plan.family.was(0).is_some() || !plan.new_values().is_empty() || plan.has_guards();
    if knows {
        write_before(plan, text, arguments)?;
    }
    text.part(0).sql(" AS (");
    let (columns, first) = plan.write_deed(text, arguments)?;
    if knows {
        text.sql(if matches!(plan.touch, Touch::Delete) { " USING " } else { " FROM " });
        known(text, is_tree);
        text.sql(" WHERE ").name(entity.id_column()).sql(" = ").our("id");
        text.sql(" AND ").name(entity.owner_column()).sql(" = ").our("owner");
        if let Scope::User(owner) = plan.target.reach.scope {
            text.sql(" AND ").name(entity.owner_column()).sql(" = ").parameter();
            plan.target.reach.table.bind(entity.definition().owner, owner, arguments)?;
        }
        // A purge and a transfer take all that is below along.
        if !is_tree || matches!(plan.family.deed, Deed::Mark | Deed::Unmark) {
            state(text, entity, " AND ", plan.target.state);
        }
        plan.write_guards(text, arguments, &|_, text, _| {
            text.sql("SELECT * FROM ");
            known(text, is_tree);
            Ok(())
        })?;
    } else {
        plan.target.write(text, arguments)?;
    }
    if matches!(plan.touch, Touch::Revise(_)) {
        write_proof(plan, text, arguments, columns, first)?;
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
fn write_before<DB: Backend>(
    plan: &Plan<'_, DB>,
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
) -> Result<(), BoxDynError> {
    text.our("before").sql(" AS (SELECT ").name(plan.entity().id_column()).sql(" AS ").our("id").sql(", ");
    text.name(plan.entity().owner_column()).sql(" AS ").our("owner");
    if let Some(was) = plan.family.was(0) {
        text.sql(", ").column(plan.entity(), was).sql(" AS ").our("was");
    }
    if !plan.new_values().is_empty() {
        text.sql(", ");
        values::object(text, plan.entity(), plan.new_values());
        text.sql(" AS ").our("old");
    }
    text.sql(" FROM ").table(plan.entity());
    plan.target.write(text, arguments)?;
    text.sql(if matches!(plan.touch, Touch::Revise(_)) { " FOR NO KEY UPDATE), " } else { " FOR UPDATE), " });
    if plan.family.is_tree(0) {
        text.tree(0);
        plan.family.known(text, 0);
        text.sql(" AS (SELECT * FROM ").our("before");
        plan.family.descendants(text, 0);
        text.sql("), ");
    }
    Ok(())
}

/// Writes that the parents which are set belong to the owner of every row; if not, no row is changed.
pub(super) fn write_proof<DB: Backend>(
    plan: &Plan<'_, DB>,
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    columns: ColumnSet,
    first: usize,
) -> Result<(), BoxDynError> {
    let entity = plan.entity();
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
    plan.target.write(text, arguments)?;
    text.sql(") AS ").our("row");
    prove_parents(text, " WHERE NOT (", entity, columns, &value);
    text.sql("))");
    Ok(())
}
