//! How a pool records accesses.

use std::fmt;
use std::sync::Arc;

use super::{AuditSink, ReadAudit, WriteAudit};

/// What happens to an event when the queue of the background writer is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// The caller waits, after his connection went back to the pool, and never inside a transaction.
    #[default]
    Wait,
    /// The event is dropped and counted in [`AuditStats::dropped`](super::AuditStats::dropped).
    Count,
}

/// How a pool records accesses. An entity may say otherwise: `#[user_scoped(audit(reads = "off"))]`.
///
/// ```
/// use user_scope::audit::{AuditSettings, Overflow, ReadAudit};
///
/// let settings = AuditSettings::default()          // writes atomic; reads and denials in the background
///     .reads(ReadAudit::Off)
///     .queue(1_000)
///     .overflow(Overflow::Count);
/// # let _ = settings;
/// ```
#[derive(Clone)]
pub struct AuditSettings {
    pub(crate) writes: WriteAudit,
    pub(crate) reads: ReadAudit,
    pub(crate) denials: ReadAudit,
    pub(crate) queue: usize,
    pub(crate) overflow: Overflow,
    pub(crate) sink: Option<Arc<dyn AuditSink>>,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self {
            writes: WriteAudit::default(),
            reads: ReadAudit::default(),
            denials: ReadAudit::default(),
            queue: 10_000,
            overflow: Overflow::default(),
            sink: None,
        }
    }
}

impl AuditSettings {
    /// Nothing is recorded but the receipts of system contexts, which always are.
    pub fn off() -> Self {
        Self { writes: WriteAudit::Off, reads: ReadAudit::Off, denials: ReadAudit::Off, ..Self::default() }
    }

    /// How writes are recorded; atomic unless set.
    #[must_use]
    pub const fn writes(mut self, mode: WriteAudit) -> Self {
        self.writes = mode;
        self
    }

    /// How reads are recorded; in the background unless set.
    #[must_use]
    pub const fn reads(mut self, mode: ReadAudit) -> Self {
        self.reads = mode;
        self
    }

    /// How denials are recorded; in the background unless set.
    #[must_use]
    pub const fn denials(mut self, mode: ReadAudit) -> Self {
        self.denials = mode;
        self
    }

    /// How many events may wait for the background writer; 10,000 unless set, at least 1.
    ///
    /// A process that is killed loses what waits, the batch of up to 1,000 events that is being stored, and what operations under way
    /// have not handed over yet: so many at most. A database that is killed and comes back within the writer's retries, some six
    /// seconds, loses none of them but misses that are not looked into yet; what is lost is counted in
    /// [`AuditStats::failed`](super::AuditStats::failed). What is atomic with its write is on record whenever the write is there.
    #[must_use]
    pub const fn queue(mut self, events: usize) -> Self {
        const MOST: usize = tokio::sync::Semaphore::MAX_PERMITS;
        self.queue = if events == 0 {
            1
        } else if events > MOST {
            MOST
        } else {
            events
        };
        self
    }

    /// What happens when that many wait; the caller does too, unless set.
    #[must_use]
    pub const fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Where the background writer's events go; to the table `user_access_log` unless set. Atomic rows are in
    /// that table whatever the sink.
    #[must_use]
    pub fn sink(mut self, sink: impl AuditSink) -> Self {
        self.sink = Some(Arc::new(sink));
        self
    }
}

impl fmt::Debug for AuditSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditSettings")
            .field("writes", &self.writes)
            .field("reads", &self.reads)
            .field("denials", &self.denials)
            .field("queue", &self.queue)
            .field("overflow", &self.overflow)
            .finish_non_exhaustive()
    }
}
