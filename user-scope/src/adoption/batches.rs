//! Gives rows their owner in batches, each so small that nobody waits long for it.

use std::time::{Duration, Instant};

use super::patience::{Tries, begin};
use super::plan::{AdoptionStep, Filling};
use super::run::{Event, refused};
use crate::backend::{Backend, Dialect};
use crate::error::{Error, Result};
use crate::isolation::facts::{Texts, ask, ask_text};
use crate::isolation::run::{failed, problem};
use crate::lease::Lease;
use crate::sql::adoption::backfill::{self, Part};
use crate::sql::adoption::{postgres, sqlite};
use crate::sql::isolation::script;

/// How many rows may be left to be filled later: writers who know nothing of owners go on while rows are filled.
const LEFT: u64 = 1_000;

/// What moves along a table.
struct Walk<'a> {
    step: &'a AdoptionStep,
    filling: &'a Filling,
    bound: Duration,
    tell: &'a (dyn Fn(Event<'_>) + Send + Sync),
    /// Blocks on PostgreSQL, rows on SQLite: as many as take a quarter of the bound.
    size: i64,
    rows: u64,
}

pub(super) async fn fill<DB: Backend>(
    lease: &mut Lease<DB>,
    step: &AdoptionStep,
    filling: &Filling,
    bound: Duration,
    tell: &(dyn Fn(Event<'_>) + Send + Sync),
) -> Result<()> {
    let mapped = !filling.owners.is_empty();
    if mapped {
        map(lease, filling).await?;
    }
    let size = if DB::DIALECT == Dialect::Postgres { 8 } else { 500 };
    let mut walk = Walk { step, filling, bound, tell, size, rows: 0 };
    loop {
        let filled = match DB::DIALECT {
            Dialect::Postgres => walk.blocks(lease).await?,
            Dialect::Sqlite => walk.rows(lease).await?,
        };
        if filled == 0 || (!filling.is_last && filled < LEFT) {
            let question = backfill::unfilled(DB::DIALECT, &filling.table, &filling.at, &filling.source);
            let unfilled = ask_text(lease, question).await.map_err(failed)?;
            // Those that are left could have an owner, and are in the hands of somebody.
            if unfilled == "0" || !filling.is_last {
                break;
            }
            tokio::time::sleep(bound).await;
        }
    }
    if mapped {
        let drop = script(backfill::drop_mapping(DB::DIALECT));
        DB::execute_script(lease.connection(), drop).await.map_err(failed)?;
    }
    complete(lease, filling).await
}

/// Whether all rows have an owner who is one.
async fn complete<DB: Backend>(lease: &mut Lease<DB>, filling: &Filling) -> Result<()> {
    let Filling { table, at, .. } = filling;
    if DB::DIALECT == Dialect::Sqlite {
        let misshapen = ask_text(lease, backfill::misshapen(table)).await.map_err(failed)?;
        if misshapen != "0" {
            let (owner, kind) = (&table.owner, table.owner_kind);
            return Err(problem(format!("{misshapen} rows of {at} have an owner in {owner} that is no {kind:?}")));
        }
    }
    if !filling.is_last {
        return Ok(());
    }
    let question = backfill::without_owner(DB::DIALECT, table, at);
    match ask_text(lease, question).await.map_err(failed)?.as_str() {
        "0" => Ok(()),
        rows => Err(problem(format!(
            "{rows} rows of {at} get no owner by the backfill that was given: give them one in {}, or another backfill",
            table.owner
        ))),
    }
}

async fn map<DB: Backend>(lease: &mut Lease<DB>, filling: &Filling) -> Result<()> {
    let made = script(backfill::mapping(DB::DIALECT, filling.table.owner_kind));
    DB::execute_script(lease.connection(), made).await.map_err(failed)?;
    for pairs in filling.owners.chunks(backfill::PAIRS) {
        let query = backfill::map::<DB>(pairs).map_err(|error| Error::unbindable("isolation", error))?;
        DB::execute(lease.connection(), query).await.map_err(failed)?;
    }
    Ok(())
}

impl Walk<'_> {
    /// Once over all blocks that are there now.
    async fn blocks<DB: Backend>(&mut self, lease: &mut Lease<DB>) -> Result<u64> {
        let asked = self.filling.at.quoted();
        let row = ask(lease, postgres::BLOCKS, &[&asked]).await.map_err(failed)?.pop().unwrap_or_default();
        let blocks: i64 = Texts(row).text().parse().unwrap_or(0);
        let (mut from, before) = (0, self.rows);
        while from < blocks {
            let to = (from + self.size).min(blocks);
            self.batch(lease, Part::Blocks(from, to)).await?;
            from = to;
            self.told(from, blocks);
        }
        Ok(self.rows - before)
    }

    /// Once over all rows, by their rowid.
    async fn rows<DB: Backend>(&mut self, lease: &mut Lease<DB>) -> Result<u64> {
        let before = self.rows;
        let table = &self.filling.table.name.name;
        let Some(rowid) = self.filling.rowid else {
            self.batch(lease, Part::All).await?;
            return Ok(0);
        };
        let all = ask_text(lease, sqlite::rows(table)).await.map_err(failed)?.parse().unwrap_or(0);
        let (mut behind, mut seen) = (i64::MIN, 0);
        loop {
            let end = sqlite::end_of_batch(table, rowid, behind, self.size);
            let Ok(last) = ask_text(lease, end).await.map_err(failed)?.parse() else { break };
            seen += self.size;
            self.batch(lease, Part::Rows(rowid, behind, last)).await?;
            behind = last;
            self.told(seen.min(all), all);
        }
        Ok(self.rows - before)
    }

    /// One transaction, and a pause in which others have the machine.
    async fn batch<DB: Backend>(&mut self, lease: &mut Lease<DB>, part: Part) -> Result<()> {
        let Filling { table, at, source, .. } = self.filling;
        let mut tries = Tries::new();
        let took = loop {
            let sql = backfill::fill(DB::DIALECT, table, at, source, part);
            let begun = Instant::now();
            match once(lease, self.bound, sql).await {
                Ok(rows) => {
                    self.rows += rows;
                    break begun.elapsed();
                }
                Err(error) => {
                    let tried = tries.again(lease, &at.to_string(), error, |error| refused(self.step, error)).await?;
                    (self.tell)(Event::Waiting { step: self.step, tried });
                }
            }
        };
        let goal = self.bound / 4;
        if took > goal {
            self.size = (self.size / 2).max(1);
        } else if took < goal / 2 {
            self.size = (self.size * 2).min(65_536);
        }
        tokio::time::sleep(took / 4).await;
        Ok(())
    }

    fn told(&self, done: i64, of: i64) {
        let counted = |number: i64| u64::try_from(number).unwrap_or(0);
        (self.tell)(Event::Filling { step: self.step, rows: self.rows, done: counted(done), of: counted(of) });
    }
}

async fn once<DB: Backend>(lease: &mut Lease<DB>, bound: Duration, sql: String) -> sqlx::Result<u64> {
    begin(lease, bound).await?;
    let rows = DB::execute(lease.connection(), backfill::query::<DB>(sql)).await?;
    lease.commit().await?;
    Ok(rows)
}
