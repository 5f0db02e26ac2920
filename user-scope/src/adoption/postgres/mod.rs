//! What a PostgreSQL database lacks, in steps that make nobody wait: one file a phase, and here what both rest on.

mod contract;
mod expand;

use super::plan::{AdoptionPlan, Filling, How, Phase, Reach};
use super::survey::{State, Surveyed};
use super::table::AdoptedTable;
use super::verify;
use crate::backend::{Backend, Dialect};
use crate::error::Result;
use crate::isolation::facts::{Facts, Texts, ask};
use crate::isolation::run::{Looked, failed, problem};
use crate::isolation::{Settings, postgres as isolation};
use crate::lease::Lease;
use crate::sql::adoption::backfill::{self, Part};
use crate::sql::adoption::{callerless, kind, postgres as change};
use crate::sql::isolation::{Change, TableName};

const POSTGRES: Dialect = Dialect::Postgres;

/// Whoever has written without a caller in the last hour will do so again.
const RECENTLY: u64 = 3_600;

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
    if row.is_true() {
        return Err(problem(format!("{name} has rules that rewrite its writes: use triggers in their place")));
    }
    if row.is_true() {
        return Err(problem(format!(
            "{name} is of a type, to which no column can be added: ALTER TABLE … NOT OF makes it a table"
        )));
    }
    if let Some(policies) = row.next() {
        return Err(problem(format!(
            "{name} has permissive policies of its own, which would show rows beside those that are the caller's: {policies}. Drop \
             them, or make them restrictive"
        )));
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
    let schema = ask(lease, callerless::SCHEMA, &[]).await.map_err(failed)?.pop().map(|row| Texts(row).text());
    let schema = schema.filter(|schema| !schema.is_empty());
    let Some(schema) = schema else {
        return Err(problem(
            "there is no schema for the tables of the library: set search_path for this login".to_owned(),
        ));
    };
    let are_noted = !ask(lease, callerless::ARE_NOTED, &[]).await.map_err(failed)?.is_empty();

    let mut plan = AdoptionPlan::new(DB::DIALECT);
    if settings.applications.is_empty() {
        plan.notes.push("no login of an application was named: nobody is granted anything".to_owned());
    }
    for this in tables {
        for login in &settings.applications {
            let asked = this.facts.name.quoted();
            if let Some(row) = ask(lease, change::OWNS, &[&asked, login]).await.map_err(failed)?.pop() {
                let (at, owner) = (&this.facts.name, Texts(row).text());
                return Err(problem(format!(
                    "{at} belongs to {owner}, as whom {login} may act, and who may switch its policies off: give the application a \
                     login that owns nothing"
                )));
            }
        }
        for writer in verify::writers(lease, this).await?.iter().filter(|writer| writer.seconds_ago < RECENTLY) {
            plan.notes.push(format!("{} has a writer without a caller, whom contract shuts out: {writer}", this.given));
        }
    }
    plan.notes.extend(tables.iter().flat_map(|this| this.loose_links(tables)));
    expand::columns(tables, &mut plan);
    expand::callerless(tables, &schema, &settings.system_role, are_noted, &mut plan);
    expand::fill(tables, &mut plan);
    expand::indexes(tables, &mut plan);
    let mut contract = AdoptionPlan::new(DB::DIALECT);
    contract::owners(tables, &mut contract);
    contract::links(tables, &mut contract);
    let looks = |how: &How| !matches!(how, How::AtOnce | How::Concurrently(_));
    let relaxed = plan.steps.iter().chain(&contract.steps).any(|step| looks(&step.how));
    if relaxed {
        contract::relax(tables, &mut plan);
    }
    // What is left when all this is done.
    let done: Vec<_> =
        tables.iter().map(|this| Looked { table: &this.table, facts: contract::done(this, relaxed) }).collect();
    for step in isolation::plan(lease, &done, settings).await?.steps {
        let phase = if kind::is_unnoticed(&step.change.sql) { Phase::Expand } else { Phase::Contract };
        let to = if phase == Phase::Expand { &mut plan } else { &mut contract };
        to.add(phase, &step.object, &step.why, step.change, How::AtOnce);
    }
    let is_used = is_used_by_others(lease, tables).await?;
    contract::callerless(tables, (!is_used).then_some(schema.as_str()), are_noted, &mut contract);
    plan.steps.append(&mut contract.steps);
    plan.notes.append(&mut contract.notes);
    for step in &mut plan.steps {
        step.tables =
            tables.iter().map(|this| this.facts.name.clone()).filter(|at| at.to_string() == step.object).collect();
        let parents =
            tables.iter().filter(|this| step.tables.contains(&this.facts.name)).flat_map(|this| &this.table.parents);
        let parents: Vec<_> = parents.map(|parent| parent.table.clone()).collect();
        step.tables.extend(parents);
    }
    Ok(plan)
}

/// Whether writers without a caller are noted on tables that are none of these.
async fn is_used_by_others<DB: Backend>(lease: &mut Lease<DB>, tables: &[Surveyed]) -> Result<bool> {
    for row in ask(lease, callerless::NOTED_TABLES, &[]).await.map_err(failed)? {
        let noted = Texts(row).table();
        if !tables.iter().any(|this| this.facts.name == noted) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Gives rows their owner, batch by batch.
fn fill(phase: Phase, this: &Surveyed, reach: Reach, plan: &mut AdoptionPlan) {
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
        reach,
    };
    let change = Change { sql, undo: String::new() };
    plan.add(phase, at, why, change, How::Filling(Box::new(filling)));
}
