//! One transaction, one caller.

mod raw;

use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use uuid::Uuid;

use crate::audit::Entry;
use crate::backend::Backend;
use crate::context::{Caller, UserContext};
use crate::entity::{Stores, UserScoped};
use crate::error::{Doing, Error, Result};
use crate::observe::observed;
use crate::repository::ScopedRepository;
use crate::session::{Common, Health, Source};
use crate::state::{Passage, PoolState};

/// A transaction in the name of one caller, from [`ScopedPool::begin`](crate::ScopedPool::begin) or
/// [`SystemContext::begin`](crate::SystemContext::begin).
///
/// Any number of repositories can be had from it and used side by side; a second operation waits for the first, or fails
/// with [`Error::Busy`] while a [`RowStream`](crate::RowStream) is open.
/// Dropped without [`commit`](Self::commit) it rolls back; sqlx needs the runtime to be there for that. An operation that the
/// database refused, or that was cancelled on its way, aborts it: later ones, and the commit, fail with
/// [`Error::TransactionAborted`].
///
/// Events for the background audit are kept until the transaction ends: nothing in it ever waits for the audit.
///
/// A repository cannot outlive the commit:
///
/// ```compile_fail
/// # async fn f<T: user_scope::UserScoped<Owner = user_scope::Uuid>, DB: user_scope::Stores<T>>(
/// #     pool: user_scope::ScopedPool<DB>, alice: user_scope::UserContext, id: T::Id) -> user_scope::Result<()> {
/// let tx = pool.begin(&alice).await?;
/// let tasks = tx.repository::<T>();
/// tx.commit().await?;
/// tasks.get(&id).await?;                                  // does not compile
/// # Ok(()) }
/// ```
pub struct ScopedTransaction<DB: Backend, C: Caller = UserContext<Uuid>> {
    open: Open<DB>,
    caller: C,
}

/// What has to be dealt with when the transaction ends, in whichever way.
struct Open<DB: Backend> {
    common: Common<DB>,
    state: Arc<PoolState<DB>>,
    /// Kept until the last event has been handed over: closing the pool waits for it.
    passage: Option<Passage>,
}

impl<DB: Backend, C: Caller> ScopedTransaction<DB, C> {
    pub(crate) async fn begin(state: Arc<PoolState<DB>>, caller: C) -> Result<Self> {
        let failed = |error| Error::from_sqlx(TRANSACTION, Doing::Reading, error);
        let passage = Some(state.enter().map_err(failed)?);
        let (connections, user) = (state.connections(), caller.asking());
        let mut lease = connections.acquire(user.is_none()).await.map_err(failed)?;
        let begin = connections.opening(user.as_ref());
        observed(TRANSACTION, "begin", pin!(async { lease.begin(begin).await.map_err(failed) })).await?;
        Ok(Self { open: Open { common: Common::new(lease), state, passage }, caller })
    }

    /// The caller's rows of `T`, in this transaction.
    pub fn repository<T>(&self) -> ScopedRepository<'_, T, DB, C>
    where
        T: UserScoped<Owner = C::Owner>,
        DB: Stores<T>,
    {
        ScopedRepository::new(Source::Transaction(&self.open.common), &self.caller, self.open.state.audit())
    }

    /// Makes everything that was done in this transaction permanent.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionAborted`] if an operation in it failed in the database or was cancelled: everything is
    /// rolled back. [`Error::TransactionEnded`] if SQL of your own has ended it. Otherwise what the database says against it, such as a deferred constraint.
    pub async fn commit(mut self) -> Result<()> {
        let shared = self.open.common.get_mut();
        shared.sound().await?;
        shared.health = Health::Committing;
        let committed = async {
            shared.lease.commit().await.map_err(|error| {
                if error.as_database_error().is_some() {
                    // The database has said no: nothing of it stands.
                    shared.health = Health::Aborted;
                }
                Error::from_sqlx(TRANSACTION, Doing::Writing, error)
            })
        };
        observed(TRANSACTION, "commit", pin!(committed)).await?;
        shared.health = Health::Sound;
        let mut entries = std::mem::take(&mut shared.reads);
        entries.append(&mut shared.writes);
        self.end(entries).await;
        Ok(())
    }

    /// Undoes everything that was done in this transaction. What was read and missed in it stays on record.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the connection broke; then the database has rolled back by itself.
    pub async fn rollback(mut self) -> Result<()> {
        let shared = self.open.common.get_mut();
        let failed = |error| Error::from_sqlx(TRANSACTION, Doing::Writing, error);
        observed(TRANSACTION, "rollback", pin!(async { shared.lease.rollback().await.map_err(failed) })).await?;
        let entries = std::mem::take(&mut shared.reads);
        self.end(entries).await;
        Ok(())
    }

    /// Gives the connection back, and only then hands over the events, which may wait for the writer.
    async fn end(mut self, entries: Vec<Entry>) {
        let state = Arc::clone(&self.open.state);
        let _passage = self.open.passage.take();
        self.open.common.get_mut().lease.done();
        drop(self);
        state.audit().submit(entries).await;
    }
}

/// What errors about the transaction itself name in place of an entity.
const TRANSACTION: &str = "transaction";

/// Reads and misses happened, even if nothing is committed: who probes must not hide it by a rollback.
impl<DB: Backend> Drop for Open<DB> {
    fn drop(&mut self) {
        let shared = self.common.get_mut();
        self.state.audit().submit_now(std::mem::take(&mut shared.reads));
        if shared.health == Health::Committing {
            self.state.audit().count_dropped(shared.writes.len());
        }
    }
}

impl<DB: Backend, C: Caller + fmt::Debug> fmt::Debug for ScopedTransaction<DB, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedTransaction").field("caller", &self.caller).finish_non_exhaustive()
    }
}
