//! When the server was last lost: what has lain idle since before then is as dead as what was in use.
//!
//! sqlx would find out at each acquire, by a ping that takes as long as a `get` does. The builder has it ask only where
//! there is a doubt.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The last loss that anybody has met, if there was one.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastLoss(Arc<Mutex<Option<Instant>>>);

impl LastLoss {
    /// The server has been lost now.
    pub(crate) fn met(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether what has been idle for so long was so before it.
    pub(crate) fn is_after(&self, idle: Duration) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() <= idle)
    }
}
