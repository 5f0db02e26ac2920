//! How often who did what, by day.

use std::pin::pin;

use super::Window;
use crate::audit::log::{AuditLog, NAME, reading};
use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::identifier::{IdValue, Identifier};
use crate::observe::observed;
use crate::sql::{self, Days, Grouped};

/// How often a user did one thing to one entity on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pattern {
    /// The day in UTC: `2026-01-31`.
    pub day: String,
    /// The user who answers for it, as text.
    pub user_id: String,
    /// The entity's name.
    pub entity_type: String,
    /// What was done, one of the words of [`Operation`](crate::audit::Operation).
    pub operation: String,
    /// How often.
    pub accesses: u64,
    /// How many rows were given or touched. What is no access to rows, as a denial, counts none.
    pub rows: u64,
}

/// What was done on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DayTotal {
    /// The day in UTC: `2026-01-31`.
    pub day: String,
    /// How often anything was done.
    pub accesses: u64,
    /// How many rows were given or touched.
    pub rows: u64,
    /// How many users did something.
    pub users: u64,
    /// How often a row of somebody else was asked for.
    pub denials: u64,
}

/// A question for patterns of access; from [`AuditLog::patterns`].
#[derive(Debug)]
#[must_use = "a question does nothing until it is awaited"]
pub struct Patterns<'a, DB: Backend> {
    log: &'a AuditLog<'a, DB>,
    days: Days,
    wanted: Grouped,
    limit: u32,
}

impl<DB: Backend> AuditLog<'_, DB> {
    /// How often who did what, on each day (UTC) that the window touches. It is answered from a roll-up, which is first
    /// [brought up to date](AuditLog::roll_up), and so as fast on a large log as on a small one.
    ///
    /// ```
    /// # async fn f<DB: user_scope::Backend>(system: user_scope::SystemContext<DB>) -> user_scope::Result<()> {
    /// use std::time::Duration;
    /// use user_scope::audit::Window;
    ///
    /// let month = Window::last(Duration::from_secs(30 * 86_400));
    /// for pattern in system.audit().patterns(month).all().await? {
    ///     println!("{} {}: {} × {} {}", pattern.day, pattern.user_id, pattern.accesses, pattern.operation, pattern.entity_type);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn patterns(&self, window: Window) -> Patterns<'_, DB> {
        Patterns { log: self, days: window.days(0), wanted: Grouped::default(), limit: 1_000 }
    }
}

impl<DB: Backend> Patterns<'_, DB> {
    /// Of this user alone.
    pub fn of_user<I: Identifier>(mut self, user: &I) -> Self {
        self.wanted.user = Some(IdValue::of(user));
        self
    }

    /// Of this entity alone, by its name in the log.
    pub fn of_entity_type(mut self, entity_type: impl Into<String>) -> Self {
        self.wanted.entity_type = Some(entity_type.into());
        self
    }

    /// At most this many; 1,000 unless set.
    pub const fn limit(mut self, patterns: u32) -> Self {
        self.limit = patterns;
        self
    }

    /// The patterns: the newest day first, and on it what was done most.
    ///
    /// # Errors
    ///
    /// As [`LogRows::all`](super::LogRows::all).
    pub async fn all(mut self) -> Result<Vec<Pattern>> {
        self.wanted.by_day = false;
        let read = |row: &DB::Row| {
            Ok(Pattern {
                day: DB::get_text(row, 0)?.unwrap_or_default(),
                user_id: DB::get_text(row, 1)?.unwrap_or_default(),
                entity_type: DB::get_text(row, 2)?.unwrap_or_default(),
                operation: DB::get_text(row, 3)?.unwrap_or_default(),
                accesses: count::<DB>(row, 4)?,
                rows: count::<DB>(row, 5)?,
            })
        };
        observed(NAME, "list", pin!(self.asked(read))).await
    }

    /// The days, newest first: for a picture.
    ///
    /// # Errors
    ///
    /// As [`LogRows::all`](super::LogRows::all).
    pub async fn by_day(mut self) -> Result<Vec<DayTotal>> {
        self.wanted.by_day = true;
        let read = |row: &DB::Row| {
            Ok(DayTotal {
                day: DB::get_text(row, 0)?.unwrap_or_default(),
                accesses: count::<DB>(row, 1)?,
                rows: count::<DB>(row, 2)?,
                users: count::<DB>(row, 3)?,
                denials: count::<DB>(row, 4)?,
            })
        };
        observed(NAME, "list", pin!(self.asked(read))).await
    }

    async fn asked<P>(self, read: impl Fn(&DB::Row) -> sqlx::Result<P>) -> Result<Vec<P>> {
        self.log.try_to_roll_up().await?;
        let (mut lease, passage, since) = self.log.snapshot().await?;
        let query = sql::patterns(&self.days, &since, &self.wanted, self.limit);
        let query = query.map_err(|error| Error::unbindable(NAME, error))?;
        let rows = DB::fetch_all(lease.connection(), query).await.map_err(reading)?;
        drop((lease, passage));
        let found: Vec<_> = rows.iter().map(read).collect::<sqlx::Result<_>>().map_err(reading)?;
        self.log.tell_asked(found.len()).await;
        Ok(found)
    }
}

pub(super) fn count<DB: Backend>(row: &DB::Row, position: usize) -> sqlx::Result<u64> {
    DB::get_integer(row, position).map(|number| u64::try_from(number).unwrap_or(0))
}
