//! Rows of the log, newest first: all, a user's, one row's history.

use std::pin::pin;

use super::Window;
use crate::audit::log::{AuditLog, NAME, reading};
use crate::audit::trail::read;
use crate::audit::{Operation, TrailRow};
use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::identifier::{IdValue, Identifier};
use crate::observe::observed;
use crate::sql::{self, Wanted};

/// A question for rows of the log, newest first; from [`AuditLog::rows`].
#[derive(Debug)]
#[must_use = "a question does nothing until `all` is awaited"]
pub struct LogRows<'a, DB: Backend> {
    log: &'a AuditLog<'a, DB>,
    wanted: Wanted,
    limit: u32,
}

impl<DB: Backend> AuditLog<'_, DB> {
    /// Rows of the log, newest first; without more words, the last hundred.
    ///
    /// ```
    /// # async fn f<DB: user_scope::Backend>(system: user_scope::SystemContext<DB>, task: user_scope::Uuid)
    /// # -> user_scope::Result<()> {
    /// let history = system.audit().rows().of_entity("tasks", task).all().await?;
    /// for row in &history {
    ///     println!("{} {} {}", row.timestamp, row.user_id, row.operation);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn rows(&self) -> LogRows<'_, DB> {
        LogRows { log: self, wanted: Wanted::default(), limit: 100 }
    }
}

impl<DB: Backend> LogRows<'_, DB> {
    /// Those for which this user answers.
    pub fn of_user<I: Identifier>(mut self, user: &I) -> Self {
        self.wanted.user = Some(IdValue::of(user));
        self
    }

    /// The history of one row, or if `id` is empty of all rows of the entity; the entity by its name in the log, which is that of
    /// its table.
    pub fn of_entity(mut self, entity_type: impl Into<String>, id: impl ToString) -> Self {
        self.wanted.entity_type = Some(entity_type.into());
        self.wanted.entity_id = Some(id.to_string()).filter(|id| !id.is_empty());
        self
    }

    /// Those of one operation.
    pub const fn operation(mut self, operation: Operation) -> Self {
        self.wanted.operation = Some(operation.as_str());
        self
    }

    /// Those that were recorded within a time.
    pub const fn within(mut self, window: Window) -> Self {
        self.wanted.from = Some(window.from().unix_micros());
        self.wanted.until = Some(window.until().unix_micros());
        self
    }

    /// Those with a lower number than that of this row: the next page, of a question for all rows or for one row's history.
    pub const fn before(mut self, id: i64) -> Self {
        self.wanted.before = Some(id);
        self
    }

    /// At most this many; 100 unless set.
    pub const fn limit(mut self, rows: u32) -> Self {
        self.limit = rows;
        self
    }

    /// The rows.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] if the table is not there, or the user is not of the pool's owner type; [`Error::Unavailable`] if
    /// the database is not there.
    pub async fn all(self) -> Result<Vec<TrailRow>> {
        observed(NAME, "list", pin!(self.asked())).await
    }

    async fn asked(self) -> Result<Vec<TrailRow>> {
        let query = sql::select_rows(&self.wanted, self.limit).map_err(|error| Error::unbindable(NAME, error))?;
        let (mut lease, passage) = self.log.open().await?;
        let rows = DB::fetch_all(lease.connection(), query).await.map_err(reading)?;
        drop((lease, passage));
        let rows: Vec<_> =
            rows.iter().map(|row| read::<DB>(row, true)).collect::<sqlx::Result<_>>().map_err(reading)?;
        self.log.tell_asked(rows.len()).await;
        Ok(rows)
    }
}
