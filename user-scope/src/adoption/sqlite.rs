//! What a SQLite database lacks. There are no phases of keys: triggers stand in for them, and come last.

use super::plan::{AdoptionPlan, Filling, How, Phase};
use super::survey::{State, Surveyed};
use super::table::AdoptedTable;
use crate::backend::{Backend, Dialect};
use crate::error::Result;
use crate::isolation::facts::{Column, Facts, Texts, ask, ask_text};
use crate::isolation::run::{Looked, failed, problem};
use crate::isolation::{Settings, sqlite as isolation};
use crate::lease::Lease;
use crate::sql::adoption::backfill::{self, Part};
use crate::sql::adoption::sqlite as change;
use crate::sql::isolation::Change;

const SQLITE: Dialect = Dialect::Sqlite;

/// What a batch of rows holds writers up for is not told: it is as long as that of any other writer.
const INDEXED_ROWS_A_MILLISECOND: i64 = 1_500;

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
    let mut plan = AdoptionPlan::default();
    for this in tables.iter().filter(|this| !this.has_column()) {
        let change = change::owner_column(&this.table.name.name, &this.table.owner, this.table.owner_kind);
        plan.add(Phase::Expand, &this.given, "each row has room for its owner", change, How::AtOnce, SQLITE);
    }
    for this in tables.iter().filter(|this| !this.has_column() && this.state.rows > 0 || this.state.has_orphans) {
        fill(this, &mut plan);
    }
    let done: Vec<_> = tables.iter().map(|this| Looked { table: &this.table, facts: done(this) }).collect();
    let mut contract = AdoptionPlan::default();
    for step in isolation::changes(lease, &done, settings).await?.steps {
        let phase = if step.change.sql.starts_with("CREATE TRIGGER") { Phase::Contract } else { Phase::Expand };
        let to = if phase == Phase::Expand { &mut plan } else { &mut contract };
        let is_index =
            step.change.sql.starts_with("CREATE INDEX") || step.change.sql.starts_with("CREATE UNIQUE INDEX");
        let rows = tables.iter().find(|this| this.table.name.to_string() == step.object).map(|this| this.state.rows);
        to.add(phase, &step.object, &step.why, step.change, How::AtOnce, SQLITE);
        if let (true, Some(rows)) = (is_index, rows) {
            to.costs(format!("writers wait about {} ms", rows / INDEXED_ROWS_A_MILLISECOND + 1));
        }
    }
    plan.steps.append(&mut contract.steps);
    Ok(plan)
}

fn fill(this: &Surveyed, plan: &mut AdoptionPlan) {
    let at = &this.facts.name;
    let sql = backfill::fill(SQLITE, &this.table, at, &this.source, Part::All);
    let filling = Filling {
        table: this.table.clone(),
        at: at.clone(),
        source: this.source.clone(),
        owners: this.owners.clone(),
        rowid: this.state.rowid,
        is_last: true,
    };
    let (change, how) = (Change { sql, undo: String::new() }, How::Filling(Box::new(filling)));
    plan.add(Phase::Expand, at, "rows that are there get their owner", change, how, SQLITE);
    plan.costs(if this.state.rowid.is_some() {
        format!("{} rows are written; writers wait for a batch of them", this.state.rows)
    } else {
        format!(
            "{} rows are written at once, for the table has no rowid; writers wait for all of them",
            this.state.rows
        )
    });
    for trigger in &this.state.triggers {
        plan.notes.push(format!("{at} has the trigger {trigger}, which is fired for each of its rows"));
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
