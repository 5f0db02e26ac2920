//! Gives rows their owner in batches, each so small that nobody waits long for it.

use std::time::{Duration, Instant};

use super::patience::{Tries, begin, patience, took_too_long};
use super::plan::{AdoptionStep, Filling, Reach};
use super::run::{Event, refused};
use crate::backend::{Backend, Dialect};
use crate::error::{Error, Result};
use crate::isolation::facts::{Texts, ask, ask_text};
use crate::isolation::run::{failed, problem};
use crate::lease::Lease;
use crate::sql::adoption::backfill::{self, Part, Source};
use crate::sql::adoption::{postgres, sqlite};
use crate::sql::isolation::script;

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
    let mapped = matches!(filling.source, Source::Mapping(_));
    if mapped {
        map(lease, filling).await?;
    }
    let size = if DB::DIALECT == Dialect::Postgres { 8 } else { 500 };
    let mut walk = Walk { step, filling, bound, tell, size, rows: 0 };
    let (mut tries, mut is_stubborn) = (Tries::new(), false);
    loop {
        let before = walk.rows;
        match DB::DIALECT {
            Dialect::Postgres => walk.blocks(lease).await?,
            Dialect::Sqlite => walk.rows(lease).await?,
        }
        // SQLite has one writer: what is left is not in anybody's hands. It may have just come; another walk tells.
        if DB::DIALECT == Dialect::Sqlite && filling.reach != Reach::Most && walk.rows == before {
            let question = backfill::unfilled(DB::DIALECT, &filling.table, &filling.at, &filling.source);
            let left = ask_text(lease, question).await.map_err(failed)?;
            if left == "0" {
                break;
            }
            if std::mem::replace(&mut is_stubborn, true) {
                return Err(problem(format!(
                    "{left} rows of {} stay without an owner though they get one: a trigger leaves them as they are",
                    filling.at
                )));
            }
            continue;
        }
        // Once along the table is enough for as long as writers go on: there will always be rows that have just come.
        if filling.reach != Reach::All {
            break;
        }
        let question = backfill::unfilled(DB::DIALECT, &filling.table, &filling.at, &filling.source);
        if ask_text(lease, question).await.map_err(failed)? == "0" {
            break;
        }
        // Those that are left could have an owner, and are in the hands of somebody.
        tries.wait(lease, &filling.at.to_string()).await?.tell(step, tell);
    }
    complete(lease, filling).await?;
    if mapped {
        let drop = script(backfill::drop_mapping(DB::DIALECT));
        DB::execute_script(lease.connection(), drop).await.map_err(failed)?;
    }
    Ok(())
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
    if filling.reach == Reach::Most {
        return Ok(());
    }
    let question = backfill::unfillable(DB::DIALECT, table, at, &filling.source);
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
    async fn blocks<DB: Backend>(&mut self, lease: &mut Lease<DB>) -> Result<()> {
        let asked = self.filling.at.quoted();
        let row = ask(lease, postgres::BLOCKS, &[&asked]).await.map_err(failed)?.pop().unwrap_or_default();
        let blocks: i64 = Texts(row).text().parse().unwrap_or(0);
        let mut from = 0;
        let settings = script(postgres::filling(patience(self.bound)));
        DB::execute_script(lease.connection(), settings).await.map_err(failed)?;
        while from < blocks {
            let to = (from + self.size).min(blocks);
            if !self.batch(lease, Part::Blocks(from, to)).await? {
                continue;
            }
            from = to;
            self.told(from, blocks);
        }
        DB::execute_script(lease.connection(), script(postgres::filled())).await.map_err(failed)
    }

    /// Once over all rows, by their rowid.
    async fn rows<DB: Backend>(&mut self, lease: &mut Lease<DB>) -> Result<()> {
        let table = &self.filling.table.name.name;
        let Some(rowid) = self.filling.rowid else {
            return self.batch(lease, Part::All).await.map(drop);
        };
        let all = ask_text(lease, sqlite::rows(table)).await.map_err(failed)?.parse().unwrap_or(0);
        let (mut behind, mut seen) = (None, 0);
        loop {
            let end = sqlite::end_of_batch(table, rowid, behind, self.size);
            let Ok(last) = ask_text(lease, end).await.map_err(failed)?.parse() else { break };
            seen += self.size;
            self.batch(lease, Part::Rows(rowid, behind, last)).await?;
            behind = Some(last);
            self.told(seen.min(all), all);
        }
        Ok(())
    }

    /// One transaction, and a pause in which others have the machine. False if it was too much at once: it is to be tried with a
    /// smaller part.
    async fn batch<DB: Backend>(&mut self, lease: &mut Lease<DB>, part: Part) -> Result<bool> {
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
                    let is_too_much = self.size > 1 && took_too_long(&error);
                    let waited = tries.again(lease, &at.to_string(), error, |error| refused(self.step, error)).await?;
                    if is_too_much {
                        self.size /= 2;
                        return Ok(false);
                    }
                    waited.tell(self.step, self.tell);
                }
            }
        };
        let goal = self.bound / 4;
        if took > goal {
            self.size = (self.size / 2).max(1);
        } else if took < goal / 2 {
            self.size = (self.size * 2).min(65_536);
        }
        // Whoever waits for SQLite looks from time to time whether it is free, and should find it so.
        tokio::time::sleep(if DB::DIALECT == Dialect::Sqlite { took } else { took / 4 }).await;
        Ok(true)
    }

    fn told(&self, done: i64, of: i64) {
        let counted = |number: i64| u64::try_from(number).unwrap_or(0);
        (self.tell)(Event::Filling { step: self.step, rows: self.rows, done: counted(done), of: counted(of) });
    }
}

/// On PostgreSQL one statement, which locks its rows for no longer than the server takes for it.
async fn once<DB: Backend>(lease: &mut Lease<DB>, bound: Duration, sql: String) -> sqlx::Result<u64> {
    if DB::DIALECT == Dialect::Postgres {
        return DB::execute(lease.connection(), backfill::query::<DB>(sql)).await;
    }
    begin(lease, bound).await?;
    let rows = DB::execute(lease.connection(), backfill::query::<DB>(sql)).await?;
    lease.commit().await?;
    Ok(rows)
}
