//! A `tracing` span around every operation, and an event when it is done: entity, operation, rows, duration, and
//! no values.

use std::future::Future;
use std::time::Instant;

use tracing::Instrument;

use crate::error::Result;

/// How many rows an operation gave or touched.
pub(crate) trait Rows {
    fn rows(&self) -> u64;
}

impl<T> Rows for Vec<T> {
    fn rows(&self) -> u64 {
        self.len() as u64
    }
}

impl<T> Rows for Option<T> {
    fn rows(&self) -> u64 {
        u64::from(self.is_some())
    }
}

impl Rows for bool {
    fn rows(&self) -> u64 {
        u64::from(*self)
    }
}

impl Rows for () {
    fn rows(&self) -> u64 {
        0
    }
}

impl Rows for u64 {
    fn rows(&self) -> u64 {
        *self
    }
}

/// Runs `work`, observed. Where nobody listens it costs a check of one flag.
pub(crate) async fn observed<R: Rows>(
    entity: &'static str,
    operation: &'static str,
    work: impl Future<Output = Result<R>>,
) -> Result<R> {
    let span = tracing::debug_span!(target: "user_scope", "access", entity, operation);
    if span.is_disabled() {
        return work.await;
    }
    let started = Instant::now();
    let result = work.instrument(span.clone()).await;
    span.in_scope(|| {
        let elapsed = started.elapsed();
        match &result {
            Ok(rows) => tracing::debug!(target: "user_scope", rows = rows.rows(), ?elapsed, "done"),
            Err(error) => tracing::debug!(target: "user_scope", %error, ?elapsed, "failed"),
        }
    });
    result
}
