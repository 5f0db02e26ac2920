//! The parts of a touch that follow another: what is done to the children of those that were touched.

use super::family::{Branch, Deed};
use super::plan::Plan;
use crate::backend::Backend;
use crate::sql::parent::{Storage, convert};
use crate::sql::write::count_version;
use crate::sql::{SqlText, values};

/// Writes a part that follows another.
pub(super) fn write_branch<DB: Backend>(
    plan: &Plan<'_, DB>,
    text: &mut SqlText,
    part: usize,
    branch: &Branch,
    first: usize,
) {
    let entity = branch.entity;
    let is_tree = plan.family.is_tree(part);
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
        plan.family.of_the_caller(text, entity, &|text, column| {
            text.column(entity, column);
        });
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

/// The owner before, as this entity stores owners, or the mark before.
fn was<DB: Backend>(plan: &Plan<'_, DB>, text: &mut SqlText, branch: &Branch, is_tree: bool) {
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
pub(super) fn write_set<DB: Backend>(
    plan: &Plan<'_, DB>,
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
            convert(text, Storage::of_owner(plan.entity()), Storage::of_owner(entity), value);
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
pub(super) fn write_match<DB: Backend>(plan: &Plan<'_, DB>, text: &mut SqlText, branch: &Branch) {
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
    plan.family.of_the_caller(text, entity, &|text, column| {
        text.column(entity, column);
    });
    plan.family.state(text, entity);
    if let (Deed::Unmark, Some(deleted_at)) = (plan.family.deed, entity.definition().deleted_at) {
        text.sql(" AND ").column(entity, deleted_at).sql(" = ").our("above").sql(".").our("was");
    }
}

/// Writes that a row which loses its parent does not go itself.
pub(super) fn write_stays<DB: Backend>(plan: &Plan<'_, DB>, text: &mut SqlText, part: usize) {
    let entity = plan.family.entity(part);
    for going in plan.family.going(part) {
        text.sql(" AND (").name(entity.id_column()).sql(", ").name(entity.owner_column()).sql(") NOT IN (SELECT ");
        text.our("id").sql(", ").our("owner").sql(" FROM ").part(going).sql(")");
    }
}
