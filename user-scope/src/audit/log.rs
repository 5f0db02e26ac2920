//! The log as an administrator has it: what a system context may ask of it and do with it. Each question stands in a file of
//! its own and is recorded, as any other access of his.

use std::fmt;

use uuid::Uuid;

use super::{AuditEvent, Details, Entry, Operation};
use crate::backend::{Backend, Dialect};
use crate::entity::Moment;
use crate::error::{Doing, Error, Result};
use crate::identifier::{IdKind, IdValue};
use crate::lease::Lease;
use crate::sql;
use crate::state::{Passage, PoolState};

/// The table of the log, as errors and events name it.
pub(super) const NAME: &str = "user_access_log";

/// The audit log of all users, from [`SystemContext::audit`](crate::SystemContext::audit).
///
/// Whatever is asked is recorded: the context's receipt says why, and a row of the operation `list` on `user_access_log` says
/// how many rows each question gave.
pub struct AuditLog<'a, DB: Backend> {
    state: &'a PoolState<DB>,
    actor: IdValue,
    receipt: Uuid,
}

impl<'a, DB: Backend> AuditLog<'a, DB> {
    pub(crate) const fn new(state: &'a PoolState<DB>, actor: IdValue, receipt: Uuid) -> Self {
        Self { state, actor, receipt }
    }

    /// A connection in system mode, until the pool is closed.
    pub(super) async fn open(&self) -> Result<(Lease<DB>, Passage)> {
        let passage = self.state.enter().map_err(reading)?;
        Ok((self.state.connections().lease_of(None).await.map_err(reading)?, passage))
    }

    /// The same, in a transaction that only reads, and sees the same rows from its first statement to its last.
    pub(super) async fn open_looking(&self) -> Result<(Lease<DB>, Passage)> {
        let passage = self.state.enter().map_err(reading)?;
        let connections = self.state.connections();
        let guard = connections.guard();
        let role = guard.enforcement.announces().then_some(guard.system_role.as_str());
        let mut lease = connections.acquire(true).await.map_err(reading)?;
        lease.begin(sql::begin_looking(DB::DIALECT, role)).await.map_err(reading)?;
        Ok((lease, passage))
    }

    /// How a transaction of system mode that writes is begun.
    #[cfg(feature = "seals")]
    pub(super) fn opening(&self) -> sqlx::SqlStr {
        self.state.connections().opening(None)
    }

    /// Whether the pool lets nothing begin any more.
    pub(super) fn is_closed(&self) -> bool {
        self.state.enter().is_err()
    }

    /// The receipt of who asks.
    pub(super) const fn receipt(&self) -> Uuid {
        self.receipt
    }

    /// As what the log holds users; SQLite's as text, whatever they are.
    pub(super) fn kind_of_users(&self) -> IdKind {
        match DB::DIALECT {
            Dialect::Postgres => self.state.audit().kind(),
            Dialect::Sqlite => IdKind::Text,
        }
    }

    /// Lets nobody close the pool meanwhile.
    pub(super) fn enter(&self) -> Result<Passage> {
        self.state.enter().map_err(reading)
    }

    /// The connections of everybody's login.
    pub(super) fn shelf(&self) -> &crate::shelf::Shelf<DB> {
        self.state.connections().shelf()
    }

    /// Records that `rows` rows of the log are let go, and waits until that is in it.
    pub(super) async fn tell_purged(&self, rows: u64, which: &str) {
        let reason = Some(which.to_owned());
        let details = Details { rows: Some(rows), reason, receipt: Some(self.receipt), ..Details::default() };
        self.tell(Operation::Purge, details).await;
        self.state.audit().flush().await;
    }

    /// Records that `rows` rows of the log were given. To be called when no connection is held.
    pub(super) async fn tell_asked(&self, rows: usize) {
        self.tell(Operation::List, self.asked(rows)).await;
    }

    /// The same where nobody can wait, as in a drop.
    pub(super) fn tell_asked_now(&self, rows: usize) {
        let event = self.event(Operation::List, self.asked(rows));
        self.state.audit().submit_now(Some(Entry::Event(event)));
    }

    fn asked(&self, rows: usize) -> Details {
        Details { rows: Some(rows as u64), receipt: Some(self.receipt), ..Details::default() }
    }

    async fn tell(&self, operation: Operation, details: Details) {
        let event = self.event(operation, details);
        self.state.audit().submit(Some(Entry::Event(event))).await;
    }

    fn event(&self, operation: Operation, details: Details) -> AuditEvent {
        AuditEvent {
            id: Uuid::nil(),
            user: self.actor.clone(),
            entity_type: NAME,
            entity_id: None,
            operation,
            occurred_at: Moment::now(),
            details,
        }
    }
}

impl<DB: Backend> fmt::Debug for AuditLog<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditLog(receipt {})", self.receipt)
    }
}

/// What went wrong while the log was read.
pub(super) fn reading(error: sqlx::Error) -> Error {
    Error::from_sqlx(NAME, Doing::Reading, error)
}
