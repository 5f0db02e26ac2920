//! The background writer: one task that takes batches off the queue, tells denials from misses, hands the events
//! to the sink, and tries again when that fails.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use uuid::Uuid;

use super::queue::{Counters, Entry};
use super::{AuditEvent, AuditSink, SinkError, classify};
use crate::backend::Backend;
use crate::connections::Connections;
#[cfg(feature = "metrics")]
use crate::measure;
use crate::sql;

/// How often a batch is sent, and the first pause; each further one is twice as long, up to the longest.
const ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// For how long it waits for more to come, before it writes what is there: who wrote each event by itself as it came would take as
/// much of the database's time as the reads themselves.
const GATHERED_FOR: Duration = Duration::from_millis(50);

/// Misses are not worth holding up everything else.
const ATTEMPTS_TO_CLASSIFY: u32 = 3;

pub(super) struct Writer<DB: Backend> {
    queue: mpsc::Receiver<Entry>,
    /// Told when somebody waits for what is in the queue, or it fills up.
    hurry: Arc<Notify>,
    sink: Arc<dyn AuditSink>,
    connections: Connections<DB>,
    counters: Arc<Counters>,
    attempts: u32,
    /// Events of the batch that is being dealt with.
    in_hand: usize,
    /// Tells by its drop that the writer has gone.
    _alive: watch::Sender<()>,
}

impl<DB: Backend> Writer<DB> {
    pub(super) fn new(
        queue: mpsc::Receiver<Entry>,
        hurry: Arc<Notify>,
        sink: Arc<dyn AuditSink>,
        connections: Connections<DB>,
        counters: Arc<Counters>,
        alive: watch::Sender<()>,
    ) -> Self {
        Self { queue, hurry, sink, connections, counters, attempts: ATTEMPTS, in_hand: 0, _alive: alive }
    }

    /// Until the queue is empty and everybody who could fill it has gone.
    pub(super) async fn run(mut self) {
        let mut entries = Vec::with_capacity(sql::FULL_BATCH);
        while self.gather(&mut entries).await {
            let (mut events, mut misses, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
            for entry in entries.drain(..) {
                match entry {
                    Entry::Event(event) => events.push(event),
                    Entry::Miss(miss) => misses.push(miss),
                    Entry::Flush(done) => waiting.push(done),
                }
            }
            self.in_hand = events.len() + misses.len();
            #[cfg(feature = "metrics")]
            measure::unqueued(self.in_hand);
            // What is told to the outside counts misses, and not what they were: it would tell which rows are there.
            let mut told = events.len();
            for misses in classify::by_entity(misses) {
                let classified = || classify::denials(&self.connections, &misses);
                let denials = self.retried(self.attempts.min(ATTEMPTS_TO_CLASSIFY), misses.len(), classified).await;
                told += denials.as_ref().map_or(0, |_| misses.len());
                events.extend(denials.unwrap_or_default());
            }
            let recorded = self.record(events).await;
            if recorded {
                Counters::tell_recorded(told);
            }
            self.in_hand = 0;
            // A shutdown waits for one round of retries, and not for as many as there are batches.
            if !recorded && self.queue.is_closed() {
                self.attempts = 1;
            }
            for done in waiting {
                let _ = done.send(());
            }
        }
    }

    /// Whether there is more to do, which is taken off the queue: what is there, and what comes within a moment.
    async fn gather(&mut self, entries: &mut Vec<Entry>) -> bool {
        if self.queue.recv_many(entries, sql::FULL_BATCH).await == 0 {
            return false;
        }
        if entries.len() < sql::FULL_BATCH && !self.queue.is_closed() && !entries.iter().any(Entry::is_waited_for) {
            self.in_hand = entries.len();
            // Not by the queue itself: each event that came would wake it up.
            let _ = tokio::time::timeout(GATHERED_FOR, self.hurry.notified()).await;
            while entries.len() < sql::FULL_BATCH
                && let Ok(entry) = self.queue.try_recv()
            {
                entries.push(entry);
            }
        }
        true
    }

    /// Whether the sink has taken all of `events`.
    async fn record(&self, mut events: Vec<AuditEvent>) -> bool {
        if events.is_empty() {
            return true;
        }
        for event in &mut events {
            event.id = Uuid::now_v7();
        }
        let recorded = self.retried(self.attempts, events.len(), || self.sink.record(&events)).await;
        if recorded.is_some() {
            self.counters.add_recorded(events.len());
        }
        recorded.is_some()
    }

    /// What `work` gives in the end, or `None` when it failed for the last time; then `count` is counted as failed.
    async fn retried<R, F: Future<Output = Result<R, SinkError>>>(
        &self,
        attempts: u32,
        count: usize,
        work: impl Fn() -> F,
    ) -> Option<R> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=attempts {
            let error = match unpanicked(async { work().await }).await {
                Ok(result) => return Some(result),
                Err(error) => error,
            };
            if attempt == attempts {
                tracing::error!(target: "user_scope::audit", %error, count, "audit events are lost; is the table there?");
                break;
            }
            tracing::warn!(target: "user_scope::audit", %error, attempt, "audit events could not be recorded yet");
            self.counters.add_retry();
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.counters.add_failed(count);
        None
    }
}

/// A writer that is dropped in the middle, as by a runtime that ends, has lost what he held.
impl<DB: Backend> Drop for Writer<DB> {
    fn drop(&mut self) {
        self.counters.add_failed(self.in_hand + self.queue.len());
        #[cfg(feature = "metrics")]
        measure::unqueued(self.queue.len());
    }
}

/// A sink is the application's code: if it panics, that is a failure like any other, and not the end of the audit.
async fn unpanicked<R>(work: impl Future<Output = Result<R, SinkError>>) -> Result<R, SinkError> {
    let mut work = pin!(work);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        polled.unwrap_or_else(|_| Poll::Ready(Err("the audit sink panicked".into())))
    })
    .await
}
