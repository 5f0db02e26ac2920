//! Carries an adoption out: step by step, each by itself, so that nothing is held while the next is waited for.

use std::pin::pin;
use std::time::Duration;

use sqlx::Pool;

use super::patience::{Tries, begin, end_by, reserve, watched};
use super::plan::{AdoptionPlan, AdoptionStep, How, Phase};
use super::survey::{self, Surveyed};
use super::{Adoption, batches, postgres, sqlite};
use crate::backend::{Backend, Dialect, Pooling};
use crate::error::{Error, Result};
use crate::isolation::facts::{Texts, ask, ask_text};
use crate::isolation::ledger as isolation;
use crate::isolation::run::{failed, problem};
use crate::lease::Lease;
use crate::observe::observed;
use crate::sql::adoption::{backfill, kind, postgres as change};
use crate::sql::isolation::{TableName, ledger, script};

/// What errors and spans name in place of an entity.
pub(super) const NAME: &str = "adoption";

/// How often a phase is looked at anew, because something came meanwhile.
const PASSES: usize = 3;

/// What happens while an adoption is applied.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A step begins.
    Begun {
        /// The step.
        step: &'a AdoptionStep,
        /// Which it is, the first being 1.
        number: usize,
        /// Of how many.
        of: usize,
    },
    /// A batch of rows has its owner.
    Filling {
        /// The step.
        step: &'a AdoptionStep,
        /// How many rows were written so far.
        rows: u64,
        /// How far it has come, in blocks on PostgreSQL and in rows on SQLite.
        done: u64,
        /// Of how many.
        of: u64,
    },
    /// Somebody holds it up: a lock could not be had and is tried again, or an index waits for old transactions.
    Waiting {
        /// The step.
        step: &'a AdoptionStep,
        /// For how long it has been tried.
        tried: Duration,
        /// Who has it, once it has taken a while, on PostgreSQL.
        holder: Option<&'a str>,
    },
}

pub(super) async fn plan<DB: Backend>(adoption: &Adoption, pool: &Pool<DB>) -> Result<AdoptionPlan> {
    let mut plan = AdoptionPlan::new(DB::DIALECT);
    let planned = async {
        let mut lease = acquire(pool).await?;
        plan = planned(&mut lease, adoption).await?;
        Ok(())
    };
    observed(NAME, "plan", pin!(planned)).await?;
    Ok(plan)
}

/// On a connection with nothing open: each question is a transaction of its own, and holds nothing up.
pub(super) async fn acquire<DB: Backend>(pool: &Pool<DB>) -> Result<Lease<DB>> {
    let mut lease = Lease::of_pool(pool, Pooling::Session).await.map_err(failed)?;
    lease.keep();
    if DB::DIALECT == Dialect::Postgres {
        DB::execute_script(lease.connection(), script(change::prepared())).await.map_err(failed)?;
    }
    Ok(lease)
}

async fn planned<DB: Backend>(lease: &mut Lease<DB>, adoption: &Adoption) -> Result<AdoptionPlan> {
    let tables = survey::survey(lease, adoption).await?;
    of_tables(lease, adoption, &tables).await
}

/// The plan for tables that were looked at just now.
pub(super) async fn of_tables<DB: Backend>(
    lease: &mut Lease<DB>,
    adoption: &Adoption,
    tables: &[Surveyed],
) -> Result<AdoptionPlan> {
    match DB::DIALECT {
        Dialect::Postgres => postgres::plan(lease, tables, &adoption.settings).await,
        Dialect::Sqlite => sqlite::plan(lease, tables, &adoption.settings).await,
    }
}

pub(super) async fn apply<DB: Backend>(
    adoption: &Adoption,
    pool: &Pool<DB>,
    until: Phase,
    tell: &(dyn Fn(Event<'_>) + Send + Sync),
) -> Result<()> {
    let applied = async {
        let mut lease = acquire(pool).await?;
        claim(&mut lease).await?;
        for phase in [Phase::Expand, Phase::Contract].into_iter().filter(|phase| *phase <= until) {
            through(pool, &mut lease, adoption, phase, tell).await?;
        }
        Ok(())
    };
    observed(NAME, "apply", pin!(applied)).await
}

/// Does what a phase lacks, and looks again: rows have come meanwhile, and somebody may have changed a table.
async fn through<DB: Backend>(
    pool: &Pool<DB>,
    lease: &mut Lease<DB>,
    adoption: &Adoption,
    phase: Phase,
    tell: &(dyn Fn(Event<'_>) + Send + Sync),
) -> Result<()> {
    let mut left = String::new();
    let names: Vec<_> = adoption.tables.iter().map(|table| TableName::read(&table.name)).collect();
    let names: Vec<_> = names.iter().collect();
    for pass in 0..PASSES {
        let plan = planned(lease, adoption).await?;
        let is_due = |step: &&AdoptionStep| step.phase() <= phase;
        let steps: Vec<_> = plan.steps().filter(is_due).collect();
        // Writers go on in this phase: there will always be rows that have just come.
        let is_done = |step: &&AdoptionStep| pass > 0 && phase == Phase::Expand && step.is_backfill();
        let Some(step) = steps.iter().find(|step| !is_done(step)) else { return Ok(()) };
        left = format!("{}: {}", step.object, step.why);
        may_change_roles(lease, &steps).await?;
        if !isolation::is_there(lease, &names).await? {
            let ledger = script(ledger::begin(DB::DIALECT).to_owned());
            DB::execute_script(lease.connection(), ledger).await.map_err(failed)?;
        }
        for (number, step) in (1..).zip(&steps) {
            tell(Event::Begun { step, number, of: steps.len() });
            carry_out(pool, lease, step, adoption.bound, tell).await?;
        }
    }
    match planned(lease, adoption).await?.steps().any(|step| step.phase() <= phase && !step.is_backfill()) {
        false => Ok(()),
        true => {
            Err(problem(format!("{left}: this was done {PASSES} times, and is undone each time; who takes it back?")))
        }
    }
}

/// Roles come late, and are refused first: they are the server's, and whoever owns the tables need not be allowed to change them.
async fn may_change_roles<DB: Backend>(lease: &mut Lease<DB>, steps: &[&AdoptionStep]) -> Result<()> {
    let of_roles: Vec<_> = steps.iter().map(|step| step.sql()).filter(|sql| kind::changes_a_role(sql)).collect();
    if DB::DIALECT == Dialect::Sqlite || of_roles.is_empty() {
        return Ok(());
    }
    let row = ask(lease, change::MAY_CHANGE_ROLES, &[]).await.map_err(failed)?.pop().unwrap_or_default();
    if Texts(row).is_true() {
        return Ok(());
    }
    Err(problem(format!(
        "this login may not change roles (CREATEROLE): have somebody who may run this first, and apply it again: {};",
        of_roles.join("; ")
    )))
}

/// Only one at a time. On SQLite a second fails at a step that is done already.
pub(super) async fn claim<DB: Backend>(lease: &mut Lease<DB>) -> Result<()> {
    if DB::DIALECT == Dialect::Sqlite {
        return Ok(());
    }
    let row = ask(lease, change::CLAIM, &[]).await.map_err(failed)?.pop().unwrap_or_default();
    if Texts(row).is_true() {
        return Ok(());
    }
    Err(problem("somebody else is applying an adoption to this database; wait for him".to_owned()))
}

async fn carry_out<DB: Backend>(
    pool: &Pool<DB>,
    lease: &mut Lease<DB>,
    step: &AdoptionStep,
    bound: Duration,
    tell: &(dyn Fn(Event<'_>) + Send + Sync),
) -> Result<()> {
    match &step.how {
        How::Filling(filling) => return batches::fill(lease, step, filling, bound, tell).await,
        How::Concurrently(index) => {
            let process = ask(lease, change::OURSELVES, &[]).await.map_err(failed)?.pop().unwrap_or_default();
            return watched(pool, &Texts(process).text(), step, tell, concurrently(lease, step, index)).await;
        }
        How::Comparing(what) => {
            return match ask_text(lease, step.change.sql.clone()).await.map_err(failed)?.as_str() {
                "0" => Ok(()),
                rows => {
                    let those = backfill::counted(&step.change.sql);
                    Err(problem(format!("{rows} {what}. They are: {those}")))
                }
            };
        }
        How::AtOnce | How::Looking => {}
    }
    let mut tries = Tries::new();
    loop {
        match at_once(lease, step, bound).await {
            Ok(()) => return Ok(()),
            Err(error) => {
                tries.again(lease, &step.object, error, |error| refused(step, error)).await?.tell(step, tell);
            }
        }
    }
}

/// The change and its note, together or not at all.
async fn at_once<DB: Backend>(lease: &mut Lease<DB>, step: &AdoptionStep, bound: Duration) -> sqlx::Result<()> {
    begin(lease, bound).await?;
    reserve(lease, &step.tables, bound).await?;
    note(lease, step).await?;
    end_by(lease, &step.change.sql).await
}

async fn note<DB: Backend>(lease: &mut Lease<DB>, step: &AdoptionStep) -> sqlx::Result<()> {
    if step.change.undo.is_empty() {
        return Ok(());
    }
    let note = ledger::note::<DB>(&step.object, &step.change.sql, &step.change.undo).map_err(sqlx::Error::Encode)?;
    DB::execute(lease.connection(), note).await.map(drop)
}

/// An index that is built while writers go on. It waits for them, and makes none wait.
async fn concurrently<DB: Backend>(lease: &mut Lease<DB>, step: &AdoptionStep, index: &TableName) -> Result<()> {
    let refused = |error| refused(step, error);
    if !ask(lease, change::IS_BROKEN, &[&index.quoted()]).await.map_err(failed)?.is_empty() {
        DB::execute_script(lease.connection(), script(change::drop_broken(index))).await.map_err(refused)?;
    }
    if !ask(lease, change::IS_TAKEN, &[&index.quoted()]).await.map_err(failed)?.is_empty() {
        return Err(problem(format!("there is already something else that is called {index}: rename it")));
    }
    note(lease, step).await.map_err(failed)?;
    DB::execute_script(lease.connection(), script(step.change.sql.clone())).await.map_err(refused)
}

/// What the database said against a step, with the step.
pub(super) fn refused(step: &AdoptionStep, error: sqlx::Error) -> Error {
    Error::Isolation {
        problem: format!("{}: this was refused: {}", step.object, step.change.sql),
        source: Some(error.into()),
    }
}
