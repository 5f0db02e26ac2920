//! The queue to the background writer: bounded, started by the first event, and honest about what it loses.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use sqlx::Pool;
use tokio::sync::{mpsc, oneshot};

use super::writer::Writer;
use super::{AuditEvent, AuditSettings, DatabaseSink, Miss, Overflow, ReadAudit, WriteAudit};
use crate::backend::Backend;
use crate::entity::Entity;
use crate::identifier::IdKind;

/// What the background writer has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AuditStats {
    /// Events that the sink has taken.
    pub recorded: u64,
    /// Events that never came into the queue: it was full and set to count, or closed, or the caller who waited
    /// for it was cancelled.
    pub dropped: u64,
    /// Events that the sink refused until the writer gave up, and misses that could not be classified.
    pub failed: u64,
    /// How often a batch was sent again.
    pub retries: u64,
    /// Events that wait in the queue now.
    pub queued: usize,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) recorded: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) retries: AtomicU64,
}

/// What goes through the queue.
#[derive(Debug)]
pub(crate) enum Entry {
    Event(AuditEvent),
    Miss(Miss),
    /// Answered when everything before it has been dealt with.
    Flush(oneshot::Sender<()>),
    /// The same, and nothing is taken any more.
    Close(oneshot::Sender<()>),
}

/// A pool's audit: its settings, and the writer once there is something to write.
#[derive(Debug)]
pub(crate) struct Audit<DB: Backend> {
    settings: AuditSettings,
    pool: Pool<DB>,
    kind: IdKind,
    sender: OnceLock<mpsc::Sender<Entry>>,
    counters: Arc<Counters>,
}

impl<DB: Backend> Audit<DB> {
    pub(crate) fn new(settings: AuditSettings, pool: Pool<DB>, kind: IdKind) -> Self {
        Self { settings, pool, kind, sender: OnceLock::new(), counters: Arc::default() }
    }

    pub(crate) fn writes(&self, entity: &Entity) -> WriteAudit {
        entity.definition().audit.writes.unwrap_or(self.settings.writes)
    }

    pub(crate) fn reads(&self, entity: &Entity) -> bool {
        entity.definition().audit.reads.unwrap_or(self.settings.reads) == ReadAudit::Background
    }

    pub(crate) fn denials(&self, entity: &Entity) -> bool {
        entity.definition().audit.denials.unwrap_or(self.settings.denials) == ReadAudit::Background
    }

    pub(crate) fn stats(&self) -> AuditStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        AuditStats {
            recorded: read(&self.counters.recorded),
            dropped: read(&self.counters.dropped),
            failed: read(&self.counters.failed),
            retries: read(&self.counters.retries),
            queued: self.sender.get().map_or(0, |sender| sender.max_capacity() - sender.capacity()),
        }
    }

    /// Hands `entries` to the writer. To be called when no connection and no transaction is held: it may wait
    /// for the writer, who needs a connection.
    pub(crate) async fn submit<I>(&self, entries: I)
    where
        I: IntoIterator<Item = Entry, IntoIter: ExactSizeIterator>,
    {
        let mut unsent = Unsent { entries: entries.into_iter(), held: false, counters: &self.counters };
        while let Some(entry) = unsent.take() {
            // Given back if the queue is full and the caller is to wait. He may be cancelled here.
            if let (Some(entry), Some(sender)) = (self.try_submit(entry), self.sender.get())
                && sender.send(entry).await.is_err()
            {
                self.count_dropped(1);
            }
            unsent.held = false;
        }
    }

    /// Hands `entry` to the writer without waiting; gives it back if the queue is full and the setting is to wait.
    fn try_submit(&self, entry: Entry) -> Option<Entry> {
        let Some(sender) = self.sender() else {
            self.count_dropped(1);
            return None;
        };
        match sender.try_send(entry) {
            Ok(()) => None,
            Err(mpsc::error::TrySendError::Full(entry)) if self.settings.overflow == Overflow::Wait => Some(entry),
            Err(_) => {
                self.count_dropped(1);
                None
            }
        }
    }

    /// Hands `entries` to the writer where nobody can wait, as in a drop.
    pub(crate) fn submit_now(&self, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            if self.try_submit(entry).is_some() {
                self.count_dropped(1);
            }
        }
    }

    /// Counts events of which nobody can know whether they happened.
    pub(crate) fn count_dropped(&self, events: usize) {
        self.counters.dropped.fetch_add(events as u64, Ordering::Relaxed);
    }

    /// The writer's queue; the first call starts the writer. `None` outside of a runtime.
    fn sender(&self) -> Option<&mpsc::Sender<Entry>> {
        if let Some(sender) = self.sender.get() {
            return Some(sender);
        }
        let runtime = tokio::runtime::Handle::try_current().ok()?;
        Some(self.sender.get_or_init(|| {
            let (sender, receiver) = mpsc::channel(self.settings.queue);
            let sink = self.settings.sink.clone();
            let sink = sink.unwrap_or_else(|| Arc::new(DatabaseSink::of_kind(self.pool.clone(), self.kind)));
            let writer = Writer::new(sink, self.pool.clone(), Arc::clone(&self.counters));
            runtime.spawn(writer.run(receiver));
            sender
        }))
    }

    /// Waits until everything that was submitted before has been dealt with.
    pub(crate) async fn flush(&self) {
        self.wait_for(Entry::Flush).await;
    }

    /// The same, and the writer ends. Later events are counted as dropped.
    pub(crate) async fn close(&self) {
        self.wait_for(Entry::Close).await;
    }

    async fn wait_for(&self, entry: impl FnOnce(oneshot::Sender<()>) -> Entry) {
        let Some(sender) = self.sender.get() else { return };
        let (done, is_done) = oneshot::channel();
        if sender.send(entry(done)).await.is_ok() {
            // An error means that the writer has ended: there is nothing left to wait for.
            let _ = is_done.await;
        }
    }
}

/// Events of one caller that are not in the queue yet; those that he cannot send any more are counted.
struct Unsent<'a, I: ExactSizeIterator> {
    entries: I,
    held: bool,
    counters: &'a Counters,
}

impl<I: ExactSizeIterator<Item = Entry>> Unsent<'_, I> {
    fn take(&mut self) -> Option<Entry> {
        let entry = self.entries.next();
        self.held = entry.is_some();
        entry
    }
}

impl<I: ExactSizeIterator> Drop for Unsent<'_, I> {
    fn drop(&mut self) {
        let lost = self.entries.len() + usize::from(self.held);
        self.counters.dropped.fetch_add(lost as u64, Ordering::Relaxed);
    }
}
