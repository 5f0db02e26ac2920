//! Reading the trail: one's own, or as an administrator everybody's.

use std::pin::pin;

use crate::backend::Backend;
use crate::connections::Connections;
use crate::error::{Doing, Error, Result};
use crate::identifier::IdValue;
use crate::observe::observed;
use crate::sql;

/// A row of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrailRow {
    /// The row's own number, ascending. `None` in a user's own trail: from a gap he could tell that something of his
    /// was recorded which he does not see.
    pub id: Option<i64>,
    /// The user who answers for the access, as text.
    pub user_id: String,
    /// The entity's name.
    pub entity_type: String,
    /// The row's id, if the access was to one row.
    pub entity_id: Option<String>,
    /// What was done, one of the words of [`Operation`](super::Operation).
    pub operation: String,
    /// When it was recorded, by the database's clock: `2026-01-31T23:59:59.000000+00:00`, always of this form.
    pub timestamp: String,
    /// A JSON object, or nothing.
    pub details: Option<String>,
}

/// A question to the audit trail, newest rows first.
///
/// A user's own trail leaves out denials and receipts: who could read his own denial would learn that the row
/// he probed for exists.
#[derive(Debug)]
#[must_use = "a question does nothing until `all` is awaited"]
pub struct AuditTrail<'a, DB: Backend> {
    connections: &'a Connections<DB>,
    user: Option<IdValue>,
    limit: u32,
}

impl<'a, DB: Backend> AuditTrail<'a, DB> {
    pub(crate) const fn new(connections: &'a Connections<DB>, user: Option<IdValue>) -> Self {
        Self { connections, user, limit: 100 }
    }

    /// At most this many rows; 100 unless set.
    pub const fn limit(mut self, rows: u32) -> Self {
        self.limit = rows;
        self
    }

    /// The rows, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] if the table is not there, [`Error::Unavailable`] if the database is not.
    pub async fn all(self) -> Result<Vec<TrailRow>> {
        const NAME: &str = "user_access_log";
        let failed = |error| Error::from_sqlx(NAME, Doing::Reading, error);
        let asked = async {
            let query = sql::select_trail(self.user.as_ref(), self.limit);
            let query = query.map_err(|error| Error::unbindable(NAME, error))?;
            let mut lease = self.connections.lease_of(self.user.as_ref()).await.map_err(failed)?;
            let rows = DB::fetch_all(lease.connection(), query).await.map_err(failed)?;
            let numbered = self.user.is_none();
            rows.iter().map(|row| read::<DB>(row, numbered)).collect::<sqlx::Result<Vec<_>>>().map_err(failed)
        };
        observed(NAME, "list", pin!(asked)).await
    }
}

pub(super) fn read<DB: Backend>(row: &DB::Row, numbered: bool) -> sqlx::Result<TrailRow> {
    // Whoever may write to the log must not be able to keep it from being read.
    let text = |position| DB::get_text_lossily(row, position).map(Option::unwrap_or_default);
    Ok(TrailRow {
        id: if numbered { Some(DB::get_integer(row, 0)?) } else { None },
        user_id: text(1)?,
        entity_type: text(2)?,
        entity_id: DB::get_text_lossily(row, 3)?,
        operation: text(4)?,
        timestamp: text(5)?,
        details: DB::get_text_lossily(row, 6)?,
    })
}
