//! Children that lose a parent in a touch. A child may lose several at once, or go itself; it is changed and recorded once.

use super::branches::{write_match, write_stays};
use super::family::Family;
use super::plan::Plan;
use crate::backend::Backend;
use crate::entity::{ColumnSet, Entity};
use crate::sql::SqlText;
use crate::sql::write::count_version;

/// Rows that lose these parents and no other.
#[derive(Debug, Clone)]
pub(super) struct Loss {
    pub(super) entity: &'static Entity,
    pub(super) columns: ColumnSet,
    /// The branches that empty them, by column: there may be several ways to one parent.
    pub(super) lost: Vec<Vec<usize>>,
    /// Those that would empty another column of the entity.
    pub(super) kept: Vec<usize>,
}

/// Every way in which rows can lose parents, those who lose the most last.
pub(super) fn losses(family: &Family) -> Vec<Loss> {
    let mut losses = Vec::new();
    for part in 1..=family.branches.len() {
        // Each entity once.
        if !family.branch(part).is_some_and(|branch| branch.set_null) || family.losing(part).next() != Some(part) {
            continue;
        }
        let ways = by_column(family, part);
        let mut choices: Vec<u32> = (1..1_u32.checked_shl(ways.len() as u32).unwrap_or(2)).collect();
        choices.sort_by_key(|choice| choice.count_ones());
        losses.extend(choices.into_iter().map(|choice| {
            let mut loss =
                Loss { entity: family.entity(part), columns: ColumnSet::EMPTY, lost: Vec::new(), kept: Vec::new() };
            for (number, (column, branches)) in ways.iter().enumerate() {
                if choice & (1 << number) == 0 {
                    loss.kept.extend(branches);
                } else {
                    loss.columns = loss.columns.with(*column);
                    loss.lost.push(branches.clone());
                }
            }
            loss
        }));
    }
    losses
}

/// The branches that empty a column of the rows of `part`, for each of the columns.
fn by_column(family: &Family, part: usize) -> Vec<(usize, Vec<usize>)> {
    let mut ways: Vec<(usize, Vec<usize>)> = Vec::new();
    for losing in family.losing(part) {
        let Some(column) = family.branch(losing).map(|branch| branch.link.column) else { continue };
        match ways.iter_mut().find(|(known, _)| *known == column) {
            Some((_, branches)) => branches.push(losing),
            None => ways.push((column, vec![losing])),
        }
    }
    ways
}

/// Writes ` FROM …`, the rows of a loss.
pub(super) fn write_lost<DB: Backend>(plan: &Plan<'_, DB>, text: &mut SqlText, loss: &Loss) {
    let Some(any) = loss.lost.first().and_then(|branches| branches.first()).copied() else { return };
    let Some(first) = plan.family.losing(any).next() else { return };
    text.sql(" FROM ").part(first);
    if plan.family.losing(any).nth(1).is_none() {
        return;
    }
    text.sql(" WHERE ");
    text.list(" AND ", &loss.lost, |text, branches| write_any(text, branches));
    for kept in &loss.kept {
        text.sql(" AND NOT ").part(*kept);
    }
}

/// Writes whether a row has lost a parent by one of these branches.
fn write_any(text: &mut SqlText, branches: &[usize]) {
    let several = branches.len() > 1;
    text.sql(if several { "(" } else { "" });
    text.list(" OR ", branches, |text, branch| {
        text.part(*branch);
    });
    text.sql(if several { ")" } else { "" });
}

/// Writes the parts `losing`, whose rows may be the same: one statement changes a row once. Each part is a column that says
/// whether a row has lost that parent.
pub(super) fn write_losers<DB: Backend>(plan: &Plan<'_, DB>, text: &mut SqlText, losing: &[usize]) {
    let Some(first) = losing.first().copied() else { return };
    let entity = plan.family.entity(first);
    let branches = || losing.iter().filter_map(|part| Some((*part, plan.family.branches.get(part.checked_sub(1)?)?)));
    let key = |text: &mut SqlText| {
        text.name(entity.id_column()).sql(", ").name(entity.owner_column());
    };
    text.sql(", ").lost(first).sql(" AS (SELECT ").name(entity.id_column()).sql(" AS ").our("id").sql(", ");
    text.name(entity.owner_column()).sql(" AS ").our("owner");
    for (part, branch) in branches() {
        text.sql(", EXISTS (SELECT 1 FROM ").part(branch.above).sql(" AS ").our("above").sql(" WHERE ");
        write_match(plan, text, branch);
        text.sql(") AS ").part(part);
    }
    text.sql(" FROM ").table(entity).sql(" WHERE (");
    key(text);
    text.sql(") IN (");
    text.list(" UNION ", branches(), |text, (_, branch)| {
        text.sql("SELECT ");
        key(text);
        text.sql(" FROM ").table(entity).sql(" JOIN ").part(branch.above).sql(" AS ").our("above").sql(" ON ");
        write_match(plan, text, branch);
    });
    text.sql(")");
    let of_the_caller = |text: &mut SqlText| {
        plan.family.of_the_caller(text, entity, &|text, column| {
            text.column(entity, column);
        });
    };
    of_the_caller(text);
    write_stays(plan, text, first);
    text.sql(" FOR NO KEY UPDATE), ").part(first).sql(" AS (UPDATE ").table(entity).sql(" SET ");
    text.list(", ", by_column(&plan.family, first), |text, (column, branches)| {
        text.column(entity, column).sql(" = CASE WHEN ");
        write_any(text, &branches);
        text.sql(" THEN NULL ELSE ").column(entity, column).sql(" END");
    });
    count_version(text, entity, true);
    text.sql(" FROM ").lost(first).sql(" WHERE ").name(entity.id_column()).sql(" = ").our("id").sql(" AND ");
    text.name(entity.owner_column()).sql(" = ").our("owner");
    of_the_caller(text);
    text.sql(" RETURNING ").our("id").sql(", ").our("owner");
    for (part, _) in branches() {
        text.sql(", ").part(part);
    }
    text.sql(")");
}
