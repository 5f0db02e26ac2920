//! Where an operation runs: on a connection of its own, or in a transaction beside others.
//!
//! Every operation has one shape: it takes a [`Session`], runs its statements on it, and concludes it with the
//! events that it leaves. What happens to connection, transaction and events in each case is decided here, once.

use tokio::sync::{Mutex, MutexGuard};

use crate::audit::{Audit, Entry};
use crate::backend::Backend;
use crate::error::{Doing, Error, Result};
use crate::lease::Lease;
use crate::state::{Passage, PoolState};

/// What a repository runs on.
#[derive(Debug)]
pub(crate) enum Source<'a, DB: Backend> {
    Pool(&'a PoolState<DB>),
    Transaction(&'a Mutex<Shared<DB>>),
}

impl<DB: Backend> Clone for Source<'_, DB> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<DB: Backend> Copy for Source<'_, DB> {}

/// A transaction, as its repositories share it.
#[derive(Debug)]
pub(crate) struct Shared<DB: Backend> {
    pub(crate) lease: Lease<DB>,
    pub(crate) health: Health,
    /// What was read and missed, which counts whatever becomes of the transaction, …
    pub(crate) reads: Vec<Entry>,
    /// … and what was written, which counts when it is committed.
    pub(crate) writes: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    Sound,
    /// An operation is under way; whoever finds this knows that it was cancelled.
    Busy,
    Aborted,
    /// COMMIT is under way; whoever finds this in a drop cannot know what became of it.
    Committing,
}

/// One operation's hold on a connection.
#[derive(Debug)]
pub(crate) enum Session<'a, DB: Backend> {
    Own(Lease<DB>, Passage),
    Transaction(MutexGuard<'a, Shared<DB>>),
}

/// What an operation leaves for the audit.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is moved once, and a box would cost every read an allocation")]
pub(crate) enum Trace {
    Nothing,
    Read(Entry),
    Written(Vec<Entry>),
    Missed(Vec<Entry>),
}

impl<'a, DB: Backend> Source<'a, DB> {
    /// Waits for a connection, or for the operation that is under way in the transaction.
    pub(crate) async fn session(self, entity: &'static str) -> Result<Session<'a, DB>> {
        match self {
            Self::Pool(state) => {
                let failed = |error| Error::from_sqlx(entity, Doing::Reading, error);
                let passage = state.enter().map_err(failed)?;
                Ok(Session::Own(Lease::acquire(state.pool()).await.map_err(failed)?, passage))
            }
            Self::Transaction(shared) => {
                let mut shared = shared.lock().await;
                if shared.health != Health::Sound {
                    return Err(Error::TransactionAborted);
                }
                shared.health = Health::Busy;
                Ok(Session::Transaction(shared))
            }
        }
    }
}

impl<DB: Backend> Session<'_, DB> {
    pub(crate) fn connection(&mut self) -> &mut DB::Connection {
        match self {
            Self::Own(lease, _) => lease.connection(),
            Self::Transaction(shared) => shared.lease.connection(),
        }
    }

    /// Whether a statement that has been carried out stands, whatever follows.
    pub(crate) const fn is_own(&self) -> bool {
        matches!(self, Self::Own(..))
    }

    /// Begins a transaction around what follows, unless the operation is in one.
    pub(crate) async fn begin(&mut self) -> sqlx::Result<()> {
        match self {
            Self::Own(lease, _) => lease.begin().await,
            Self::Transaction(_) => Ok(()),
        }
    }

    /// Commits what [`begin`](Self::begin) began.
    pub(crate) async fn commit(&mut self) -> sqlx::Result<()> {
        match self {
            Self::Own(lease, _) => lease.commit().await,
            Self::Transaction(_) => Ok(()),
        }
    }

    /// The operation has failed in the database: a transaction can go no further. On PostgreSQL the server says
    /// so itself, and answers a later COMMIT with a silent ROLLBACK; on SQLite half of the operation may stand.
    pub(crate) fn fail(self) {
        if let Self::Transaction(mut shared) = self {
            shared.health = Health::Aborted;
        }
    }

    /// The operation is done. Its connection is given back before the audit may make the caller wait.
    pub(crate) async fn conclude(self, trace: Trace, audit: &Audit<DB>) {
        match self {
            Self::Own(lease, _passage) => {
                drop(lease);
                match trace {
                    Trace::Nothing => {}
                    Trace::Read(entry) => audit.submit(Some(entry)).await,
                    Trace::Written(entries) | Trace::Missed(entries) => audit.submit(entries).await,
                }
            }
            Self::Transaction(mut shared) => {
                shared.health = Health::Sound;
                match trace {
                    Trace::Nothing => {}
                    Trace::Read(entry) => shared.reads.push(entry),
                    Trace::Written(entries) => shared.writes.extend(entries),
                    Trace::Missed(entries) => shared.reads.extend(entries),
                }
            }
        }
    }
}
