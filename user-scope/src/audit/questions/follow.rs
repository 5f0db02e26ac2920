//! What appears in the log, from now on.

use std::pin::pin;

use crate::audit::log::{AuditLog, NAME, reading};
use crate::audit::trail::read;
use crate::audit::{TrailRow, horizon};
use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::observe::observed;
use crate::sql::{self, Position, Span};

/// Reads what has appeared since it read last; from [`AuditLog::follow`].
///
/// It misses no row and gives none twice, whatever was open meanwhile: a row comes when no transaction that began before its
/// own can still write, so that on PostgreSQL one that is left open, in any database of the cluster, holds up all that
/// follow. What a look costs does not depend on how large the log is.
#[derive(Debug)]
pub struct LogFollower<'a, DB: Backend> {
    log: &'a AuditLog<'a, DB>,
    position: Option<Position>,
}

impl<'a, DB: Backend> AuditLog<'a, DB> {
    /// Follows the log from the first [`next`](LogFollower::next) on, which tells nothing yet but from where. On PostgreSQL what was
    /// recorded just before, while something older was still open, comes as well.
    ///
    /// ```
    /// # async fn f<DB: user_scope::Backend>(system: user_scope::SystemContext<DB>) -> user_scope::Result<()> {
    /// let log = system.audit();
    /// let mut follower = log.follow();
    /// loop {
    ///     for row in follower.next().await? {
    ///         println!("{} {} {}", row.timestamp, row.user_id, row.operation);
    ///     }
    ///     tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    /// #   break;
    /// }
    /// # Ok(()) }
    /// ```
    pub const fn follow(&'a self) -> LogFollower<'a, DB> {
        LogFollower { log: self, position: None }
    }
}

impl<DB: Backend> LogFollower<'_, DB> {
    /// What has appeared since the last time, in the order of the rows' numbers. The first look is recorded as a question, and
    /// no other: it would find itself.
    ///
    /// # Errors
    ///
    /// As [`LogRows::all`](super::LogRows::all); the next call tries again from the same place.
    pub async fn next(&mut self) -> Result<Vec<TrailRow>> {
        let is_first = self.position.is_none();
        let rows = observed(NAME, "list", pin!(self.looked())).await?;
        if is_first {
            self.log.tell_asked(0).await;
        }
        Ok(rows)
    }

    async fn looked(&mut self) -> Result<Vec<TrailRow>> {
        let (mut lease, _passage) = self.log.open().await?;
        let from = self.position.clone().unwrap_or_default();
        let Some(span) = horizon::since(&mut lease, from).await.map_err(reading)? else { return Ok(Vec::new()) };
        if self.position.is_none() {
            self.position = Some(here(&span));
            return Ok(Vec::new());
        }
        let query = sql::select_appeared(&span).map_err(|error| Error::unbindable(NAME, error))?;
        let rows = DB::fetch_all(lease.connection(), query).await.map_err(reading)?;
        let rows: Vec<_> =
            rows.iter().map(|row| read::<DB>(row, true)).collect::<sqlx::Result<_>>().map_err(reading)?;
        let last_id = rows.last().and_then(|row| row.id).unwrap_or(0);
        self.position = Some(span.behind(last_id));
        Ok(rows)
    }
}

/// What is there already is behind: by its transaction, or if that was of another cluster by its id.
fn here(span: &Span) -> Position {
    span.behind(0)
}
