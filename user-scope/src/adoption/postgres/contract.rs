//! The database refuses what has no owner, or another's. Whatever stands in the way is looked for before the first change.

use super::fill;
use crate::adoption::plan::{AdoptionPlan, How, Phase, Reach};
use crate::adoption::survey::Surveyed;
use crate::isolation::facts::{Column, Facts, Index, Key};
use crate::sql::adoption::backfill;
use crate::sql::adoption::{callerless as notes, postgres as change};
use crate::sql::isolation::postgres::{Deferrable, OnDeletion, forced_row_security, parent_key, parent_key_name};
use crate::sql::isolation::{Change, Parent};

/// Every row has an owner, and that of its parent.
pub(super) fn owners(tables: &[Surveyed], plan: &mut AdoptionPlan) {
    for this in tables.iter().filter(|this| this.is_nullable() && this.state.check.is_none()) {
        fill(Phase::Contract, this, Reach::Possible, plan);
    }
    for this in tables {
        for parent in unproven(this) {
            let change = Change { sql: backfill::at_odds(&this.table, &this.facts.name, parent), undo: String::new() };
            let how = How::Comparing(this.is_at_odds_with(parent));
            plan.add(Phase::Contract, &this.facts.name, "no row has another's parent", change, how);
        }
    }
    tables.iter().for_each(|this| not_null(this, plan));
}

/// The links of a table that neither a key nor a trigger guards.
fn unproven(this: &Surveyed) -> impl Iterator<Item = &Parent> {
    this.table.parents.iter().filter(|parent| {
        let is_guarded = match parent.owner_kind == this.table.owner_kind {
            true => this.facts.keys.iter().any(|key| covers(key, this, parent) && key.validated),
            false => this.facts.triggers.contains(&parent_key_name(parent)),
        };
        !is_guarded
    })
}

fn not_null(this: &Surveyed, plan: &mut AdoptionPlan) {
    if !this.is_nullable() {
        return;
    }
    let (at, owner) = (&this.facts.name, &this.table.owner);
    if this.state.check.is_none() {
        let why = "from now on every row has an owner";
        plan.add(Phase::Contract, at, why, change::check(at, owner), How::AtOnce);
    }
    if this.state.check != Some(true) {
        fill(Phase::Contract, this, Reach::All, plan);
        let why = "rows that are there are looked at, too";
        plan.add(Phase::Contract, at, why, change::validate(at, change::NOT_NULL), How::Looking);
    }
    plan.add(Phase::Contract, at, "every row has an owner", change::not_null(at, owner), How::AtOnce);
}

/// A parent has the child's owner, by keys: first for what is written from now on, then for what is there.
pub(super) fn links(tables: &[Surveyed], plan: &mut AdoptionPlan) {
    for this in tables {
        let at = &this.facts.name;
        for parent in unproven(this).filter(|parent| parent.owner_kind == this.table.owner_kind) {
            if !this.facts.keys.iter().any(|key| covers(key, this, parent)) {
                let replaces = |key: &&Key| key.columns == [parent.column.as_str()] && key.table == parent.table;
                let old = this.facts.keys.iter().find(replaces);
                let on = old.map_or(OnDeletion::Nothing, |key| OnDeletion::of(&key.on_deletion));
                let mut change = parent_key(
                    &this.table,
                    at,
                    parent,
                    on,
                    old.map_or(Deferrable::No, |key| Deferrable::of(&key.definition)),
                );
                change.sql.push_str(" NOT VALID");
                plan.add(Phase::Contract, at, "a parent has the child's owner", change, How::AtOnce);
            }
            let change = change::validate(at, &parent_key_name(parent));
            plan.add(Phase::Contract, at, "rows that are there are looked at, too", change, How::Looking);
        }
    }
}

fn covers(key: &Key, this: &Surveyed, parent: &Parent) -> bool {
    let pairs = || key.columns.iter().zip(&key.its_columns);
    key.table == parent.table
        && pairs().any(|(column, its)| *column == this.table.owner && *its == parent.owner)
        && pairs().any(|(column, its)| *column == parent.column && *its == parent.id)
}

/// Forced, the owner of a table that is isolated already sees none of its rows, which others are compared with. The rest of the
/// plan forces it again.
pub(super) fn relax(tables: &[Surveyed], plan: &mut AdoptionPlan) {
    let mut first = AdoptionPlan::new(plan.dialect);
    for at in tables.iter().filter(|this| this.facts.forced).map(|this| &this.facts.name) {
        let why = "while others are compared with it, its owner has to see all rows";
        first.add(Phase::Expand, at, why, forced_row_security(at).reversed(), How::AtOnce);
        plan.notes.push(format!("{at} is isolated: until the end of contract, policies do not hold for its owner"));
    }
    first.steps.append(&mut plan.steps);
    plan.steps = first.steps;
}

/// Nobody can write without a caller any more. The notes go when no table needs them, and a schema is given.
pub(super) fn callerless(tables: &[Surveyed], schema: Option<&str>, are_noted: bool, plan: &mut AdoptionPlan) {
    let why = "nobody can write without a caller any more";
    for this in tables.iter().filter(|this| !this.facts.row_security || this.notes_callerless()) {
        plan.add(Phase::Contract, &this.facts.name, why, notes::untriggered(&this.facts.name), How::AtOnce);
    }
    let were_noted = are_noted || tables.iter().any(|this| !this.facts.row_security);
    if let (Some(schema), true) = (schema, were_noted) {
        plan.add(Phase::Contract, notes::NOTES, why, notes::forgotten(schema), How::AtOnce);
    }
}

/// The facts when all steps so far are done.
pub(super) fn done(this: &Surveyed, relaxed: bool) -> Facts {
    let mut facts = this.facts.clone();
    facts.forced &= !relaxed;
    let table = &this.table;
    match facts.columns.iter_mut().find(|column| column.name == table.owner) {
        Some(owner) => owner.not_null = true,
        None => facts.columns.push(Column {
            name: table.owner.clone(),
            not_null: true,
            type_name: change::type_of(table.owner_kind).to_owned(),
        }),
    }
    let key = [&table.owner, &table.id].into_iter().filter(|column| !column.is_empty()).cloned().collect();
    facts.indexes.push(Index { unique: !table.id.is_empty(), whole: true, columns: key });
    for parent in &table.parents {
        if let Some(key) = facts.keys.iter_mut().find(|key| covers(key, this, parent)) {
            key.validated = true;
            continue;
        }
        facts.keys.push(Key {
            name: parent_key_name(parent),
            columns: vec![table.owner.clone(), parent.column.clone()],
            table: parent.table.clone(),
            its_columns: vec![parent.owner.clone(), parent.id.clone()],
            definition: String::new(),
            on_deletion: String::new(),
            validated: true,
        });
    }
    facts
}
