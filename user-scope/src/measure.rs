//! Counters and durations, for the recorder of the crate [`metrics`] that the application installs: one in front
//! of every operation, and what became of the events of the background audit.
//!
//! Labels hold names that stand in the code, of entities, operations and outcomes: no value, no user, no id.

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::error::{Error, Result};
use crate::observe::{Rows, traced};

const OPERATIONS: &str = "user_scope_operations_total";
const SECONDS: &str = "user_scope_operation_seconds";
const ROWS: &str = "user_scope_rows_total";
const EVENTS: &str = "user_scope_audit_events_total";
const RETRIES: &str = "user_scope_audit_retries_total";
const QUEUE: &str = "user_scope_audit_queue_length";

/// Tells the recorder what each of these is. Done by every pool that is made: the recorder has to be there before.
pub(crate) fn describe() {
    describe_counter!(OPERATIONS, Unit::Count, "Operations that ended, by what they ended with.");
    describe_histogram!(SECONDS, Unit::Seconds, "How long an operation took, with its waiting for a connection.");
    describe_counter!(ROWS, Unit::Count, "Rows that operations gave or touched.");
    describe_counter!(EVENTS, Unit::Count, "Events of the background audit: recorded, dropped or failed.");
    describe_counter!(RETRIES, Unit::Count, "Batches that the background audit had to send again.");
    describe_gauge!(QUEUE, Unit::Count, "Events that wait for the background audit.");
}

/// Runs `work`, traced and measured.
pub(crate) async fn measured<R: Rows>(
    entity: &'static str,
    operation: &'static str,
    work: Pin<&mut impl Future<Output = Result<R>>>,
) -> Result<R> {
    let mut end = End { entity, operation, started: Instant::now(), outcome: "cancelled", rows: 0 };
    let result = traced(entity, operation, work).await;
    (end.outcome, end.rows) = match &result {
        Ok(rows) => (if rows.are_missing() { "not_found" } else { "ok" }, rows.rows()),
        Err(error) => (outcome(error), 0),
    };
    result
}

/// Records an operation when it is dropped, whether it has come to its end or not.
struct End {
    entity: &'static str,
    operation: &'static str,
    started: Instant,
    outcome: &'static str,
    rows: u64,
}

impl Drop for End {
    fn drop(&mut self) {
        let Self { entity, operation, outcome, .. } = *self;
        histogram!(SECONDS, "entity" => entity, "operation" => operation).record(self.started.elapsed());
        counter!(OPERATIONS, "entity" => entity, "operation" => operation, "outcome" => outcome).increment(1);
        if self.rows > 0 {
            counter!(ROWS, "entity" => entity, "operation" => operation).increment(self.rows);
        }
    }
}

/// Counts events with which the background audit is done, one way or the other.
pub(crate) fn audit_events(outcome: &'static str, events: usize) {
    if events > 0 {
        counter!(EVENTS, "outcome" => outcome).increment(events as u64);
    }
}

/// Counts a batch that is sent again.
pub(crate) fn audit_retry() {
    counter!(RETRIES).increment(1);
}

/// Events that came into the queue. All pools of a process have one gauge: it is raised and lowered, never set.
pub(crate) fn queued(events: usize) {
    gauge!(QUEUE).increment(events as f64);
}

/// Events that left the queue.
pub(crate) fn unqueued(events: usize) {
    gauge!(QUEUE).decrement(events as f64);
}

/// The label of an error: its kind, and nothing that it is about.
const fn outcome(error: &Error) -> &'static str {
    match error {
        Error::NotFound { .. } => "not_found",
        Error::ParentNotFound { .. } => "parent_not_found",
        Error::Duplicate { .. } => "duplicate",
        Error::Deleted { .. } => "deleted",
        Error::MissingIndex { .. } => "missing_index",
        Error::Referenced { .. } => "referenced",
        Error::Stale { .. } => "stale",
        Error::NoVersion { .. } => "no_version",
        Error::Busy => "busy",
        Error::InvalidCursor { .. } => "invalid_cursor",
        Error::SecretInCursor { .. } => "secret_in_cursor",
        Error::CursorTooLong { .. } => "cursor_too_long",
        Error::EmptyPage { .. } => "empty_page",
        Error::Rejected { .. } => "rejected",
        Error::MissingValue { .. } => "missing_value",
        Error::Encode { .. } => "encode",
        Error::Decode { .. } => "decode",
        Error::WrittenButUnreadable { .. } => "written_but_unreadable",
        Error::TooManyValues { .. } => "too_many_values",
        Error::TooDeep { .. } => "too_deep",
        Error::ReservedUser => "reserved_user",
        Error::InvalidReason => "invalid_reason",
        Error::TransactionAborted => "transaction_aborted",
        Error::TransactionEnded => "transaction_ended",
        Error::Audit { .. } => "audit",
        Error::Schema { .. } => "schema",
        Error::Isolation { .. } => "isolation",
        Error::Unavailable { .. } => "unavailable",
        Error::Database { .. } => "database",
        #[cfg(feature = "jobs")]
        Error::SealExpired => "seal_expired",
        #[cfg(feature = "jobs")]
        Error::SealRefused => "seal_refused",
        #[cfg(feature = "jobs")]
        Error::InvalidKey => "invalid_key",
        #[cfg(any(feature = "jobs", feature = "seals"))]
        Error::NoRandomness => "no_randomness",
        #[cfg(feature = "seals")]
        Error::InvalidSealKey => "invalid_seal_key",
        #[cfg(feature = "seals")]
        Error::InvalidExportedSeal => "invalid_exported_seal",
        #[cfg(feature = "seals")]
        Error::Seals { .. } => "seals",
    }
}
