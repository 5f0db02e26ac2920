//! Looks, plans, does, and takes back; each on one connection, and what changes anything in one transaction.

use std::pin::pin;

use sqlx::Pool;

use super::facts::{self, Facts, Texts};
use super::plan::{Plan, Step};
use super::{Settings, named, postgres, sqlite};
use crate::backend::{Backend, Dialect, Pooling};
use crate::error::{Doing, Error, Result};
use crate::lease::Lease;
use crate::observe::observed;
use crate::shelf::Shelf;
use crate::sql::isolation::{Change, Table, catalogue, ledger, script};
use crate::sql::{self};

/// What errors name in place of an entity.
const NAME: &str = "isolation";

/// A table with what the database says of it.
pub(crate) struct Looked<'a> {
    pub(crate) table: &'a Table,
    pub(crate) facts: Facts,
}

pub(super) async fn plan<DB: Backend>(tables: &[Table], settings: &Settings, pool: &Pool<DB>) -> Result<Plan> {
    let planned = async {
        let mut lease = Lease::ready(&Shelf::none(pool.clone()), Pooling::Transaction).await.map_err(failed)?;
        planned(&mut lease, tables, settings).await
    };
    let mut plan = Plan::default();
    observed(NAME, "plan", pin!(async { planned.await.map(|found| plan = found) })).await?;
    Ok(plan)
}

pub(super) async fn apply<DB: Backend>(tables: &[Table], settings: &Settings, pool: &Pool<DB>) -> Result<Plan> {
    let mut done = Plan::default();
    let applied = async {
        let mut lease = acquire(pool).await?;
        lease.begin(sql::begin::<DB>()).await.map_err(failed)?;
        // Row-level security that filtered here would hide the very rows that violate a key.
        if DB::DIALECT == Dialect::Postgres {
            DB::execute_script(lease.connection(), script(catalogue::UNFILTERED.to_owned())).await.map_err(failed)?;
        }
        let plan = planned(&mut lease, tables, settings).await?;
        if plan.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = tables.iter().map(|table| &table.name).collect();
        super::ledger::is_there(&mut lease, &names).await?;
        let begin = script(ledger::begin(DB::DIALECT).to_owned());
        DB::execute_script(lease.connection(), begin).await.map_err(failed)?;
        for step in &plan.steps {
            let refused = |error| refused(step, error);
            DB::execute_script(lease.connection(), script(step.change.sql.clone())).await.map_err(refused)?;
            let note = ledger::note::<DB>(&step.object, &step.change.sql, &step.change.undo);
            let note = note.map_err(|error| Error::unbindable(NAME, error))?;
            DB::execute(lease.connection(), note).await.map_err(failed)?;
        }
        lease.commit().await.map_err(failed)?;
        done = plan;
        Ok(())
    };
    observed(NAME, "apply", pin!(applied)).await?;
    Ok(done)
}

pub(crate) async fn remove<DB: Backend>(pool: &Pool<DB>) -> Result<Plan> {
    let mut undone = Plan::default();
    let removed = async {
        let mut lease = acquire(pool).await?;
        lease.begin(sql::begin::<DB>()).await.map_err(failed)?;
        if !super::ledger::is_there_to_undo(&mut lease).await? {
            return Ok(());
        }
        let mut steps = Vec::new();
        for row in facts::ask(&mut lease, ledger::UNDONE, &[]).await.map_err(failed)? {
            let mut row = Texts(row);
            let (object, change, undo) = (row.text(), row.text(), row.text());
            let step = Step { object, why: "taken back".to_owned(), change: Change { sql: undo, undo: change } };
            let refused = |error| refused(&step, error);
            DB::execute_script(lease.connection(), script(step.change.sql.clone())).await.map_err(refused)?;
            steps.push(step);
        }
        let forget = script(ledger::FORGET.to_owned());
        DB::execute_script(lease.connection(), forget).await.map_err(failed)?;
        lease.commit().await.map_err(failed)?;
        undone = Plan { steps };
        Ok(())
    };
    observed(NAME, "remove", pin!(removed)).await?;
    Ok(undone)
}

async fn planned<DB: Backend>(lease: &mut Lease<DB>, tables: &[Table], settings: &Settings) -> Result<Plan> {
    let tables = &named::completed(lease, tables).await?;
    let mut looked = Vec::with_capacity(tables.len());
    for table in tables {
        let Some(facts) = facts::of(lease, &table.name).await.map_err(failed)? else {
            return Err(problem(format!("there is no table {}; make it first, by a migration of yours", table.name)));
        };
        for column in &table.columns {
            if facts.column(column).is_none() {
                return Err(problem(format!("the table {} has no column {column}", table.name)));
            }
        }
        looked.push(Looked { table, facts });
    }
    match DB::DIALECT {
        Dialect::Postgres => postgres::plan(lease, &looked, settings).await,
        Dialect::Sqlite => sqlite::plan(lease, &looked, settings).await,
    }
}

async fn acquire<DB: Backend>(pool: &Pool<DB>) -> Result<Lease<DB>> {
    Lease::acquire(pool).await.map_err(failed)
}

pub(crate) fn failed(error: sqlx::Error) -> Error {
    Error::from_sqlx(NAME, Doing::Writing, error)
}

/// What the database said against a step, with the step.
fn refused(step: &Step, error: sqlx::Error) -> Error {
    Error::Isolation {
        problem: format!("{}: this was refused: {}", step.object, step.change.sql),
        source: Some(error.into()),
    }
}

pub(crate) const fn problem(problem: String) -> Error {
    Error::Isolation { problem, source: None }
}
