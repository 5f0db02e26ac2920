//! Everything is there, and nobody is refused: columns, the owners of rows that are there, indexes, and notes of who still
//! writes without a caller.
//!
//! Keys to parents wait for *contract*: a key, even one that looks at no row yet, would refuse an old writer who moves a row to
//! another owner's parent, and a new one who adds a child to a parent that an old one has just made.

use super::fill as fill_one;
use crate::adoption::plan::{AdoptionPlan, How, Phase, Reach};
use crate::adoption::survey::Surveyed;
use crate::sql::adoption::backfill::Source;
use crate::sql::adoption::{callerless as notes, postgres as change};

pub(super) fn columns(tables: &[Surveyed], plan: &mut AdoptionPlan) {
    for this in tables {
        let (at, owner, kind) = (&this.facts.name, &this.table.owner, this.table.owner_kind);
        if !this.has_column() {
            let everybody = match &this.source {
                Source::Value(user) => Some(user),
                _ => None,
            };
            let change = change::owner_column(at, owner, kind, everybody);
            plan.add(Phase::Expand, at, "each row has room for its owner", change, How::AtOnce);
            plan.notes.extend(this.is_a_new_name());
            plan.notes.push(format!(
                "{at} gets one more column: COPY and INSERT … SELECT * that name none are refused, and a prepared SELECT * or \
                 RETURNING * fails once"
            ));
            continue;
        }
        if !is_bridged(this) {
            plan.notes.push(format!("{at}.{owner} is there already: what has an owner keeps him"));
        }
        match &this.state.default {
            None if this.is_nullable() => {
                let why = "new rows belong to the caller";
                plan.add(Phase::Expand, at, why, change::bridge(at, owner, kind), How::AtOnce);
            }
            Some(default) if !change::is_bridge(default) => {
                plan.notes.push(format!(
                    "{at}.{owner} has a default, which is kept: rows whose owner is forgotten belong to {default}"
                ));
            }
            None | Some(_) => {}
        }
    }
}

/// Whether the column, or its default, is ours.
fn is_bridged(this: &Surveyed) -> bool {
    this.state.default.as_deref().is_some_and(change::is_bridge)
}

/// Notes who writes without a caller, as long as that is allowed.
pub(super) fn callerless(
    tables: &[Surveyed],
    schema: &str,
    system_role: &str,
    are_noted: bool,
    plan: &mut AdoptionPlan,
) {
    let lacking = tables.iter().filter(|this| !this.facts.row_security && !this.notes_callerless());
    let mut lacking = lacking.peekable();
    if lacking.peek().is_some() && !are_noted {
        let why = "who still writes without a caller is noted, for `verify` to tell";
        plan.add(Phase::Expand, notes::NOTES, why, notes::noted(schema), How::AtOnce);
    }
    for this in lacking {
        let at = &this.facts.name;
        let change = notes::trigger(at, schema, system_role);
        plan.add(Phase::Expand, at, "it is noted who writes without a caller", change, How::AtOnce);
    }
}

/// The owners of the rows that are there.
pub(super) fn fill(tables: &[Surveyed], plan: &mut AdoptionPlan) {
    for this in tables {
        let has_rows_to_fill = match this.source {
            Source::Value(_) => this.state.has_orphans,
            _ => this.state.has_orphans || !this.has_column(),
        };
        if !has_rows_to_fill {
            continue;
        }
        fill_one(Phase::Expand, this, Reach::Most, plan);
        plan.costs(format!("about {} rows are written", this.state.rows));
        for trigger in &this.state.triggers {
            plan.notes
                .push(format!("{} has the trigger {trigger}, which is fired for each of its rows", this.facts.name));
        }
    }
}

/// By which owners' rows are found, and which keys of children refer to.
pub(super) fn indexes(tables: &[Surveyed], plan: &mut AdoptionPlan) {
    tables.iter().for_each(|this| index(this, plan));
}

fn index(this: &Surveyed, plan: &mut AdoptionPlan) {
    let (at, table, facts) = (&this.facts.name, &this.table, &this.facts);
    let id = (!table.id.is_empty()).then_some(table.id.as_str());
    let is_key = |columns: &[String]| {
        columns.len() == 2 && columns.contains(&table.owner) && id.is_some_and(|id| columns.iter().any(|c| c == id))
    };
    let has_key = facts.indexes.iter().any(|index| index.unique && index.whole && is_key(&index.columns));
    let has_index = facts.indexes.iter().any(|index| index.whole && index.columns.first() == Some(&table.owner));
    let (why, wanted) = match id {
        Some(_) if !has_key => ("children refer to owner and id", id),
        _ if !has_index => ("an owner's rows are found by him", None),
        _ => return,
    };
    let (name, change) = change::owner_index(at, &table.owner, wanted);
    plan.add(Phase::Expand, at, why, change, How::Concurrently(name));
    plan.costs(format!("reads about {} rows", this.state.rows));
}
