//! Where an operation runs: on a connection of its own, or in a transaction beside others.
//!
//! Every operation has one shape: it takes a [`Session`], runs its statements on it, and concludes it with the
//! events that it leaves. What happens to connection, transaction and events in each case is decided here, once.

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::SqlStr;
use tokio::sync::{Mutex, MutexGuard, Notify};

use crate::audit::{Audit, Entry};
use crate::backend::{Backend, Wire};
use crate::context::Accountable;
use crate::error::{Doing, Error, Result};
use crate::lease::Lease;
use crate::sql;
use crate::state::{Passage, PoolState};

/// What a repository runs on.
#[derive(Debug)]
pub(crate) enum Source<'a, DB: Backend> {
    Pool(&'a PoolState<DB>),
    Transaction(&'a Common<DB>),
}

impl<DB: Backend> Clone for Source<'_, DB> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<DB: Backend> Copy for Source<'_, DB> {}

/// A transaction, as its repositories share it: one operation after the other.
#[derive(Debug)]
pub(crate) struct Common<DB: Backend> {
    shared: Mutex<Shared<DB>>,
    streaming: Streaming,
}

/// Whether a stream of rows is open in a transaction. It may stay so for as long as its consumer likes, who may be the
/// very one who asks for the next operation: that must not wait for him.
#[derive(Debug, Default)]
pub(crate) struct Streaming {
    is_open: AtomicBool,
    opened: Notify,
}

/// What an operation in a transaction has while it is its turn.
#[derive(Debug)]
pub(crate) struct Shared<DB: Backend> {
    pub(crate) lease: Lease<DB>,
    pub(crate) health: Health,
    /// What takes the transaction back from SQL that is not ours.
    pub(crate) taking_back: Option<SqlStr>,
    /// What was read and missed, which counts whatever becomes of the transaction, …
    pub(crate) reads: Vec<Entry>,
    /// … and what was written, which counts when it is committed.
    pub(crate) writes: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    Sound,
    /// SQL that is not ours has it; the next operation takes it back.
    Lent,
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
    Transaction(MutexGuard<'a, Shared<DB>>, &'a Streaming),
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
    /// Whether an operation on it stands for itself.
    pub(crate) const fn is_pool(self) -> bool {
        matches!(self, Self::Pool(_))
    }

    /// Waits for a connection, or for the operation that is under way in the transaction.
    pub(crate) async fn session(self, entity: &'static str, caller: &dyn Accountable) -> Result<Session<'a, DB>> {
        match self {
            Self::Pool(state) => {
                let failed = |error| Error::from_sqlx(entity, Doing::Reading, error);
                let passage = state.enter().map_err(failed)?;
                Ok(Session::Own(state.connections().lease(caller).await.map_err(failed)?, passage))
            }
            Self::Transaction(common) => {
                let mut shared = common.turn().await?;
                shared.sound().await?;
                shared.health = Health::Busy;
                Ok(Session::Transaction(shared, &common.streaming))
            }
        }
    }
}

impl<DB: Backend> Common<DB> {
    pub(crate) fn new(lease: Lease<DB>) -> Self {
        let shared = Shared { lease, health: Health::Sound, taking_back: None, reads: Vec::new(), writes: Vec::new() };
        Self { shared: Mutex::new(shared), streaming: Streaming::default() }
    }

    pub(crate) fn get_mut(&mut self) -> &mut Shared<DB> {
        self.shared.get_mut()
    }

    /// Waits for the operation that is under way, but not for a stream, be it opened while we wait.
    async fn turn(&self) -> Result<MutexGuard<'_, Shared<DB>>> {
        let opened = self.streaming.opened.notified();
        if self.streaming.is_open.load(Ordering::SeqCst) {
            return Err(Error::Busy);
        }
        tokio::select! {
            biased;
            shared = self.shared.lock() => Ok(shared),
            () = opened => Err(Error::Busy),
        }
    }
}

impl Streaming {
    fn open(&self) {
        self.is_open.store(true, Ordering::SeqCst);
        self.opened.notify_waiters();
    }

    fn close(&self) {
        self.is_open.store(false, Ordering::SeqCst);
    }
}

/// What PostgreSQL says of every statement in a transaction that an error has aborted.
const ABORTED: &str = "25P02";

impl<DB: Backend> Shared<DB> {
    /// Takes the transaction back if it was lent, and fails unless it can go on.
    pub(crate) async fn sound(&mut self) -> Result<()> {
        if self.health == Health::Lent
            && let Some(taking_back) = self.taking_back.take()
        {
            self.health = Health::Busy;
            let taken = DB::execute_script(self.lease.connection(), taking_back).await;
            taken.map_err(|error| {
                let has_ended =
                    error.as_database_error().is_some_and(|refused| refused.code().as_deref() != Some(ABORTED));
                self.health = if has_ended { Health::Committing } else { Health::Aborted };
                if has_ended { Error::TransactionEnded } else { Error::TransactionAborted }
            })?;
            self.health = Health::Sound;
        }
        if self.health == Health::Sound { Ok(()) } else { Err(Error::TransactionAborted) }
    }

    fn end(&mut self, health: Health, trace: Trace) {
        self.health = health;
        match trace {
            Trace::Nothing => {}
            Trace::Read(entry) => self.reads.push(entry),
            Trace::Written(entries) => self.writes.extend(entries),
            Trace::Missed(entries) => self.reads.extend(entries),
        }
    }
}

impl<DB: Backend> Session<'_, DB> {
    pub(crate) fn connection(&mut self) -> Wire<'_, DB> {
        match self {
            Self::Own(lease, _) => lease.connection(),
            Self::Transaction(shared, _) => shared.lease.connection(),
        }
    }

    /// Whether a statement that has been carried out stands, whatever follows.
    pub(crate) const fn is_own(&self) -> bool {
        matches!(self, Self::Own(..))
    }

    /// Begins a transaction around what follows, unless the operation is in one.
    pub(crate) async fn begin(&mut self) -> sqlx::Result<()> {
        match self {
            Self::Own(lease, _) if !lease.is_open() => lease.begin(sql::begin::<DB>()).await,
            Self::Own(..) | Self::Transaction(..) => Ok(()),
        }
    }

    /// Whether what the operation has written stands only when [`commit`](Self::commit) has said so.
    pub(crate) const fn is_begun(&self) -> bool {
        matches!(self, Self::Own(lease, _) if lease.is_open())
    }

    /// Commits the operation's own transaction, if it is in one.
    pub(crate) async fn commit(&mut self) -> sqlx::Result<()> {
        match self {
            Self::Own(lease, _) if lease.is_open() => lease.commit().await,
            Self::Own(..) | Self::Transaction(..) => Ok(()),
        }
    }

    /// The operation has failed in the database: a transaction can go no further. On PostgreSQL the server says
    /// so itself, and answers a later COMMIT with a silent ROLLBACK; on SQLite half of the operation may stand.
    pub(crate) fn fail(mut self, error: &sqlx::Error) {
        self.hear(error);
        if let Self::Transaction(mut shared, _) = self {
            shared.health = Health::Aborted;
        }
    }

    /// The operation ends like this, wherever the session goes.
    pub(crate) fn hear(&mut self, error: &sqlx::Error) {
        match self {
            Self::Own(lease, _) => lease.hear(error),
            Self::Transaction(shared, _) => shared.lease.hear(error),
        }
    }

    /// The operation is done. Its connection is given back before the audit may make the caller wait.
    pub(crate) async fn conclude(self, trace: Trace, audit: &Audit<DB>) {
        match self {
            Self::Own(lease, passage) => {
                lease.give_back(&passage);
                match trace {
                    Trace::Nothing => {}
                    Trace::Read(entry) => audit.submit(Some(entry)).await,
                    Trace::Written(entries) | Trace::Missed(entries) => audit.submit(entries).await,
                }
            }
            Self::Transaction(mut shared, _) => shared.end(Health::Sound, trace),
        }
    }

    /// Rows are going to come one by one, for as long as their consumer likes.
    pub(crate) fn open_stream(&mut self) {
        match self {
            Self::Own(lease, _) => lease.expect_rows(true),
            Self::Transaction(_, streaming) => streaming.open(),
        }
    }

    /// The last of them has come.
    pub(crate) fn close_stream(&mut self) {
        match self {
            Self::Own(lease, _) => lease.expect_rows(false),
            Self::Transaction(_, streaming) => streaming.close(),
        }
    }

    /// The operation ends where nobody can wait, as in a drop; a transaction is left in this health.
    pub(crate) fn abandon(self, health: Health, trace: Trace, audit: &Audit<DB>) {
        match self {
            Self::Own(lease, _passage) => {
                drop(lease);
                match trace {
                    Trace::Nothing => {}
                    Trace::Read(entry) => audit.submit_now(Some(entry)),
                    Trace::Written(entries) | Trace::Missed(entries) => audit.submit_now(entries),
                }
            }
            Self::Transaction(mut shared, streaming) => {
                // First: whoever finds the transaction free must not hear that a stream is open.
                streaming.close();
                shared.end(health, trace);
            }
        }
    }
}
