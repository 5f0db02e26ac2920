//! What needs a lock asks for it briefly, lets everybody pass, and asks again.

use std::time::{Duration, Instant};

use sqlx::Pool;

use super::plan::AdoptionStep;
use super::run::Event;
use crate::backend::{Backend, Dialect, Pooling};
use crate::error::{Error, Result};
use crate::isolation::facts::{Texts, ask};
use crate::isolation::run::{failed, problem};
use crate::lease::Lease;
use crate::sql::adoption::postgres;
use crate::sql::isolation::catalogue::Question;
use crate::sql::isolation::{TableName, script};

/// For how long a step is tried, before a person is told who stands in its way.
const AT_MOST: Duration = Duration::from_secs(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// When a person is told who is waited for, and how often.
const TOLD_AFTER: Duration = Duration::from_secs(2);
/// How long a lock is waited for that no writer notices.
const UNNOTICED: Duration = Duration::from_secs(10);

/// How long a lock is waited for. A step takes two at most, one after the other, and then needs a moment of its own: half of the bound
/// is left for it, as a busy machine may let it wait for its processor while it has them.
pub(super) fn patience(bound: Duration) -> Duration {
    bound / 4
}

/// Begins a transaction that waits no longer than that.
pub(super) async fn begin<DB: Backend>(lease: &mut Lease<DB>, bound: Duration) -> sqlx::Result<()> {
    let begin = match DB::DIALECT {
        Dialect::Postgres => postgres::begin(patience(bound)),
        Dialect::Sqlite => DB::BEGIN.to_owned(),
    };
    lease.begin(script(begin)).await
}

/// Does this in the transaction of [`begin`], and commits it in the same message: a lock that others wait for is held for as long
/// as the server takes, and not for as long as the way to it.
pub(super) async fn end_by<DB: Backend>(lease: &mut Lease<DB>, sql: &str) -> sqlx::Result<()> {
    let sql = match DB::DIALECT {
        Dialect::Postgres => postgres::and_commit(sql),
        Dialect::Sqlite => sql.to_owned(),
    };
    DB::execute_script(lease.connection(), script(sql)).await?;
    lease.commit().await
}

/// Whether a batch was ended because it took too long.
pub(super) fn took_too_long(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == "57014")
}

/// Has these tables to ourselves, but for readers and writers, so that a lock which they do notice waits for nobody else.
/// In a transaction of [`begin`].
pub(super) async fn reserve<DB: Backend>(
    lease: &mut Lease<DB>,
    tables: &[TableName],
    bound: Duration,
) -> sqlx::Result<()> {
    if DB::DIALECT == Dialect::Sqlite || tables.is_empty() {
        return Ok(());
    }
    let given: Vec<_> = tables.iter().map(TableName::quoted).collect();
    let rows = ask(lease, postgres::TOGETHER, &[&given.join("\u{1f}")]).await?;
    let ours: Vec<_> = rows.into_iter().map(|row| Texts(row).text()).collect();
    if ours.is_empty() {
        return Ok(());
    }
    let reserve = script(postgres::reserve(&ours, UNNOTICED, patience(bound)));
    DB::execute_script(lease.connection(), reserve).await
}

/// Tries so far.
#[derive(Debug)]
pub(super) struct Tries {
    since: Instant,
    pause: Duration,
}

impl Tries {
    pub(super) fn new() -> Self {
        Self { since: Instant::now(), pause: Duration::from_millis(20) }
    }

    /// Waits before the next try, if this is an error that another try can cure.
    ///
    /// # Errors
    ///
    /// The error itself if it is not, or who has the lock if it was tried long enough.
    pub(super) async fn again<DB: Backend>(
        &mut self,
        lease: &mut Lease<DB>,
        object: &str,
        error: sqlx::Error,
        told: impl FnOnce(sqlx::Error) -> Error,
    ) -> Result<Waited> {
        if lease.is_open() {
            lease.rollback().await.map_err(failed)?;
        }
        if !is_passing(&error) {
            return Err(told(error));
        }
        self.wait(lease, object).await
    }

    /// Waits before the next look at what is in somebody's hands.
    ///
    /// # Errors
    ///
    /// Who has it, if it was waited for long enough.
    pub(super) async fn wait<DB: Backend>(&mut self, lease: &mut Lease<DB>, object: &str) -> Result<Waited> {
        let tried = self.since.elapsed();
        let holder = if tried > TOLD_AFTER { holder(lease, object).await? } else { None };
        if tried > AT_MOST {
            let holder = holder.unwrap_or_else(|| "nobody who can be named".to_owned());
            return Err(problem(format!(
                "{object} is in use, and was for {} s: by {holder}. What was done so far stays; apply it again when it is free",
                tried.as_secs()
            )));
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(Waited { tried, holder })
    }
}

/// How long something was waited for, and who has it.
#[derive(Debug)]
pub(super) struct Waited {
    tried: Duration,
    holder: Option<String>,
}

impl Waited {
    pub(super) fn tell(&self, step: &AdoptionStep, tell: &(dyn Fn(Event<'_>) + Send + Sync)) {
        tell(Event::Waiting { step, tried: self.tried, holder: self.holder.as_deref() });
    }
}

/// Does this work on a connection, and tells from another who holds it up.
pub(super) async fn watched<DB: Backend, T>(
    pool: &Pool<DB>,
    process: &str,
    step: &AdoptionStep,
    tell: &(dyn Fn(Event<'_>) + Send + Sync),
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let since = Instant::now();
    let watch = async {
        tokio::time::sleep(TOLD_AFTER).await;
        // If no connection can be had, or nothing can be seen from it, the work goes on all the same.
        let Ok(mut lease) = Lease::of_pool(pool, Pooling::Session).await else { return std::future::pending().await };
        loop {
            let holder = asked(&mut lease, postgres::BLOCKERS, process).await.unwrap_or_default();
            if holder.is_some() {
                Waited { tried: since.elapsed(), holder }.tell(step, tell);
            }
            tokio::time::sleep(TOLD_AFTER).await;
        }
    };
    tokio::select! {
        done = work => done,
        never = watch => never,
    }
}

/// A lock that could not be had, a deadlock, too much at once, another who writes.
fn is_passing(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| matches!(code.as_ref(), "55P03" | "40P01" | "57014" | "5" | "6" | "261" | "262" | "517"))
}

async fn holder<DB: Backend>(lease: &mut Lease<DB>, object: &str) -> Result<Option<String>> {
    match DB::DIALECT {
        Dialect::Sqlite => Ok(None),
        Dialect::Postgres => asked(lease, postgres::HOLDERS, &TableName::read(object).quoted()).await.map_err(failed),
    }
}

async fn asked<DB: Backend>(lease: &mut Lease<DB>, question: Question, of: &str) -> sqlx::Result<Option<String>> {
    Ok(ask(lease, question, &[of]).await?.pop().map(|row| {
        let mut row = Texts(row);
        let (process, login, program, state, seconds) = (row.text(), row.text(), row.text(), row.text(), row.text());
        format!("process {process} of {login} ({program}), {state}, in a transaction since {seconds} s")
    }))
}
