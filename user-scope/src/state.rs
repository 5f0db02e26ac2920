//! What all clones of a pool, its repositories and its transactions share; and how they end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::audit::Audit;
use crate::backend::Backend;
use crate::connections::Connections;

#[derive(Debug)]
pub(crate) struct PoolState<DB: Backend> {
    connections: Connections<DB>,
    audit: Audit<DB>,
    gate: Arc<Gate>,
}

impl<DB: Backend> PoolState<DB> {
    pub(crate) fn new(connections: Connections<DB>, audit: Audit<DB>) -> Self {
        Self { connections, audit, gate: Arc::default() }
    }

    pub(crate) const fn connections(&self) -> &Connections<DB> {
        &self.connections
    }

    pub(crate) const fn audit(&self) -> &Audit<DB> {
        &self.audit
    }

    /// Lets an operation or a transaction in, until it drops what it gets. Fails once the pool is closing.
    pub(crate) fn enter(&self) -> sqlx::Result<Passage> {
        Gate::enter(&self.gate).ok_or(sqlx::Error::PoolClosed)
    }

    /// Lets nobody in any more, waits for those who are inside and hand over their last events, then for the audit
    /// to have dealt with these, and closes the connections last: the audit needs one.
    pub(crate) async fn close(&self) {
        self.gate.close().await;
        self.audit.close().await;
        self.connections.close().await;
    }
}

/// Counts who is inside.
#[derive(Debug, Default)]
struct Gate {
    inside: AtomicUsize,
    closing: AtomicBool,
    emptied: Notify,
}

/// That somebody is inside.
#[derive(Debug)]
pub(crate) struct Passage(Arc<Gate>);

impl Gate {
    fn enter(gate: &Arc<Self>) -> Option<Passage> {
        // Counted first: whoever closes either sees him, or is seen by him.
        gate.inside.fetch_add(1, Ordering::SeqCst);
        let passage = Passage(Arc::clone(gate));
        (!gate.closing.load(Ordering::SeqCst)).then_some(passage)
    }

    async fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        loop {
            let emptied = self.emptied.notified();
            if self.inside.load(Ordering::SeqCst) == 0 {
                return;
            }
            emptied.await;
        }
    }
}

impl Clone for Passage {
    fn clone(&self) -> Self {
        // Whoever closes waits for the one that is there already.
        self.0.inside.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        if self.0.inside.fetch_sub(1, Ordering::SeqCst) == 1 && self.0.closing.load(Ordering::SeqCst) {
            self.0.emptied.notify_waiters();
        }
    }
}
