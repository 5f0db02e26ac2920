//! What is let go: whole months, on record, and said to the seals first.

use std::pin::pin;

use super::beginning;
use super::partition::changing;
use crate::audit::log::{AuditLog, NAME, reading};
#[cfg(feature = "seals")]
use crate::audit::seals::{SealKey, purgeable, seal_purge};
use crate::backend::{Backend, Dialect, Pooling};
use crate::entity::Moment;
use crate::error::{Error, Result};
use crate::isolation::facts::{Texts, ask};
use crate::lease::Lease;
use crate::observe::{Rows, observed};
use crate::sql;

/// How many rows SQLite lets go in one transaction, while nobody else can write.
const AT_ONCE: i64 = 5_000;

/// What would be let go, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purgeable {
    /// Everything that was recorded before this, which is the beginning of a month (UTC).
    pub until: Moment,
    /// How many rows that is.
    pub rows: u64,
    /// The time of the first of them, and of the last.
    pub times: Option<(String, String)>,
    /// On PostgreSQL, the partitions that hold them and go.
    pub partitions: Vec<String>,
    /// Whether some of them are sealed, so that the key is needed to let them go.
    pub sealed: bool,
}

impl Rows for Purgeable {
    fn rows(&self) -> u64 {
        self.rows
    }
}

/// That, and the highest id of it.
struct Plan {
    of_what: Purgeable,
    last: i64,
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
        let until = self.until.unix_micros();
        let (mut lease, _passage) = self.log.open().await?;
        let partitions = partitions(&mut lease, self.until).await?;
        let query = sql::count_before(until).map_err(|error| Error::unbindable(NAME, error))?;
        let row = DB::fetch_optional(lease.connection(), query).await.map_err(reading)?;
        let row = row.ok_or(sqlx::Error::RowNotFound).map_err(reading)?;
        let rows = u64::try_from(DB::get_integer(&row, 0).map_err(reading)?).unwrap_or(0);
        let time = |place| DB::get_text(&row, place).map_err(reading);
        let times = time(1)?.zip(time(2)?);
        let last = DB::get_integer(&row, 3).map_err(reading)?;
        let (rows, times) =
            if DB::DIALECT == Dialect::Postgres && partitions.is_empty() { (0, None) } else { (rows, times) };
        let sealed = self.is_sealed(&mut lease).await?;
        let partitions = partitions.into_iter().map(|partition| partition.name).collect();
        Ok(Plan { of_what: Purgeable { until: self.until, rows, times, partitions, sealed }, last })
    }

    #[cfg(feature = "seals")]
    async fn is_sealed(&self, lease: &mut Lease<DB>) -> Result<bool> {
        Ok(!purgeable(lease, self.until.unix_micros()).await?.is_empty())
    }

    /// Without the feature nobody could say it to the seals.
    #[cfg(not(feature = "seals"))]
    async fn is_sealed(&self, lease: &mut Lease<DB>) -> Result<bool> {
        DB::fetch_optional(lease.connection(), sql::is_sealed::<DB>()).await.map_err(reading).map(|row| row.is_some())
    }

    /// Lets it go, and tells what it was. First it is recorded, by a row of the operation `purge` on `user_access_log`, and said to
    /// the seals; if it is interrupted then, carry it out again.
    ///
    /// # Errors
    ///
    /// As [`plan`](Self::plan); [`Error::Seals`] if some of it is sealed and no key was given, or not the right one;
    /// [`Error::Database`] if the pool's login does not own the partitions.
    pub async fn carry_out(&self) -> Result<Purgeable> {
        observed(NAME, "purge", pin!(self.carried_out())).await
    }

    async fn carried_out(&self) -> Result<Purgeable> {
        let Plan { of_what: plan, last } = self.planned().await?;
        if plan.rows == 0 && plan.partitions.is_empty() {
            return Ok(plan);
        }
        if plan.sealed {
            self.say_to_the_seals().await?;
        }
        self.log.tell_purged(plan.rows, &format!("recorded before {}", plan.until.day())).await;
        match DB::DIALECT {
            Dialect::Postgres => self.drop_partitions().await?,
            Dialect::Sqlite => while self.delete_some(last).await? {},
        }
        Ok(plan)
    }

    #[cfg(feature = "seals")]
    async fn say_to_the_seals(&self) -> Result<()> {
        let key = self.key.ok_or(Error::Seals {
            problem: "they cover what is to be purged: give the key, so that a seal can say that it is gone by right",
        })?;
        let (mut lease, _passage) = self.log.open().await?;
        if !lease.is_open() {
            lease.begin(sql::begin::<DB>()).await.map_err(changing)?;
        }
        let ids = purgeable(&mut lease, self.until.unix_micros()).await?;
        seal_purge(&mut lease, key, &ids).await?;
        lease.commit().await.map_err(changing)
    }

    #[cfg(not(feature = "seals"))]
    async fn say_to_the_seals(&self) -> Result<()> {
        Err(Error::Schema { problem: "is sealed: purge it with the feature `seals`, and the key" })
    }

    /// By the pool's own login: the role of system mode owns nothing.
    async fn drop_partitions(&self) -> Result<()> {
        let passage = self.log.enter()?;
        let mut lease = Lease::of(self.log.pool(), Pooling::Session).await.map_err(reading)?;
        for Partition { schema, name, standing } in partitions(&mut lease, self.until).await? {
            for step in sql::drop_partition(&schema, &name, &standing) {
                DB::execute_script(lease.connection(), step).await.map_err(changing)?;
            }
        }
        drop(passage);
        Ok(())
    }

    /// Whether there may be more.
    async fn delete_some(&self, last: i64) -> Result<bool> {
        let query = sql::delete_before(self.until.unix_micros(), last, AT_ONCE);
        let query = query.map_err(|error| Error::unbindable(NAME, error))?;
        let (mut lease, _passage) = self.log.open().await?;
        let deleted = DB::execute(lease.connection(), query).await.map_err(changing)?;
        Ok(i64::try_from(deleted) == Ok(AT_ONCE))
    }
}

struct Partition {
    schema: String,
    name: String,
    /// `attached`, `detaching` or `detached`.
    standing: String,
}

/// Those that hold nothing later, and those that are on their way out already.
async fn partitions<DB: Backend>(lease: &mut Lease<DB>, until: Moment) -> Result<Vec<Partition>> {
    if DB::DIALECT == Dialect::Sqlite {
        return Ok(Vec::new());
    }
    let kind = ask(lease, sql::LOG_KIND, &[]).await.map_err(reading)?.pop().unwrap_or_default();
    if Texts(kind).text() != "p" {
        return Err(Error::Schema {
            problem: "is not partitioned: let its owner call `audit::partition`, or `user-scope audit partition`",
        });
    }
    let found = ask(lease, sql::PARTITIONS_BEFORE, &[&until.day()]).await.map_err(reading)?;
    let read = found.into_iter().map(|row| {
        let mut row = Texts(row);
        Partition { schema: row.text(), name: row.text(), standing: row.text() }
    });
    Ok(read.collect())
}
