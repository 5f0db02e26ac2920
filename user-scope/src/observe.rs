//! A `tracing` span around every operation, and an event when it is done: entity, operation, rows, duration, and
//! no values. With the feature `metrics` it is measured as well, in `measure`.

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use tracing::level_filters::LevelFilter;
use tracing::{Instrument, Level};

use crate::error::Result;

#[cfg(feature = "metrics")]
pub(crate) use crate::measure::measured as observed;
#[cfg(not(feature = "metrics"))]
pub(crate) use traced as observed;

/// How many rows an operation gave or touched.
pub(crate) trait Rows {
    fn rows(&self) -> u64;

    /// Whether one row was asked for, and is not there.
    #[cfg(feature = "metrics")]
    fn are_missing(&self) -> bool {
        false
    }
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

    #[cfg(feature = "metrics")]
    fn are_missing(&self) -> bool {
        self.is_none()
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

/// Runs `work` in its span. It is pinned where it was made, since moving a future of some kilobytes costs more than all
/// that is done here; and where nobody listens to this level no span is made at all.
pub(crate) async fn traced<R: Rows>(
    entity: &'static str,
    operation: &'static str,
    work: Pin<&mut impl Future<Output = Result<R>>>,
) -> Result<R> {
    if LevelFilter::current() < Level::DEBUG {
        return work.await;
    }
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
