//! How often who did what, by day, entity and operation.

use std::pin::pin;

use super::Window;
use crate::audit::log::{AuditLog, NAME, reading};
use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::identifier::{IdValue, Identifier};
use crate::observe::observed;
use crate::sql::{self, Days};

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
    /// How many rows were given or touched. What the log says of one row counts one, also as part of a write of many, of which
    /// each row stands in the log; what it says of several, as a list, counts as many as were given. What gives none, as a count, a
    /// sum or a denial, counts none.
    pub rows: u64,
}

/// A question for patterns of access; from [`AuditLog::patterns`].
#[derive(Debug)]
#[must_use = "a question does nothing until `all` is awaited"]
pub struct Patterns<'a, DB: Backend> {
    log: &'a AuditLog<'a, DB>,
    window: Window,
    user: Option<IdValue>,
    entity_type: Option<String>,
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
        Patterns { log: self, window, user: None, entity_type: None, limit: 1_000 }
    }
}

impl<DB: Backend> Patterns<'_, DB> {
    /// Of this user alone.
    pub fn of_user<I: Identifier>(mut self, user: &I) -> Self {
        self.user = Some(IdValue::of(user));
        self
    }

    /// Of this entity alone, by its name in the log.
    pub fn of_entity_type(mut self, entity_type: impl Into<String>) -> Self {
        self.entity_type = Some(entity_type.into());
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
    pub async fn all(self) -> Result<Vec<Pattern>> {
        observed(NAME, "list", pin!(self.asked())).await
    }

    async fn asked(self) -> Result<Vec<Pattern>> {
        self.log.try_to_roll_up().await?;
        let (mut lease, passage, since) = self.log.snapshot().await?;
        let mut found: Vec<Pattern> = Vec::new();
        // A day at a time: those that are not asked for are not added up.
        for day in self.window.each_day() {
            let left = self.limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            if left == 0 {
                break;
            }
            let days = Days { from: day.day(), until: day.midnight(1).day() };
            let (user, entity_type) = (self.user.as_ref(), self.entity_type.as_deref());
            let query = sql::patterns(&days, &since, user, entity_type, left);
            let query = query.map_err(|error| Error::unbindable(NAME, error))?;
            let rows = DB::fetch_all(lease.connection(), query).await.map_err(reading)?;
            let read = rows.iter().map(|row| read::<DB>(row, &days.from)).collect::<sqlx::Result<Vec<_>>>();
            found.extend(read.map_err(reading)?);
        }
        drop((lease, passage));
        self.log.tell_asked(found.len()).await;
        Ok(found)
    }
}

fn read<DB: Backend>(row: &DB::Row, day: &str) -> sqlx::Result<Pattern> {
    Ok(Pattern {
        day: day.to_owned(),
        user_id: DB::get_text_lossily(row, 0)?.unwrap_or_default(),
        entity_type: DB::get_text_lossily(row, 1)?.unwrap_or_default(),
        operation: DB::get_text_lossily(row, 2)?.unwrap_or_default(),
        accesses: count::<DB>(row, 3)?,
        rows: count::<DB>(row, 4)?,
    })
}

pub(super) fn count<DB: Backend>(row: &DB::Row, position: usize) -> sqlx::Result<u64> {
    DB::get_integer(row, position).map(|number| u64::try_from(number).unwrap_or(0))
}
