//! The queue to the background writer: bounded, started by the first event, and honest about what it loses.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::writer::Writer;
use super::{AuditEvent, AuditSettings, DatabaseSink, Miss, Overflow, ReadAudit, WriteAudit};
use crate::backend::Backend;
use crate::connections::Connections;
use crate::entity::Entity;
use crate::identifier::IdKind;
#[cfg(feature = "metrics")]
use crate::measure;

/// What the background writer has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AuditStats {
    /// Events that the sink has taken.
    pub recorded: u64,
    /// Events that never came into the queue: it was full and set to count, or full for too long, or closed; or the
    /// operation was cancelled, so that nobody knows whether it happened.
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
    recorded: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
    retries: AtomicU64,
}

impl Counters {
    pub(super) fn add_recorded(&self, events: usize) {
        Self::add(&self.recorded, events);
    }

    /// Tells the recorder of the crate `metrics`.
    pub(super) fn tell_recorded(_told: usize) {
        #[cfg(feature = "metrics")]
        measure::audit_events("recorded", _told);
    }

    pub(super) fn add_dropped(&self, events: usize) {
        Self::add(&self.dropped, events);
        #[cfg(feature = "metrics")]
        measure::audit_events("dropped", events);
    }

    pub(super) fn add_failed(&self, events: usize) {
        Self::add(&self.failed, events);
        #[cfg(feature = "metrics")]
        measure::audit_events("failed", events);
    }

    pub(super) fn add_retry(&self) {
        Self::add(&self.retries, 1);
        #[cfg(feature = "metrics")]
        measure::audit_retry();
    }

    fn add(counter: &AtomicU64, events: usize) {
        counter.fetch_add(events as u64, Ordering::Relaxed);
    }
}

/// What goes through the queue.
#[derive(Debug)]
pub(crate) enum Entry {
    Event(AuditEvent),
    Miss(Miss),
    /// Answered when everything before it has been dealt with.
    Flush(oneshot::Sender<()>),
}

impl Entry {
    pub(super) const fn is_waited_for(&self) -> bool {
        matches!(self, Self::Flush(_))
    }
}

/// A pool's audit: its settings, and the writer once there is something to write.
#[derive(Debug)]
pub(crate) struct Audit<DB: Backend> {
    settings: AuditSettings,
    connections: Connections<DB>,
    kind: IdKind,
    line: RwLock<Line>,
    counters: Arc<Counters>,
}

/// The line to the writer.
#[derive(Debug)]
enum Line {
    Unused,
    Open { sender: mpsc::Sender<Entry>, hurry: Arc<Notify>, ended: Ended },
    Closed { ended: Option<Ended> },
}

/// Its sender is the writer's, and goes with him.
type Ended = watch::Receiver<()>;

/// A caller who waits for a place in the queue waits no longer: whoever holds the lock that the writer needs, and
/// waits for him, must not stand still for ever.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl<DB: Backend> Audit<DB> {
    pub(crate) fn new(settings: AuditSettings, connections: Connections<DB>, kind: IdKind) -> Self {
        Self { settings, connections, kind, line: RwLock::new(Line::Unused), counters: Arc::default() }
    }

    /// What identifies users.
    pub(super) const fn kind(&self) -> IdKind {
        self.kind
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

    /// Whether it is told that a connection was lent: raw SQL reads and writes, so that it is if either is.
    pub(crate) fn records_raw_sql(&self) -> bool {
        self.settings.reads == ReadAudit::Background || self.settings.writes != WriteAudit::Off
    }

    pub(crate) fn stats(&self) -> AuditStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        AuditStats {
            recorded: read(&self.counters.recorded),
            dropped: read(&self.counters.dropped),
            failed: read(&self.counters.failed),
            retries: read(&self.counters.retries),
            queued: match &*self.line.read().unwrap_or_else(PoisonError::into_inner) {
                Line::Open { sender, .. } => sender.max_capacity() - sender.capacity(),
                _ => 0,
            },
        }
    }

    /// Counts events of which nobody can know whether they happened.
    pub(crate) fn count_dropped(&self, events: usize) {
        self.counters.add_dropped(events);
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
            if let Some((entry, sender)) = self.try_submit(entry) {
                let sent = tokio::time::timeout(LONGEST_WAIT, sender.send(entry)).await;
                if matches!(sent, Ok(Ok(()))) {
                    #[cfg(feature = "metrics")]
                    measure::queued(1);
                } else {
                    tracing::error!(target: "user_scope::audit", "the queue is stuck; an audit event is dropped");
                    self.count_dropped(1);
                }
            }
            unsent.held = false;
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

    /// Hands `entry` to the writer without waiting; gives it back if the queue is full and the setting is to wait.
    fn try_submit(&self, entry: Entry) -> Option<(Entry, mpsc::Sender<Entry>)> {
        let mut entry = entry;
        // Twice: the first to come, or the first to find that the writer is gone, makes a new one.
        for _ in 0..2 {
            if let Line::Open { sender, hurry, .. } = &*self.line.read().unwrap_or_else(PoisonError::into_inner) {
                match sender.try_send(entry) {
                    Ok(()) => {
                        if sender.capacity() <= sender.max_capacity() / 2 {
                            hurry.notify_one();
                        }
                        #[cfg(feature = "metrics")]
                        measure::queued(1);
                        return None;
                    }
                    Err(TrySendError::Full(entry)) if self.settings.overflow == Overflow::Wait => {
                        hurry.notify_one();
                        return Some((entry, sender.clone()));
                    }
                    Err(TrySendError::Full(_)) => break,
                    Err(TrySendError::Closed(returned)) => entry = returned,
                }
            }
            if !self.start() {
                break;
            }
        }
        self.count_dropped(1);
        None
    }

    /// Starts a writer, unless one is at work. Not possible once it is closed, nor outside of a runtime.
    fn start(&self) -> bool {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return false };
        let mut line = self.line.write().unwrap_or_else(PoisonError::into_inner);
        match &*line {
            Line::Closed { .. } => return false,
            Line::Open { sender, .. } if !sender.is_closed() => return true,
            // The runtime in which he worked has gone, as that of a test.
            Line::Open { .. } => tracing::error!(target: "user_scope::audit", "the writer has gone; a new one starts"),
            Line::Unused => {}
        }
        let (sender, queue) = mpsc::channel(self.settings.queue);
        let (alive, ended) = watch::channel(());
        let hurry = Arc::<Notify>::default();
        let sink = self.settings.sink.clone();
        let (shelf, pooling) = (self.connections.shelf(), self.connections.pooling());
        let sink = sink.unwrap_or_else(|| Arc::new(DatabaseSink::of_kind(shelf.clone(), self.kind, pooling)));
        let counters = Arc::clone(&self.counters);
        let writer = Writer::new(queue, Arc::clone(&hurry), sink, self.connections.clone(), counters, alive);
        runtime.spawn(writer.run());
        *line = Line::Open { sender, hurry, ended };
        true
    }

    /// Waits until everything that was submitted before has been dealt with.
    pub(crate) async fn flush(&self) {
        let line = match &*self.line.read().unwrap_or_else(PoisonError::into_inner) {
            Line::Unused => return,
            Line::Open { sender, hurry, .. } => Ok((sender.clone(), Arc::clone(hurry))),
            Line::Closed { ended } => Err(ended.clone()),
        };
        match line {
            Ok((sender, hurry)) => {
                let (done, is_done) = oneshot::channel();
                // Before, as there may be no room for it, and after, as the writer may begin to wait in between.
                hurry.notify_one();
                if sender.send(Entry::Flush(done)).await.is_ok() {
                    hurry.notify_one();
                    // An error means that the writer has gone: there is nothing left to wait for.
                    let _ = is_done.await;
                }
            }
            Err(ended) => wait_for(ended).await,
        }
    }

    /// The same, and the writer ends. Later events are counted as dropped. Whoever else closes waits as well.
    pub(crate) async fn close(&self) {
        let ended = {
            let mut line = self.line.write().unwrap_or_else(PoisonError::into_inner);
            let ended = match &*line {
                Line::Unused => None,
                Line::Open { hurry, ended, .. } => {
                    hurry.notify_one();
                    Some(ended.clone())
                }
                Line::Closed { ended } => ended.clone(),
            };
            // The writer ends when the queue is empty and nobody can fill it any more.
            *line = Line::Closed { ended: ended.clone() };
            ended
        };
        wait_for(ended).await;
    }
}

async fn wait_for(ended: Option<Ended>) {
    if let Some(mut ended) = ended {
        // Nothing is ever sent: this ends with an error, when the writer has gone.
        let _ = ended.changed().await;
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
        self.counters.add_dropped(self.entries.len() + usize::from(self.held));
    }
}
