//! The log, copied out.

use std::pin::pin;

use crate::audit::log::{AuditLog, NAME, reading};
use crate::audit::trail::read;
use crate::audit::{TrailRow, Window};
use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::observe::observed;
use crate::sql;

/// How many rows are read at once.
const AT_ONCE: u32 = 2_000;

/// Rows of a time, in the order of their numbers, some at once; from [`AuditLog::export`].
///
/// Dropped before its end, it records the question with the number of the rows that it has given until then.
#[derive(Debug)]
pub struct LogExport<'a, DB: Backend> {
    log: &'a AuditLog<'a, DB>,
    window: Window,
    behind: i64,
    given: usize,
    ended: bool,
}

impl<'a, DB: Backend> AuditLog<'a, DB> {
    /// Copies out what was recorded within a time, in memory that does not grow with it.
    ///
    /// ```
    /// # async fn f<DB: user_scope::Backend>(system: user_scope::SystemContext<DB>, window: user_scope::audit::Window)
    /// # -> user_scope::Result<()> {
    /// let log = system.audit();
    /// let mut export = log.export(window);
    /// while let Some(rows) = export.next().await? {
    ///     println!("{} rows", rows.len());
    /// }
    /// # Ok(()) }
    /// ```
    pub const fn export(&'a self, window: Window) -> LogExport<'a, DB> {
        LogExport { log: self, window, behind: i64::MIN, given: 0, ended: false }
    }
}

impl<DB: Backend> LogExport<'_, DB> {
    /// The next rows, or `None` at the end, when the question is recorded with the number of all rows.
    ///
    /// # Errors
    ///
    /// As [`LogRows::all`](crate::audit::LogRows::all); the next call tries again from the same place.
    pub async fn next(&mut self) -> Result<Option<Vec<TrailRow>>> {
        if self.ended {
            return Ok(None);
        }
        let rows = observed(NAME, "list", pin!(self.read())).await?;
        self.given += rows.len();
        if let Some(last) = rows.last().and_then(|row| row.id) {
            self.behind = last;
            return Ok(Some(rows));
        }
        self.ended = true;
        self.log.tell_asked(self.given).await;
        Ok(None)
    }

    async fn read(&self) -> Result<Vec<TrailRow>> {
        let query = sql::select_export(self.window.between_micros(), self.behind, AT_ONCE);
        let query = query.map_err(|error| Error::unbindable(NAME, error))?;
        let (mut lease, _passage) = self.log.open().await?;
        let rows = DB::fetch_all(lease.connection(), query).await.map_err(reading)?;
        rows.iter().map(|row| read::<DB>(row, true)).collect::<sqlx::Result<_>>().map_err(reading)
    }
}

impl<DB: Backend> Drop for LogExport<'_, DB> {
    fn drop(&mut self) {
        if !self.ended && self.given > 0 {
            self.log.tell_asked_now(self.given);
        }
    }
}
