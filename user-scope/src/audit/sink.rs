//! Where events go: the database, `tracing`, a list in memory, or several of them.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use super::AuditEvent;

/// A future that owns itself, as a trait object needs.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a sink could not take a batch.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Takes audit events in batches, from the background writer.
///
/// A batch that fails is sent again after a pause, as a whole: a sink that may have stored a part of it tells
/// events apart by [`AuditEvent::id`]. Atomic audit rows do not pass here: the write itself stores them in the
/// database.
///
/// ```
/// use user_scope::audit::{AuditEvent, AuditSink, BoxFuture, SinkError};
///
/// struct Printer;
///
/// impl AuditSink for Printer {
///     fn record<'a>(&'a self, events: &'a [AuditEvent]) -> BoxFuture<'a, Result<(), SinkError>> {
///         Box::pin(async move {
///             for event in events {
///                 println!("{} {} {}", event.user, event.operation, event.entity_type);
///             }
///             Ok(())
///         })
///     }
/// }
/// ```
pub trait AuditSink: Send + Sync + 'static {
    /// Stores `events`, or fails.
    ///
    /// # Errors
    ///
    /// Whatever keeps the sink from storing all of them; the batch is then sent again.
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> BoxFuture<'a, Result<(), SinkError>>;
}

/// Writes each event as a `tracing` event at the level info, target `user_scope::audit`.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct TracingSink;

impl AuditSink for TracingSink {
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> BoxFuture<'a, Result<(), SinkError>> {
        for event in events {
            tracing::info!(
                target: "user_scope::audit",
                event = %event.id,
                user = %event.user,
                entity = event.entity_type,
                id = event.entity_id,
                operation = %event.operation,
                details = %event.details,
            );
        }
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Keeps events in memory, for tests. Clones share their events.
#[derive(Debug, Clone, Default)]
pub struct MemorySink {
    events: Arc<Mutex<Vec<AuditEvent>>>,
}

impl MemorySink {
    /// A sink that holds nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What has been recorded so far, in order. Call [`ScopedPool::flush_audit`](crate::ScopedPool::flush_audit)
    /// first to see what is under way.
    pub fn events(&self) -> Vec<AuditEvent> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl AuditSink for MemorySink {
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> BoxFuture<'a, Result<(), SinkError>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(events);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Sends every event to several sinks, one after the other. If one fails the batch is sent to all of them again.
pub struct FanOut {
    sinks: Vec<Arc<dyn AuditSink>>,
}

impl FanOut {
    /// A fan-out to `sinks`.
    pub fn new(sinks: impl IntoIterator<Item = Arc<dyn AuditSink>>) -> Self {
        Self { sinks: sinks.into_iter().collect() }
    }
}

impl std::fmt::Debug for FanOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FanOut({} sinks)", self.sinks.len())
    }
}

impl AuditSink for FanOut {
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move {
            for sink in &self.sinks {
                sink.record(events).await?;
            }
            Ok(())
        })
    }
}
