//! The background writer: one task that takes batches off the queue, tells denials from misses, hands the events
//! to the sink, and tries again when that fails.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::Pool;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::queue::{Counters, Entry};
use super::{AuditEvent, AuditSink, Miss, SinkError, classify};
use crate::backend::Backend;
use crate::sql;

/// How often a batch is sent, and the first pause; each further one is twice as long, up to the longest.
const ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

pub(super) struct Writer<DB: Backend> {
    sink: Arc<dyn AuditSink>,
    pool: Pool<DB>,
    counters: Arc<Counters>,
    attempts: u32,
}

impl<DB: Backend> Writer<DB> {
    pub(super) fn new(sink: Arc<dyn AuditSink>, pool: Pool<DB>, counters: Arc<Counters>) -> Self {
        Self { sink, pool, counters, attempts: ATTEMPTS }
    }

    /// Until the queue is closed, or everybody who could fill it has gone.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Entry>) {
        let mut entries = Vec::with_capacity(sql::FULL_BATCH);
        while queue.recv_many(&mut entries, sql::FULL_BATCH).await > 0 {
            let (mut events, mut misses, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
            for entry in entries.drain(..) {
                match entry {
                    Entry::Event(event) => events.push(event),
                    Entry::Miss(miss) => misses.push(miss),
                    Entry::Flush(done) => waiting.push(done),
                    Entry::Close(done) => {
                        queue.close();
                        waiting.push(done);
                    }
                }
            }
            let failed_before = self.counters.failed.load(Ordering::Relaxed);
            self.deal_with(events, misses).await;
            // A shutdown waits for one round of retries, and not for as many as there are batches.
            if queue.is_closed() && self.counters.failed.load(Ordering::Relaxed) > failed_before {
                self.attempts = 1;
            }
            for done in waiting {
                let _ = done.send(());
            }
        }
    }

    async fn deal_with(&self, mut events: Vec<AuditEvent>, misses: Vec<Miss>) {
        if !misses.is_empty() {
            let denials = self.retried(misses.len(), || classify::denials(&self.pool, &misses)).await;
            events.extend(denials.unwrap_or_default());
        }
        if events.is_empty() {
            return;
        }
        for event in &mut events {
            event.id = Uuid::now_v7();
        }
        if self.retried(events.len(), || self.sink.record(&events)).await.is_some() {
            self.counters.recorded.fetch_add(events.len() as u64, Ordering::Relaxed);
        }
    }

    /// What `work` gives in the end, or `None` when it failed for the last time; then `count` is counted as failed.
    async fn retried<R, F: Future<Output = Result<R, SinkError>>>(
        &self,
        count: usize,
        mut work: impl FnMut() -> F,
    ) -> Option<R> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=self.attempts {
            let error = match work().await {
                Ok(result) => return Some(result),
                Err(error) => error,
            };
            if attempt == self.attempts {
                tracing::error!(target: "user_scope::audit", %error, count, "audit events are lost");
                break;
            }
            tracing::warn!(target: "user_scope::audit", %error, attempt, "audit events could not be recorded yet");
            self.counters.retries.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.counters.failed.fetch_add(count as u64, Ordering::Relaxed);
        None
    }
}
