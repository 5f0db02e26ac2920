//! What a SQLite database lacks. There are no phases of keys: triggers stand in for them, and come last.

use super::plan::{AdoptionPlan, Filling, How, Phase, Reach};
use super::survey::{State, Surveyed};
use super::table::AdoptedTable;
use crate::backend::{Backend, Dialect};
use crate::error::Result;
use crate::isolation::facts::{Column, Facts, Texts, ask, ask_text};
use crate::isolation::plan::Step;
use crate::isolation::run::{Looked, failed, problem};
use crate::isolation::{Settings, sqlite as isolation};
use crate::lease::Lease;
use crate::sql::adoption::backfill::{self, Part};
use crate::sql::adoption::sqlite as change;
use crate::sql::isolation::Change;

const SQLITE: Dialect = Dialect::Sqlite;

/// As measured on a million rows of a hundred bytes, with a margin; see the test `live::on_sqlite_…`.
const INDEXED_ROWS_A_MILLISECOND: i64 = 1_000;
const WRITTEN_ROWS_A_MILLISECOND: i64 = 300;
/// A batch is made so large that it takes about so long.
const BATCH_MILLISECONDS: i64 = 25;

pub(super) async fn state<DB: Backend>(lease: &mut Lease<DB>, adopted: &AdoptedTable, facts: &Facts) -> Result<State> {
    let name = &adopted.name;
    let row = ask(lease, change::SURVEY, &[&facts.name.name]).await.map_err(failed)?.pop().unwrap_or_default();
    let mut row = Texts(row);
    if row.text() != "table" {
        return Err(problem(format!("{name} is no ordinary table: name those whose rows it shows")));
    }
    let has_rowid = !row.is_true();
    let triggers = row.next().map(|list| list.split('\u{1f}').map(str::to_owned).collect()).unwrap_or_default();
    let is_column = |name: &&str| facts.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    let rowid = ["_rowid_", "rowid", "oid"].into_iter().find(|name| has_rowid && !is_column(name));
    let rows = ask_text(lease, change::rows(&facts.name.name)).await.map_err(failed)?.parse().unwrap_or(0);
    Ok(State { rows, default: None, check: None, triggers, rowid, has_orphans: false })
}

pub(super) async fn plan<DB: Backend>(
    lease: &mut Lease<DB>,
    tables: &[Surveyed],
    settings: &Settings,
) -> Result<AdoptionPlan> {
    let mut plan = AdoptionPlan::new(DB::DIALECT);
    plan.notes.extend(tables.iter().flat_map(|this| this.loose_links(tables)));
    for this in tables.iter().filter(|this| !this.has_column()) {
        let change = change::owner_column(&this.table.name.name, &this.table.owner, this.table.owner_kind);
        plan.add(Phase::Expand, &this.given, "each row has room for its owner", change, How::AtOnce);
        plan.notes.extend(this.is_a_new_name());
        plan.notes.push(format!("an INSERT into {} that names no columns is refused once it has one more", this.given));
    }
    for this in tables.iter().filter(|this| !this.has_column() && this.state.rows > 0 || this.state.has_orphans) {
        fill(Phase::Expand, this, Reach::Most, &mut plan);
        plan.costs(held_up(this));
        let at = &this.facts.name;
        for trigger in &this.state.triggers {
            plan.notes.push(format!("{at} has the trigger {trigger}, which is fired for each of its rows"));
        }
    }
    let done: Vec<_> = tables.iter().map(|this| Looked { table: &this.table, facts: done(this) }).collect();
    let (mut doors, mut walls) = (Vec::new(), Vec::new());
    for step in isolation::changes(lease, &done, settings).await?.steps {
        if !step.change.sql.starts_with("CREATE TRIGGER") {
            let rows =
                tables.iter().find(|this| this.table.name.to_string() == step.object).map(|this| this.state.rows);
            plan.add(Phase::Expand, &step.object, &step.why, step.change, How::AtOnce);
            if let Some(rows) = rows {
                plan.costs(format!("writers wait about {} ms", rows / INDEXED_ROWS_A_MILLISECOND + 1));
            }
        } else if step.why == isolation::HAS_OWNER && step.change.sql.contains(" BEFORE INSERT ") {
            doors.push(step);
        } else {
            walls.push(step);
        }
    }
    contract(tables, doors, walls, &mut plan);
    Ok(plan)
}

/// First no row comes without an owner, then those that have come get one, and only then owners are fixed.
fn contract(tables: &[Surveyed], doors: Vec<Step>, walls: Vec<Step>, plan: &mut AdoptionPlan) {
    let is_of = |this: &Surveyed, step: &Step| this.table.name.to_string() == step.object;
    let is_open = |this: &&Surveyed| doors.iter().any(|step| is_of(this, step));
    for this in tables.iter().filter(is_open) {
        fill(Phase::Contract, this, Reach::Possible, plan);
    }
    for this in tables.iter().filter(|this| walls.iter().any(|step| is_of(this, step))) {
        for parent in &this.table.parents {
            let sql = change::at_odds(&this.table, parent);
            let how = How::Comparing(this.is_at_odds_with(parent));
            let change = Change { sql, undo: String::new() };
            plan.add(Phase::Contract, &this.facts.name, "no row has another's parent", change, how);
        }
    }
    let was_open: Vec<_> = tables.iter().filter(|this| is_open(this) || this.state.has_orphans).collect();
    for step in doors {
        plan.add(Phase::Contract, &step.object, &step.why, step.change, How::AtOnce);
    }
    for this in was_open {
        fill(Phase::Contract, this, Reach::All, plan);
    }
    for step in walls {
        plan.add(Phase::Contract, &step.object, &step.why, step.change, How::AtOnce);
    }
}

fn fill(phase: Phase, this: &Surveyed, reach: Reach, plan: &mut AdoptionPlan) {
    let at = &this.facts.name;
    let sql = backfill::fill(SQLITE, &this.table, at, &this.source, Part::All);
    let filling = Filling {
        table: this.table.clone(),
        at: at.clone(),
        source: this.source.clone(),
        owners: this.owners.clone(),
        rowid: this.state.rowid,
        reach,
    };
    let why =
        if phase == Phase::Expand { "rows that are there get their owner" } else { "and those that came meanwhile" };
    let (change, how) = (Change { sql, undo: String::new() }, How::Filling(Box::new(filling)));
    plan.add(phase, at, why, change, how);
}

/// For how long others wait while rows get their owner.
fn held_up(this: &Surveyed) -> String {
    let rows = this.state.rows;
    match this.state.rowid {
        Some(_) => format!("{rows} rows are written; writers wait for a batch of them, about {BATCH_MILLISECONDS} ms"),
        None => format!(
            "{rows} rows are written at once, for the table has no rowid; writers wait about {} ms",
            rows / WRITTEN_ROWS_A_MILLISECOND + 1
        ),
    }
}

fn done(this: &Surveyed) -> Facts {
    let mut facts = this.facts.clone();
    if !this.has_column() {
        let name = this.table.owner.clone();
        facts.columns.push(Column { name, not_null: false, type_name: String::new() });
    }
    facts
}
