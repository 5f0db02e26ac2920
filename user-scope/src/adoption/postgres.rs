//! What a PostgreSQL database lacks, in steps that make nobody wait.

use super::plan::{AdoptionPlan, AdoptionStep, Filling, How, Phase};
use super::survey::{State, Surveyed};
use super::table::AdoptedTable;
use crate::backend::{Backend, Dialect};
use crate::error::Result;
use crate::isolation::facts::{Column, Facts, Index, Key, Texts, ask};
use crate::isolation::run::{Looked, failed, problem};
use crate::isolation::{Settings, postgres as isolation};
use crate::lease::Lease;
use crate::sql::adoption::backfill::{self, Part, Source};
use crate::sql::adoption::{kind, postgres as change};
use crate::sql::isolation::postgres::{OnDeletion, forced_row_security, parent_key, parent_key_name};
use crate::sql::isolation::{Parent, TableName};

const POSTGRES: Dialect = Dialect::Postgres;

/// What the catalogue says, and what of it stands in the way.
pub(super) async fn state<DB: Backend>(lease: &mut Lease<DB>, adopted: &AdoptedTable, facts: &Facts) -> Result<State> {
    let asked = facts.name.quoted();
    let row = ask(lease, change::SURVEY, &[&asked, &adopted.owner]).await.map_err(failed)?.pop().unwrap_or_default();
    let mut row = Texts(row);
    let (kind, has_children, persistence) = (row.text(), row.is_true(), row.text());
    let (owner, is_ours) = (row.text(), row.is_true());
    let name = &adopted.name;
    let obstacle = match kind.as_str() {
        "r" if has_children => Some("has child tables, which inherit from it: bring each under isolation by itself"),
        "r" if persistence == "t" => Some("is a temporary table"),
        "r" => None,
        "p" => Some(
            "is partitioned: PostgreSQL builds no index on it while writers go on. Add the column, fill it, and apply an \
             `Isolation`, which locks the table",
        ),
        "v" | "m" => Some("is a view: name the tables that it shows"),
        "f" => Some("is a foreign table: its rows are guarded where they are"),
        _ => Some("is no table"),
    };
    if let Some(obstacle) = obstacle {
        return Err(problem(format!("{name} {obstacle}")));
    }
    if !is_ours {
        return Err(problem(format!("{name} belongs to {owner}: log in as its owner, who alone may change it")));
    }
    let rows = row.text().parse().unwrap_or(0);
    let triggers = row.next().map(|list| list.split('\u{1f}').map(str::to_owned).collect()).unwrap_or_default();
    let default = row.next();
    if row.is_true() {
        return Err(problem(format!(
            "{name}.{} is generated: a column that can be written has to hold the owner",
            adopted.owner
        )));
    }
    let check = row.next().is_some().then(|| row.is_true());
    Ok(State { rows, default, check, triggers, rowid: None, has_orphans: false })
}

/// A table of nearly this name.
pub(super) async fn likely<DB: Backend>(lease: &mut Lease<DB>, name: &TableName) -> Result<Option<String>> {
    Ok(ask(lease, change::LIKELY, &[&name.name]).await.map_err(failed)?.pop().map(|row| Texts(row).text()))
}

pub(super) async fn plan<DB: Backend>(
    lease: &mut Lease<DB>,
    tables: &[Surveyed],
    settings: &Settings,
) -> Result<AdoptionPlan> {
    let mut plan = AdoptionPlan::default();
    columns(tables, &mut plan);
    for this in tables {
        let has_rows_to_fill = match this.source {
            Source::Value(_) => this.state.has_orphans,
            _ => this.state.has_orphans || !this.has_column(),
        };
        if has_rows_to_fill {
            fill(Phase::Expand, this, false, &mut plan);
        }
    }
    tables.iter().for_each(|this| index(this, &mut plan));
    for this in tables {
        this.table.parents.iter().for_each(|parent| link(this, parent, &mut plan));
    }
    let mut contract = AdoptionPlan::default();
    tables.iter().for_each(|this| not_null(this, &mut contract));
    for this in tables {
        for parent in this.table.parents.iter().filter(|parent| parent.owner_kind == this.table.owner_kind) {
            if !this.facts.keys.iter().any(|key| covers(key, this, parent) && key.validated) {
                let (at, name) = (&this.facts.name, parent_key_name(parent));
                let why = "rows that are there are looked at, too";
                contract.add(Phase::Contract, at, why, change::validate(at, &name), How::Looking, POSTGRES);
            }
        }
    }
    let looks = |step: &AdoptionStep| !matches!(step.how, How::AtOnce | How::Concurrently(_));
    let relaxed = plan.steps.iter().chain(&contract.steps).any(looks);
    if relaxed {
        relax(tables, &mut plan);
    }
    // What is left when all this is done.
    let done: Vec<_> = tables.iter().map(|this| Looked { table: &this.table, facts: done(this, relaxed) }).collect();
    for step in isolation::plan(lease, &done, settings).await?.steps {
        let phase = if kind::is_unnoticed(&step.change.sql) { Phase::Expand } else { Phase::Contract };
        let to = if phase == Phase::Expand { &mut plan } else { &mut contract };
        to.add(phase, &step.object, &step.why, step.change, How::AtOnce, POSTGRES);
    }
    plan.steps.append(&mut contract.steps);
    Ok(plan)
}

fn columns(tables: &[Surveyed], plan: &mut AdoptionPlan) {
    for this in tables {
        let (at, owner, kind) = (&this.facts.name, &this.table.owner, this.table.owner_kind);
        if !this.has_column() {
            let everybody = match &this.source {
                Source::Value(user) => Some(user),
                _ => None,
            };
            let change = change::owner_column(at, owner, kind, everybody);
            plan.add(Phase::Expand, at, "each row has room for its owner", change, How::AtOnce, POSTGRES);
            continue;
        }
        if !is_bridged(this) {
            plan.notes.push(format!("{at}.{owner} is there already: what has an owner keeps him"));
        }
        match &this.state.default {
            None if this.is_nullable() => {
                let why = "new rows belong to the caller";
                plan.add(Phase::Expand, at, why, change::bridge(at, owner, kind), How::AtOnce, POSTGRES);
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

/// Gives rows their owner, batch by batch.
fn fill(phase: Phase, this: &Surveyed, is_last: bool, plan: &mut AdoptionPlan) {
    let at = &this.facts.name;
    let sql = backfill::fill(POSTGRES, &this.table, at, &this.source, Part::All);
    let why =
        if phase == Phase::Expand { "rows that are there get their owner" } else { "and those that came meanwhile" };
    let filling = Filling {
        table: this.table.clone(),
        at: at.clone(),
        source: this.source.clone(),
        owners: this.owners.clone(),
        rowid: None,
        is_last,
    };
    let change = crate::sql::isolation::Change { sql, undo: String::new() };
    plan.add(phase, at, why, change, How::Filling(Box::new(filling)), POSTGRES);
    if phase == Phase::Expand {
        plan.costs(format!("about {} rows are written", this.state.rows));
        for trigger in &this.state.triggers {
            plan.notes.push(format!("{at} has the trigger {trigger}, which is fired for each of its rows"));
        }
    }
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
    plan.add(Phase::Expand, at, why, change, How::Concurrently(name), POSTGRES);
    plan.costs(format!("reads about {} rows", this.state.rows));
}

/// New rows have their parent's owner.
fn link(this: &Surveyed, parent: &Parent, plan: &mut AdoptionPlan) {
    if parent.owner_kind != this.table.owner_kind || this.facts.keys.iter().any(|key| covers(key, this, parent)) {
        return;
    }
    let old = this.facts.keys.iter().find(|key| key.columns == [parent.column.as_str()] && key.table == parent.table);
    let on = old.map_or(OnDeletion::Nothing, |key| OnDeletion::of(&key.on_deletion));
    let at = &this.facts.name;
    let mut change = parent_key(&this.table, at, parent, on, old.is_some_and(|key| key.deferrable));
    change.sql.push_str(" NOT VALID");
    let how = How::Linking(Box::new(this.table.clone()), Box::new(parent.clone()));
    plan.add(Phase::Expand, at, "a parent has the child's owner", change, how, POSTGRES);
}

fn covers(key: &Key, this: &Surveyed, parent: &Parent) -> bool {
    let pairs = || key.columns.iter().zip(&key.its_columns);
    key.table == parent.table
        && pairs().any(|(column, its)| *column == this.table.owner && *its == parent.owner)
        && pairs().any(|(column, its)| *column == parent.column && *its == parent.id)
}

fn not_null(this: &Surveyed, plan: &mut AdoptionPlan) {
    if !this.is_nullable() {
        return;
    }
    let (at, owner) = (&this.facts.name, &this.table.owner);
    if this.state.check.is_none() {
        fill(Phase::Contract, this, true, plan);
        let why = "from now on every row has an owner";
        plan.add(Phase::Contract, at, why, change::check(at, owner), How::AtOnce, POSTGRES);
    }
    if this.state.check != Some(true) {
        fill(Phase::Contract, this, true, plan);
        let why = "rows that are there are looked at, too";
        plan.add(Phase::Contract, at, why, change::validate(at, change::NOT_NULL), How::Looking, POSTGRES);
    }
    plan.add(Phase::Contract, at, "every row has an owner", change::not_null(at, owner), How::AtOnce, POSTGRES);
}

/// Forced, the owner of a table that is isolated already sees none of its rows, which others are compared with. The rest of the
/// plan forces it again.
fn relax(tables: &[Surveyed], plan: &mut AdoptionPlan) {
    let mut first = AdoptionPlan::default();
    for at in tables.iter().filter(|this| this.facts.forced).map(|this| &this.facts.name) {
        let why = "while others are compared with it, its owner has to see all rows";
        first.add(Phase::Expand, at, why, forced_row_security(at).reversed(), How::AtOnce, POSTGRES);
        plan.notes.push(format!("{at} is isolated: until the end of contract, policies do not hold for its owner"));
    }
    first.steps.append(&mut plan.steps);
    plan.steps = first.steps;
}

/// The facts when all steps so far are done.
fn done(this: &Surveyed, relaxed: bool) -> Facts {
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
            deferrable: false,
        });
    }
    facts
}
