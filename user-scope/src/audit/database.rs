//! The sink that is used unless another is set: the table `user_access_log`.

use std::fmt;

use sqlx::Pool;
use sqlx::error::BoxDynError;

use super::{AuditEvent, AuditSink, BoxFuture, SinkError};
use crate::backend::{Backend, LogRow, Pooling};
use crate::error::Cause;
use crate::identifier::{IdKind, Identifier, RawIdentifier};
use crate::lease::Lease;
use crate::shelf::Shelf;
use crate::sql;

/// Writes events into `user_access_log`, a batch a statement.
pub struct DatabaseSink<DB: Backend> {
    shelf: Shelf<DB>,
    kind: IdKind,
    pooling: Pooling,
}

impl<DB: Backend> DatabaseSink<DB> {
    /// A sink that writes through `pool`, of which the users are identified by `Id`. For a
    /// [`FanOut`](super::FanOut); by itself it is what a pool has anyway.
    pub fn new<Id: Identifier>(pool: Pool<DB>) -> Self {
        Self::of_kind(Shelf::none(pool), <Id::Raw as RawIdentifier>::KIND, Pooling::Session)
    }

    /// The pool leads to a pooler in transaction mode; as
    /// [`ScopedPoolBuilder::transaction_pooling`](crate::ScopedPoolBuilder::transaction_pooling).
    pub const fn transaction_pooling(mut self) -> Self {
        self.pooling = Pooling::Transaction;
        self
    }

    pub(super) const fn of_kind(shelf: Shelf<DB>, kind: IdKind, pooling: Pooling) -> Self {
        Self { shelf, kind, pooling }
    }
}

impl<DB: Backend> fmt::Debug for DatabaseSink<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseSink({})", DB::NAME)
    }
}

impl<DB: Backend> DatabaseSink<DB> {
    async fn store(&self, rows: &[LogRow], again: bool) -> Result<(), BoxDynError> {
        let mut lease = Lease::ready(&self.shelf, self.pooling).await?;
        let stored = self.store_on(&mut lease, rows, again).await;
        match &stored {
            Ok(()) => lease.done(),
            Err(error) => error.downcast_ref().map_or((), |error| lease.hear(error)),
        }
        stored
    }

    async fn store_on(&self, lease: &mut Lease<DB>, rows: &[LogRow], again: bool) -> Result<(), BoxDynError> {
        let mut rest = rows;
        // One commit for all of them: on SQLite it waits for the disk.
        let several = sql::rows_at_once(DB::DIALECT, rest.len()) < rest.len();
        if several && !lease.is_open() {
            lease.begin(sql::begin::<DB>()).await?;
        }
        while !rest.is_empty() {
            let (batch, others) = rest.split_at(sql::rows_at_once(DB::DIALECT, rest.len()));
            DB::execute(lease.connection(), sql::insert_log_rows(self.kind, batch, again)?).await?;
            rest = others;
        }
        if lease.is_open() {
            lease.commit().await?;
        }
        Ok(())
    }
}

impl<DB: Backend> AuditSink for DatabaseSink<DB> {
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move {
            let rows: Vec<LogRow> = events.iter().map(log_row).collect();
            let stored = self.store(&rows, false).await;
            // Some are stored already: a connection was lost before it could say so. To look for them each time would cost every
            // row a third of its time.
            let is_again = |error: &BoxDynError| error.downcast_ref::<sqlx::Error>().is_some_and(is_there);
            let stored = if stored.as_ref().is_err_and(is_again) { self.store(&rows, true).await } else { stored };
            stored.map_err(|error| match error.downcast::<sqlx::Error>() {
                Ok(error) => Cause::from(*error).into(),
                Err(other) => other,
            })
        })
    }
}

fn is_there(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|refused| refused.is_unique_violation())
}

fn log_row(event: &AuditEvent) -> LogRow {
    LogRow {
        event_id: event.id,
        user: event.user.clone(),
        entity_type: event.entity_type.to_owned(),
        entity_id: event.entity_id.clone(),
        operation: event.operation.as_str(),
        details: event.details.to_json(),
        occurred_at: event.occurred_at.unix_micros(),
    }
}
