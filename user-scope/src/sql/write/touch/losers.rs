//! Children that lose a parent in a touch of one statement. A child may lose several at once, or go itself; and one
//! statement of PostgreSQL changes a row once.

use super::branches::write_match;
use super::plan::Plan;
use crate::entity::UserScoped;
use crate::sql::SqlText;
use crate::sql::write::count_version;

/// Writes the parts `losing`, whose rows may be the same: one statement changes a row once. Each part is a column that says
/// whether a row has lost that parent.
pub(super) fn write_losers<T: UserScoped>(plan: &Plan<'_, T>, text: &mut SqlText, losing: &[usize]) {
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
    write_stays(plan, text, first);
    text.sql(" FOR NO KEY UPDATE), ").part(first).sql(" AS (UPDATE ").table(entity).sql(" SET ");
    text.list(", ", branches(), |text, (part, branch)| {
        text.column(entity, branch.link.column).sql(" = CASE WHEN ").part(part).sql(" THEN NULL ELSE ");
        text.column(entity, branch.link.column).sql(" END");
    });
    count_version(text, entity, true);
    text.sql(" FROM ").lost(first).sql(" WHERE ").name(entity.id_column()).sql(" = ").our("id").sql(" AND ");
    text.name(entity.owner_column()).sql(" = ").our("owner").sql(" RETURNING ").our("id").sql(", ").our("owner");
    for (part, _) in branches() {
        text.sql(", ").part(part);
    }
    text.sql(")");
}

/// Writes that a row which loses its parent does not go itself.
pub(super) fn write_stays<T: UserScoped>(plan: &Plan<'_, T>, text: &mut SqlText, part: usize) {
    let entity = plan.family.entity(part);
    for going in plan.family.going(part) {
        text.sql(" AND (").name(entity.id_column()).sql(", ").name(entity.owner_column()).sql(") NOT IN (SELECT ");
        text.our("id").sql(", ").our("owner").sql(" FROM ").part(going).sql(")");
    }
}
