//! Connections at hand: between one operation and the next, and not in sqlx's pool.
//!
//! sqlx 0.9 asks the server whether a connection still works each time that it comes back, which takes as long as a `get`
//! does. Whoever has read an answer to its end knows. So a connection of a pool that is ours alone is laid down here
//! instead, and is taken up again by the next operation. It goes back to the pool, and so through all that sqlx looks at
//! there, when nobody has wanted it for a while, when it has been away for long, and whenever somebody waits for one. What
//! is not known to be clean never comes here: see [`Lease`].
//!
//! [`Lease`]: crate::lease::Lease

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sqlx::Pool;
use sqlx::pool::PoolConnection;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::JoinHandle;

use crate::backend::Backend;
use crate::loss::LastLoss;

/// After so many times the time that one may lie at hand it goes back, however busy it is: sqlx is to see its age.
const AWAY_AT_MOST: u32 = 10;

/// A pool, with what is at hand of it.
#[derive(Debug)]
pub(crate) struct Shelf<DB: Backend>(Arc<Inner<DB>>);

#[derive(Debug)]
struct Inner<DB: Backend> {
    pool: Pool<DB>,
    /// How long one lies here unused; zero if each goes back at once.
    at_hand: Duration,
    lost: LastLoss,
    /// Who waits for one from the pool.
    waiting: AtomicUsize,
    /// Never held across an await.
    state: std::sync::Mutex<State<DB>>,
}

#[derive(Debug)]
struct State<DB: Backend> {
    /// The one that was laid down last is taken up first.
    lying: Vec<Lying<DB>>,
    /// Takes away what nobody has wanted for a while, and ends when there is nothing.
    sweeper: Option<JoinHandle<()>>,
    /// A runtime in which connections lived.
    runtime: Option<Handle>,
}

#[derive(Debug)]
struct Lying<DB: Backend> {
    connection: Arc<Mutex<Taken<DB>>>,
    since: Instant,
}

/// A connection that is not in sqlx's pool.
#[derive(Debug)]
pub(crate) struct Taken<DB: Backend> {
    connection: PoolConnection<DB>,
    /// When it left the pool.
    since: Instant,
}

/// A connection with its only user. It goes back to the pool when it is dropped, unless it was [laid down](Shelf::lay_down): that
/// is done in a drop, which can share what it has and cannot give it away. Nobody ever waits for the lock.
pub(crate) type Held<DB> = OwnedMutexGuard<Taken<DB>>;

impl<DB: Backend> Shelf<DB> {
    /// Of a pool that others use as well: nothing is kept from it.
    pub(crate) fn none(pool: Pool<DB>) -> Self {
        Self::new(pool, Duration::ZERO, LastLoss::default())
    }

    /// Of a pool which looks at `lost` before it gives a connection away.
    pub(crate) fn new(pool: Pool<DB>, at_hand: Duration, lost: LastLoss) -> Self {
        let state = State { lying: Vec::new(), sweeper: None, runtime: None };
        Self(Arc::new(Inner { pool, at_hand, lost, waiting: AtomicUsize::new(0), state: state.into() }))
    }

    /// The connection that was used last, or one from the pool.
    pub(crate) async fn take_up(&self) -> sqlx::Result<Held<DB>> {
        if let Some(connection) = self.0.take_up() {
            return Ok(connection.lock_owned().await);
        }
        let _waiting = Waiting::at(&self.0.waiting);
        // Whoever has laid one down before he could see us wait.
        if let Some(connection) = self.0.take_up() {
            return Ok(connection.lock_owned().await);
        }
        // Not in the future of every operation: it is eight kilobytes, and they are moved.
        let connection = Box::pin(self.0.pool.acquire()).await?;
        Ok(Arc::new(Mutex::new(Taken { connection, since: Instant::now() })).lock_owned().await)
    }

    /// Keeps `held` at hand when it is let go, which is to be now. Nothing may be left to read from it.
    pub(crate) fn lay_down(&self, held: &Held<DB>) {
        let inner = &*self.0;
        if inner.at_hand.is_zero() || held.since.elapsed() > inner.at_hand.saturating_mul(AWAY_AT_MOST) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        let mut state = inner.lock();
        if inner.pool.is_closed() || inner.waiting.load(Ordering::SeqCst) > 0 {
            return;
        }
        let connection = Arc::clone(OwnedMutexGuard::mutex(held));
        state.lying.push(Lying { connection, since: Instant::now() });
        if state.sweeper.as_ref().is_none_or(JoinHandle::is_finished) {
            state.sweeper = Some(runtime.spawn(sweep(Arc::downgrade(&self.0), inner.at_hand)));
            state.runtime = Some(runtime);
        }
    }

    /// The server was lost: whatever is at hand goes back to the pool, where it is looked at before it is used, and so is
    /// what lies there.
    pub(crate) fn lose(&self) {
        self.0.lost.met();
        self.clear();
    }

    fn clear(&self) {
        let lying = std::mem::take(&mut self.0.lock().lying);
        // Not under the lock: each starts a task.
        drop(lying);
    }

    /// Closes the pool, when all that is at hand has gone back to it.
    pub(crate) async fn close(&self) {
        // It is closed from here on: nothing is laid down any more.
        let closed = self.0.pool.close();
        self.clear();
        if let Some(sweeper) = self.0.lock().sweeper.take() {
            // It holds nothing while it waits, and its runtime may be one that nobody drives any more.
            sweeper.abort();
        }
        closed.await;
    }
}

impl<DB: Backend> Inner<DB> {
    fn lock(&self) -> MutexGuard<'_, State<DB>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_up(&self) -> Option<Arc<Mutex<Taken<DB>>>> {
        let mut state = self.lock();
        // The runtime in which they lived has gone, as that of a test, and a socket with it.
        let is_over = DB::IS_REMOTE && state.sweeper.as_ref().is_none_or(JoinHandle::is_finished);
        // By itself it ends only when nothing lies here; with its runtime whatever lies in the pool is as dead.
        if is_over && state.sweeper.take().is_some() {
            self.lost.met();
        }
        let last = state.lying.pop()?;
        if last.since.elapsed() <= self.at_hand && !is_over {
            return Some(last.connection);
        }
        // The others have lain here longer still. Back in the pool they are looked at before they are used.
        let stale = std::mem::take(&mut state.lying);
        drop(state);
        drop((last, stale));
        None
    }
}

async fn sweep<DB: Backend>(shelf: Weak<Inner<DB>>, at_hand: Duration) {
    loop {
        tokio::time::sleep(at_hand).await;
        let Some(shelf) = shelf.upgrade() else { return };
        let mut state = shelf.lock();
        let old = |lying: &Lying<DB>| lying.since.elapsed() > at_hand;
        let (stale, fresh): (Vec<_>, Vec<_>) = std::mem::take(&mut state.lying).into_iter().partition(old);
        state.lying = fresh;
        let is_over = state.lying.is_empty();
        if is_over {
            state.sweeper = None;
        }
        drop(state);
        drop(stale);
        if is_over {
            return;
        }
    }
}

/// A connection can only be returned in a runtime, and a pool may be dropped after the last one: what is left is closed.
impl<DB: Backend> Drop for Inner<DB> {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(sweeper) = &state.sweeper {
            sweeper.abort();
        }
        if Handle::try_current().is_ok() {
            return;
        }
        // With connections to be kept open, sqlx would open others for those that go.
        let runtime = state.runtime.take().filter(|_| self.pool.options().get_min_connections() > 0);
        let _inside = runtime.as_ref().map(Handle::enter);
        for lying in state.lying.drain(..) {
            if let Ok(taken) = Arc::try_unwrap(lying.connection) {
                drop(taken.into_inner().connection.detach());
            }
        }
    }
}

impl<DB: Backend> Clone for Shelf<DB> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<DB: Backend> Taken<DB> {
    /// It goes to nobody else.
    pub(crate) fn close_on_drop(&mut self) {
        self.connection.close_on_drop();
    }
}

impl<DB: Backend> Deref for Taken<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        &self.connection
    }
}

impl<DB: Backend> DerefMut for Taken<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn at(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
