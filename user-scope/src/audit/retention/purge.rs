//! What is let go: whole months, on record, and said to the seals first.

use std::pin::pin;

use super::partition::changing;
use super::{beginning, partitions};
use crate::audit::log::{AuditLog, NAME, reading};
#[cfg(feature = "seals")]
use crate::audit::seals::{SealKey, old_seals, purgeable, seal_purge, since_the_last};
use crate::backend::{Backend, Dialect};
use crate::entity::Moment;
use crate::error::{Error, Result};
use crate::lease::Lease;
use crate::observe::{Rows, observed};
use crate::sql::{self, Span};

/// How many rows SQLite lets go in one transaction, while nobody else can write.
const AT_ONCE: i64 = 5_000;

/// What would be let go, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purgeable {
    /// Everything that was recorded before this, which is the beginning of a month (UTC); earlier than what was asked for where the
    /// partitions of PostgreSQL end earlier.
    pub until: Moment,
    /// How many rows that is.
    pub rows: u64,
    /// How many were recorded before what was asked for, and stay: their partition holds later ones as well.
    pub kept: u64,
    /// The time of the first of them, and of the last.
    pub times: Option<(String, String)>,
    /// On PostgreSQL, the partitions that hold them and go.
    pub partitions: Vec<String>,
    /// Whether the log is sealed, so that the key is needed to let them go.
    pub sealed: bool,
}

impl Rows for Purgeable {
    fn rows(&self) -> u64 {
        self.rows
    }
}

/// That, and the lowest id of it and the highest.
struct Plan {
    of_what: Purgeable,
    first: i64,
    last: i64,
}

impl Plan {
    const fn of_nothing(until: Moment) -> Self {
        let of_what = Purgeable { until, rows: 0, kept: 0, times: None, partitions: Vec::new(), sealed: false };
        Self { of_what, first: 0, last: 0 }
    }
}

impl Rows for Plan {
    fn rows(&self) -> u64 {
        self.of_what.rows
    }
}

/// A part of the log that is to be let go; from [`AuditLog::purge_before`].
#[derive(Debug)]
#[must_use = "nothing is let go until `carry_out` is awaited"]
pub struct LogPurge<'a, DB: Backend> {
    log: &'a AuditLog<'a, DB>,
    until: Moment,
    #[cfg(feature = "seals")]
    key: Option<&'a SealKey>,
}

impl<'a, DB: Backend> AuditLog<'a, DB> {
    /// What was recorded before the month (UTC) of `moment`, to be let go; never what is of this month. On PostgreSQL these are
    /// [partitions](crate::audit::partition), and the pool's login has to own them; on SQLite rows are deleted in batches.
    ///
    /// ```
    /// # async fn f<DB: user_scope::Backend>(system: user_scope::SystemContext<DB>) -> user_scope::Result<()> {
    /// use user_scope::Moment;
    ///
    /// let log = system.audit();
    /// let year = log.purge_before(Moment::now().midnight(-366));
    /// println!("{} rows would go", year.plan().await?.rows);
    /// year.carry_out().await?;
    /// # Ok(()) }
    /// ```
    pub fn purge_before(&'a self, moment: Moment) -> LogPurge<'a, DB> {
        LogPurge {
            log: self,
            until: beginning(moment.min(Moment::now())),
            #[cfg(feature = "seals")]
            key: None,
        }
    }
}

impl<'a, DB: Backend> LogPurge<'a, DB> {
    /// The key with which the log is sealed: a link of the chain then says what was let go, and the rest still verifies.
    #[cfg(feature = "seals")]
    pub const fn key(mut self, key: &'a SealKey) -> Self {
        self.key = Some(key);
        self
    }

    /// What would be let go; nothing is.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`] if the log of PostgreSQL is not partitioned; otherwise as
    /// [`LogRows::all`](crate::audit::LogRows::all).
    pub async fn plan(&self) -> Result<Purgeable> {
        Ok(observed(NAME, "list", pin!(self.planned())).await?.of_what)
    }

    async fn planned(&self) -> Result<Plan> {
        let (mut lease, _passage) = self.log.open().await?;
        let partitions = partitions::before(&mut lease, self.until).await?;
        let partitions: Vec<_> = partitions.into_iter().filter(|partition| partition.goes).collect();
        let mut plan = count(&mut lease, self.until).await?;
        if DB::DIALECT == Dialect::Postgres {
            let all = plan.of_what.rows;
            let until = partitions::end(&partitions, self.until);
            plan = if partitions.is_empty() { Plan::of_nothing(until) } else { count(&mut lease, until).await? };
            plan.of_what.kept = all.saturating_sub(plan.of_what.rows);
        }
        plan.of_what.sealed = plan.of_what.rows > 0 && is_sealed(&mut lease).await?;
        plan.of_what.partitions = partitions.into_iter().map(|partition| partition.name).collect();
        Ok(plan)
    }

    /// Lets it go, and tells what it was. The [roll-up](AuditLog::roll_up) is brought up to date before, so that it can still be asked
    /// how much was done; then it is recorded, by a row of the operation `purge` on `user_access_log`, and said to the seals. If it is
    /// interrupted then, carry it out again.
    ///
    /// # Errors
    ///
    /// As [`plan`](Self::plan). Before anything is said: [`Error::Seals`] if the log is sealed and no key was given, or not the right
    /// one; [`Error::Schema`] if the pool's login neither owns the partitions nor may become who does, or if a transaction that is open
    /// keeps some of the rows from being rolled up or sealed.
    pub async fn carry_out(&self) -> Result<Purgeable> {
        observed(NAME, "purge", pin!(self.carried_out())).await
    }

    async fn carried_out(&self) -> Result<Purgeable> {
        let Plan { of_what: plan, first, last } = self.planned().await?;
        if plan.rows == 0 && plan.partitions.is_empty() {
            return Ok(plan);
        }
        let _passage = self.log.enter()?;
        if DB::DIALECT == Dialect::Postgres {
            // Whether it may, before anything is said.
            drop(self.log.open_as_owner().await?);
        }
        let until = plan.until.unix_micros();
        self.log.roll_up().await?;
        self.log.is_rolled_up(until).await?;
        if plan.sealed {
            self.say_to_the_seals(until).await?;
        }
        self.log.tell_purged(plan.rows, &format!("recorded before {}", plan.until.day())).await;
        match DB::DIALECT {
            Dialect::Postgres => partitions::drop_all(&mut self.log.open_as_owner().await?, self.until).await?,
            Dialect::Sqlite => {
                self.delete_sealed(until, first).await?;
                while self.delete_some(until, last).await? {}
            }
        }
        Ok(plan)
    }

    /// What is sealed is said to go; what is not sealed yet is sealed first, so that no seal comes to cover it when it is gone.
    #[cfg(feature = "seals")]
    async fn say_to_the_seals(&self, until: i64) -> Result<()> {
        let key = self.key.ok_or(Error::Seals {
            problem: "they cover what is to be purged: give the key, so that a seal can say that it is gone by right",
        })?;
        self.log.seal(key).await?;
        let (mut lease, _passage) = self.log.open().await?;
        if !lease.is_open() {
            lease.begin(sql::begin::<DB>()).await.map_err(changing)?;
        }
        if let Some(since) = since_the_last(&mut lease).await? {
            nothing_is_in(&mut lease, &since, until).await?;
        }
        let ids = purgeable(&mut lease, until).await?;
        // All of it was said before, and is not gone yet.
        if !ids.is_empty() {
            seal_purge(&mut lease, key, &ids).await?;
        }
        lease.commit().await.map_err(changing)
    }

    #[cfg(not(feature = "seals"))]
    async fn say_to_the_seals(&self, _until: i64) -> Result<()> {
        Err(Error::Schema { problem: "is sealed: purge it with the feature `seals`, and the key" })
    }

    /// The rows of each seal in a transaction: who verifies meanwhile finds all of them, or none.
    #[cfg(feature = "seals")]
    async fn delete_sealed(&self, until: i64, from: i64) -> Result<()> {
        let (mut lease, _passage) = self.log.open().await?;
        for seal in old_seals(&mut lease, until, from).await? {
            lease.begin(sql::begin::<DB>()).await.map_err(changing)?;
            for (first, last) in seal.ranges() {
                let query = sql::delete_range(until, first, last).map_err(|error| Error::unbindable(NAME, error))?;
                DB::execute(lease.connection(), query).await.map_err(changing)?;
            }
            lease.commit().await.map_err(changing)?;
        }
        Ok(())
    }

    #[cfg(not(feature = "seals"))]
    async fn delete_sealed(&self, _until: i64, _from: i64) -> Result<()> {
        Ok(())
    }

    /// Whether there may be more.
    async fn delete_some(&self, until: i64, last: i64) -> Result<bool> {
        let query = sql::delete_before(until, last, AT_ONCE).map_err(|error| Error::unbindable(NAME, error))?;
        let (mut lease, _passage) = self.log.open().await?;
        let deleted = DB::execute(lease.connection(), query).await.map_err(changing)?;
        Ok(i64::try_from(deleted) == Ok(AT_ONCE))
    }
}

impl<DB: Backend> AuditLog<'_, DB> {
    async fn is_rolled_up(&self, until: i64) -> Result<()> {
        let (mut lease, _passage, since) = self.snapshot().await?;
        nothing_is_in(&mut lease, &since, until).await
    }
}

/// Nothing of before `until` has appeared in the span.
async fn nothing_is_in<DB: Backend>(lease: &mut Lease<DB>, span: &Span, until: i64) -> Result<()> {
    let query = sql::has_appeared_before(span, until).map_err(|error| Error::unbindable(NAME, error))?;
    match DB::fetch_optional(lease.connection(), query).await.map_err(reading)? {
        None => Ok(()),
        Some(_) => Err(Error::Schema {
            problem: "holds rows of that time that are not final: a transaction is open that began before them; try it again \
                      when it has ended",
        }),
    }
}

async fn count<DB: Backend>(lease: &mut Lease<DB>, until: Moment) -> Result<Plan> {
    let query = sql::count_before(until.unix_micros()).map_err(|error| Error::unbindable(NAME, error))?;
    let row = DB::fetch_optional(lease.connection(), query).await.map_err(reading)?;
    let row = row.ok_or(sqlx::Error::RowNotFound).map_err(reading)?;
    let (number, text) = (|place| DB::get_integer(&row, place), |place| DB::get_text(&row, place));
    let read = || {
        let mut plan = Plan::of_nothing(until);
        plan.of_what.rows = u64::try_from(number(0)?).unwrap_or(0);
        plan.of_what.times = text(1)?.zip(text(2)?);
        (plan.first, plan.last) = (number(3)?, number(4)?);
        Ok(plan)
    };
    read().map_err(reading)
}

#[cfg(feature = "seals")]
async fn is_sealed<DB: Backend>(lease: &mut Lease<DB>) -> Result<bool> {
    Ok(since_the_last(lease).await?.is_some())
}

/// Without the feature nobody could say it to the seals.
#[cfg(not(feature = "seals"))]
async fn is_sealed<DB: Backend>(lease: &mut Lease<DB>) -> Result<bool> {
    DB::fetch_optional(lease.connection(), sql::is_sealed::<DB>()).await.map_err(reading).map(|row| row.is_some())
}
