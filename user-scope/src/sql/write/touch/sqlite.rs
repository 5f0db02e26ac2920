//! A touch as statements in a transaction: first whether there is anything to do, then whoever goes with the rows, the
//! last of the line first, then the rows themselves.

use sqlx::error::BoxDynError;

use super::branches::write_set;
use super::family::{Branch, Deed};
use super::locks::Locks;
use super::losers::Loss;
use super::plan::Plan;
use super::postgres::write_proof;
use super::{Part, Touch, Touching};
use crate::backend::{Backend, Dialect, Query};
use crate::entity::{ColumnSet, Entity};
use crate::sql::rows::Rows;
use crate::sql::write::set;
use crate::sql::{SqlText, arguments, values};

pub(super) fn statements<'a, DB: Backend>(
    mut plan: Plan<'_, DB>,
    parts: Vec<Part>,
    locks: Locks<'a, DB>,
) -> Result<Touching<'a, DB>, BoxDynError> {
    let transfers = plan.family.deed == Deed::Transfer;
    let looks = !plan.family.branches.is_empty() || !plan.new_values().is_empty() || transfers;
    let look = if looks { Some(look(&plan)?) } else { None };
    let remembers = may_change_the_condition(&plan);
    let mut steps = Vec::with_capacity(parts.len() + 2);
    if remembers {
        steps.push(remember(&plan)?);
    }
    for (number, part) in parts.iter().enumerate().rev() {
        match (&part.loss, plan.family.branch(number)) {
            (Some(loss), _) => steps.push(losing(&plan, number, loss, remembers)?),
            (None, Some(branch)) => steps.push(going(&plan, number, branch, remembers)?),
            (None, None) => {}
        }
    }
    steps.push(root(&mut plan, looks, remembers)?);
    if remembers {
        let mut text = SqlText::new(Dialect::Sqlite);
        text.sql("DROP TABLE ").our(ROOTS);
        steps.push(finish(text, arguments::<DB>(0))?);
    }
    Ok(Touching { locks, look, steps, parts, defers_keys: transfers })
}

/// Where the root's rows are remembered.
const ROOTS: &str = "roots";

/// Whether rows that lose their parent are of the root's own table: they could come to fulfil the condition.
fn may_change_the_condition<DB: Backend>(plan: &Plan<'_, DB>) -> bool {
    matches!(plan.target.rows, Rows::Where(_)) && plan.family.losing(0).next().is_some()
}

/// Remembers which rows of the root are meant, until the end of the touch.
fn remember<DB: Backend>(plan: &Plan<'_, DB>) -> Result<Query<DB>, BoxDynError> {
    let (mut text, mut arguments) = (SqlText::new(Dialect::Sqlite), arguments::<DB>(4));
    text.sql("CREATE TEMPORARY TABLE ").our(ROOTS).sql(" AS ");
    plan.family.root_rows(&mut text, &mut arguments, &plan.target)?;
    finish(text, arguments)
}

fn root_rows<DB: Backend>(
    plan: &Plan<'_, DB>,
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    remembered: bool,
) -> Result<(), BoxDynError> {
    if remembered {
        text.sql("SELECT * FROM ").our(ROOTS);
        return Ok(());
    }
    plan.family.root_rows(text, arguments, &plan.target)
}

/// The root's rows, if nothing stands in the way.
fn look<DB: Backend>(plan: &Plan<'_, DB>) -> Result<Query<DB>, BoxDynError> {
    let entity = plan.entity();
    let (mut text, mut arguments) = (SqlText::new(Dialect::Sqlite), arguments::<DB>(4));
    text.sql("SELECT ").name(entity.id_column()).sql(", ").name(entity.owner_column()).sql(", ");
    write_values(&mut text, entity, plan.new_values());
    text.sql(" FROM ").table(entity);
    plan.target.write(&mut text, &mut arguments)?;
    guards(plan, &mut text, &mut arguments)?;
    finish(text, arguments)
}

fn guards<DB: Backend>(
    plan: &Plan<'_, DB>,
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
) -> Result<(), BoxDynError> {
    plan.write_guards(text, arguments, &|plan, text, arguments| plan.family.root_rows(text, arguments, &plan.target))
}

fn write_values(text: &mut SqlText, entity: &Entity, columns: ColumnSet) {
    if columns.is_empty() {
        text.sql("NULL");
    } else {
        values::object(text, entity, columns);
    }
}

/// Those who go along.
fn going<DB: Backend>(
    plan: &Plan<'_, DB>,
    part: usize,
    branch: &Branch,
    remembered: bool,
) -> Result<Query<DB>, BoxDynError> {
    let entity = branch.entity;
    let (mut text, mut arguments) = (SqlText::new(Dialect::Sqlite), arguments::<DB>(4));
    let deletes = plan.family.deed == Deed::Delete;
    text.sql(if deletes { "DELETE FROM " } else { "UPDATE " }).table(entity);
    if !deletes {
        let number = text.parameters() + 1;
        match &plan.touch {
            Touch::Mark(moment) => {
                let Some(deleted_at) = plan.entity().definition().deleted_at else {
                    return Err("this entity has no mark of deletion".into());
                };
                plan.target.reach.table.bind_moment(deleted_at, *moment, &mut arguments)?;
                text.skip_parameters(1);
            }
            Touch::Transfer(to) => {
                plan.target.reach.table.bind(plan.entity().definition().owner, *to, &mut arguments)?;
                text.skip_parameters(1);
            }
            _ => {}
        }
        write_set(plan, &mut text, branch, &|text| {
            text.parameter_again(number);
        });
    }
    text.sql(" WHERE ");
    let mut root = |text: &mut SqlText| root_rows(plan, text, &mut arguments, remembered);
    if plan.family.is_tree(part) {
        text.sql("(").name(entity.id_column()).sql(", ").name(entity.owner_column()).sql(") IN (SELECT ");
        text.our("id").sql(", ").our("owner").sql(" FROM ");
        plan.family.rows(&mut text, part, &mut root)?;
        text.sql(")");
    } else {
        plan.family.is_below(&mut text, branch, &mut root)?;
        plan.family.state(&mut text, entity);
    }
    returning(&mut text, plan, part, entity);
    finish(text, arguments)
}

/// Those who lose a parent, or several: who loses more has lost them before, and is found no more.
fn losing<DB: Backend>(
    plan: &Plan<'_, DB>,
    part: usize,
    loss: &Loss,
    remembered: bool,
) -> Result<Query<DB>, BoxDynError> {
    let entity = loss.entity;
    let (mut text, mut arguments) = (SqlText::new(Dialect::Sqlite), arguments::<DB>(4));
    text.sql("UPDATE ").table(entity);
    set(&mut text, entity, loss.columns, |text, _| {
        text.sql("NULL");
    });
    let mut root = |text: &mut SqlText| root_rows(plan, text, &mut arguments, remembered);
    for (index, branches) in loss.lost.iter().enumerate() {
        text.sql(if index == 0 { " WHERE (" } else { " AND (" });
        for (index, branch) in branches.iter().filter_map(|part| plan.family.branch(*part)).enumerate() {
            text.sql(if index == 0 { "" } else { " OR " });
            plan.family.is_below(&mut text, branch, &mut root)?;
        }
        text.sql(")");
    }
    plan.family.state(&mut text, entity);
    // Who goes does not lose a parent as well.
    for part in loss.lost.iter().flatten().take(1) {
        for going in plan.family.going(*part) {
            text.sql(" AND (").name(entity.id_column()).sql(", ").name(entity.owner_column()).sql(") NOT IN (SELECT ");
            text.our("id").sql(", ").our("owner").sql(" FROM ");
            plan.family.rows(&mut text, going, &mut root)?;
            text.sql(")");
        }
    }
    returning(&mut text, plan, part, entity);
    finish(text, arguments)
}

/// `looked`: nothing stands in the way any more.
fn root<DB: Backend>(plan: &mut Plan<'_, DB>, looked: bool, remembered: bool) -> Result<Query<DB>, BoxDynError> {
    let entity = plan.entity();
    let (mut text, mut arguments) = (SqlText::new(Dialect::Sqlite), arguments::<DB>(4));
    let (columns, first) = plan.write_deed(&mut text, &mut arguments)?;
    if remembered || plan.family.is_tree(0) {
        text.sql(" WHERE (").name(entity.id_column()).sql(", ").name(entity.owner_column()).sql(") IN (SELECT ");
        text.our("id").sql(", ").our("owner").sql(" FROM (");
        root_rows(plan, &mut text, &mut arguments, remembered)?;
        text.sql("))");
    } else {
        plan.target.write(&mut text, &mut arguments)?;
    }
    if !looked {
        guards(plan, &mut text, &mut arguments)?;
    }
    if matches!(plan.touch, Touch::Revise(_)) {
        write_proof(plan, &mut text, &mut arguments, columns, first)?;
    }
    returning(&mut text, plan, 0, entity);
    finish(text, arguments)
}

/// Writes ` RETURNING number, id, owner, old, new`.
fn returning<DB: Backend>(text: &mut SqlText, plan: &Plan<'_, DB>, part: usize, entity: &Entity) {
    text.sql(" RETURNING ").number(part).sql(", ").name(entity.id_column()).sql(", ").name(entity.owner_column());
    text.sql(", ");
    write_values(text, entity, plan.old_values(part));
    text.sql(", ");
    let new = if part == 0 { plan.new_values() } else { ColumnSet::EMPTY };
    write_values(text, entity, new);
}

fn finish<DB: sqlx::Database>(text: SqlText, arguments: DB::Arguments) -> Result<Query<DB>, BoxDynError> {
    let keep = text.keep();
    Ok(Query { text: text.into_sql(), arguments, keep })
}
