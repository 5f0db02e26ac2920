//! The log in partitions of a month, on PostgreSQL: made ahead, and a plain table moved.

use std::pin::pin;
use std::time::{Duration, Instant};

use sqlx::Pool;

use super::month;
use crate::audit::log::{NAME, reading};
use crate::backend::{Backend, Dialect, Pooling};
use crate::entity::Moment;
use crate::error::{Doing, Error, Result};
use crate::isolation::facts::{Texts, ask};
use crate::lease::Lease;
use crate::observe::{Rows, observed};
use crate::sql;

/// For how long the lock is asked for that moves a plain table, a moment at a time.
const PATIENCE: Duration = Duration::from_secs(300);

/// For how long writers are let through between two moments, which are of 50 milliseconds each: they lose a tenth of the time.
const PAUSE: Duration = Duration::from_millis(450);

/// What [`partition`] has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Partitioned {
    /// The name that a plain log bears now that it is the first partition.
    pub moved: Option<String>,
    /// The partitions that were made.
    pub made: Vec<String>,
}

impl Rows for Partitioned {
    fn rows(&self) -> u64 {
        self.made.len() as u64
    }
}

/// Keeps the log in partitions of a month, on PostgreSQL; on SQLite there is nothing to do. To be called by the owner of the tables,
/// as [`ScopedPool::migrate`](crate::ScopedPool::migrate) is, and again each month, as by a job: it makes the partitions of this month and of
/// as many more. **Without one nothing can be recorded, and so nothing be written**; have three ahead.
///
/// A plain log is moved first, with all that was granted and every policy: it becomes the first partition, up to the end of this
/// month. Its new key and the proof that it holds nothing later are made while writers go on; the move itself holds them up for
/// some milliseconds, and is tried again as long as somebody is in its way. No row is copied.
///
/// If it is interrupted before the move, call it again before the month ends: the proof that the log holds nothing later refuses,
/// while it is there, what is recorded later.
///
/// The key of a partitioned log is of id and time, and an event is stored once within a month: one that is sent again because a
/// connection was lost at the very turn of two may be there twice.
///
/// ```
/// # async fn f(owner: sqlx::Pool<sqlx::Postgres>) -> user_scope::Result<()> {
/// let done = user_scope::audit::partition(&owner, 3).await?;
/// println!("made {}", done.made.join(", "));
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`Error::Schema`] if a view rests on the plain log, which would go on to see its old part alone; [`Error::Database`] if the login
/// does not own the log, or somebody holds it for five minutes.
pub async fn partition<DB: Backend>(pool: &Pool<DB>, ahead: u32) -> Result<Partitioned> {
    observed(NAME, "partition", pin!(partitioned(pool, ahead.min(120)))).await
}

async fn partitioned<DB: Backend>(pool: &Pool<DB>, ahead: u32) -> Result<Partitioned> {
    let mut done = Partitioned::default();
    if DB::DIALECT == Dialect::Sqlite {
        return Ok(done);
    }
    // Some of it is not to be in a transaction, and none of it needs a prepared statement to outlive one.
    let mut lease = Lease::of_pool(pool, Pooling::Session).await.map_err(reading)?;
    become_owner(&mut lease).await?;
    let kind = ask(&mut lease, sql::LOG_KIND, &[]).await.map_err(reading)?.pop().unwrap_or_default();
    let mut kind = Texts(kind);
    let (is_plain, views) = (kind.text() != "p", kind.text());
    if is_plain {
        if !views.is_empty() {
            return Err(Error::Schema {
                problem: "has views on it, which would see its old part alone; drop them, and make them again afterwards",
            });
        }
        done.moved = Some(moved(&mut lease).await?);
    }
    let now = Moment::now();
    for months in 0..=ahead {
        let (first, next) = (month(now, months).day(), month(now, months + 1).day());
        if !ask(&mut lease, sql::PARTITION_OF, &[&first]).await.map_err(reading)?.is_empty() {
            continue;
        }
        let name = named(&first);
        DB::execute_script(lease.connection(), sql::add_partition(&name, &first, &next)).await.map_err(changing)?;
        done.made.push(format!("{NAME}_{name}"));
    }
    Ok(done)
}

/// Moves a plain log, and tells its new name.
async fn moved<DB: Backend>(lease: &mut Lease<DB>) -> Result<String> {
    let boundary = month(Moment::now(), 1).day();
    let name = named(&boundary);
    let moved = async {
        for step in sql::before_moving(&boundary, &name) {
            patiently(lease, &step.sql, step.is_brief).await?;
        }
        patiently(lease, &sql::move_log(&boundary, &name), true).await
    };
    if let Err(error) = moved.await {
        // What was made ready would refuse what is recorded next month. Whether it could be taken back or not, why is told first.
        let taken_back = patiently(lease, &sql::take_back_moving(&name), true).await;
        if let Err(also) = taken_back {
            tracing::error!(target: "user_scope::audit", %also, "a constraint is left on the log that ends with this month");
        }
        return Err(error);
    }
    Ok(format!("{NAME}_before_{name}"))
}

/// Does it, waiting for locks a moment at a time, so that nobody waits behind it for longer.
async fn patiently<DB: Backend>(lease: &mut Lease<DB>, step: &sqlx::SqlStr, in_transaction: bool) -> Result<()> {
    let begun = Instant::now();
    loop {
        let tried = async {
            if in_transaction {
                lease.begin(sql::begin::<DB>()).await?;
                DB::execute_script(lease.connection(), sql::WAIT_BRIEFLY).await?;
            }
            DB::execute_script(lease.connection(), step.clone()).await?;
            if in_transaction { lease.commit().await } else { Ok(()) }
        };
        let Err(error) = tried.await else { return Ok(()) };
        if lease.is_open() {
            lease.rollback().await.map_err(changing)?;
        }
        // A lock that could not be had, or two who wait for one another.
        let is_passing = error
            .as_database_error()
            .and_then(|refused| refused.code().map(|code| code == "55P03" || code == "40P01"))
            .unwrap_or(false);
        if !is_passing || begun.elapsed() > PATIENCE {
            return Err(changing(error));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Lets the lease act as the log's owner, where the login is not that but may become it. It is closed afterwards.
///
/// # Errors
///
/// [`Error::Schema`] if it may not.
pub(super) async fn become_owner<DB: Backend>(lease: &mut Lease<DB>) -> Result<()> {
    let Some(row) = ask(lease, sql::LOG_OWNER, &[]).await.map_err(reading)?.pop() else { return Ok(()) };
    let mut row = Texts(row);
    let (owner, has_rights, may_become) = (row.text(), row.is_true(), row.is_true());
    match (has_rights, may_become) {
        (true, _) => Ok(()),
        (false, true) => {
            lease.keep();
            DB::execute_script(lease.connection(), sql::become_owner(&owner)).await.map_err(changing)
        }
        (false, false) => Err(Error::Schema {
            problem: "is not the login's: let its owner do this, or a login that may become its owner by SET ROLE",
        }),
    }
}

/// `2026-12-01` as a part of a name.
fn named(day: &str) -> String {
    day.get(..7).unwrap_or(day).replace('-', "_")
}

pub(super) fn changing(error: sqlx::Error) -> Error {
    Error::from_sqlx(NAME, Doing::Writing, error)
}
