//! How much each user did, by day.

use std::pin::pin;

use sqlx::error::BoxDynError;

use super::Window;
use super::patterns::count;
use crate::audit::log::{AuditLog, NAME, reading};
use crate::backend::{Backend, Query};
use crate::error::{Error, Result};
use crate::identifier::{IdValue, Identifier};
use crate::observe::observed;
use crate::sql::{self, Span};

/// What a user did on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserDay {
    /// The day in UTC: `2026-01-31`.
    pub day: String,
    /// The user who answers for it, as text.
    pub user_id: String,
    /// How often he did anything.
    pub accesses: u64,
    /// How many rows were given or touched, as in a [`Pattern`](super::Pattern::rows).
    pub rows: u64,
    /// How often he asked for a row of somebody else.
    pub denials: u64,
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

/// A question for how much was done; from [`AuditLog::activity`].
#[derive(Debug)]
#[must_use = "a question does nothing until it is awaited"]
pub struct Activity<'a, DB: Backend> {
    log: &'a AuditLog<'a, DB>,
    window: Window,
    user: Option<IdValue>,
    limit: u32,
}

impl<DB: Backend> AuditLog<'_, DB> {
    /// How much was done on each day (UTC) that the window touches, answered from the [roll-up](AuditLog::roll_up).
    ///
    /// ```
    /// # async fn f<DB: user_scope::Backend>(system: user_scope::SystemContext<DB>) -> user_scope::Result<()> {
    /// use std::time::Duration;
    /// use user_scope::audit::Window;
    ///
    /// let month = Window::last(Duration::from_secs(30 * 86_400));
    /// for day in system.audit().activity(month).by_day().await? {
    ///     println!("{}: {} accesses by {} users", day.day, day.accesses, day.users);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn activity(&self, window: Window) -> Activity<'_, DB> {
        Activity { log: self, window, user: None, limit: 1_000 }
    }
}

impl<DB: Backend> Activity<'_, DB> {
    /// Of this user alone.
    pub fn of_user<I: Identifier>(mut self, user: &I) -> Self {
        self.user = Some(IdValue::of(user));
        self
    }

    /// At most this many users and days; 1,000 unless set.
    pub const fn limit(mut self, lines: u32) -> Self {
        self.limit = lines;
        self
    }

    /// What each user did on each day: the newest day first, and on it who did most.
    ///
    /// # Errors
    ///
    /// As [`LogRows::all`](super::LogRows::all).
    pub async fn by_user(self) -> Result<Vec<UserDay>> {
        let (days, limit) = (self.window.days(0), self.limit);
        let query = |since: &Span, user: Option<&IdValue>| sql::activity(&days, since, user, limit);
        let read = |row: &DB::Row| {
            Ok(UserDay {
                day: DB::get_text_lossily(row, 0)?.unwrap_or_default(),
                user_id: DB::get_text_lossily(row, 1)?.unwrap_or_default(),
                accesses: count::<DB>(row, 2)?,
                rows: count::<DB>(row, 3)?,
                denials: count::<DB>(row, 4)?,
            })
        };
        observed(NAME, "list", pin!(self.asked(query, read))).await
    }

    /// What was done on each day, the newest first: for a picture.
    ///
    /// # Errors
    ///
    /// As [`LogRows::all`](super::LogRows::all).
    pub async fn by_day(self) -> Result<Vec<DayTotal>> {
        let days = self.window.days(0);
        let query = |since: &Span, user: Option<&IdValue>| sql::days(&days, since, user);
        let read = |row: &DB::Row| {
            Ok(DayTotal {
                day: DB::get_text_lossily(row, 0)?.unwrap_or_default(),
                accesses: count::<DB>(row, 1)?,
                rows: count::<DB>(row, 2)?,
                users: count::<DB>(row, 3)?,
                denials: count::<DB>(row, 4)?,
            })
        };
        observed(NAME, "list", pin!(self.asked(query, read))).await
    }

    async fn asked<L>(
        &self,
        query: impl Fn(&Span, Option<&IdValue>) -> Result<Query<DB>, BoxDynError>,
        read: impl Fn(&DB::Row) -> sqlx::Result<L>,
    ) -> Result<Vec<L>> {
        self.log.try_to_roll_up().await?;
        let (mut lease, passage, since) = self.log.snapshot().await?;
        let query = query(&since, self.user.as_ref()).map_err(|error| Error::unbindable(NAME, error))?;
        let rows = DB::fetch_all(lease.connection(), query).await.map_err(reading)?;
        drop((lease, passage));
        let found: Vec<_> = rows.iter().map(read).collect::<sqlx::Result<_>>().map_err(reading)?;
        self.log.tell_asked(found.len()).await;
        Ok(found)
    }
}
