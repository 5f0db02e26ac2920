//! Keys that are read again, since whoever signs changes them.
//!
//! No task runs for it: the request that notices reads, and nobody is kept waiting who has a key. What reads is given as a
//! function, so that nothing here knows of files, URLs or the network.

use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::key_set::KeySet;
use super::refusal::{KeyError, TokenError};

/// A reading that is under way.
pub(super) type Reading = Pin<Box<dyn Future<Output = Result<KeySet, KeyError>> + Send>>;

/// Begins a reading.
pub(super) type Reader = Box<dyn Fn() -> Reading + Send + Sync>;

/// How old keys may become.
struct Times {
    /// From this age on they are read again.
    fresh: Duration,
    /// And from this age on they are not used any more.
    usable: Duration,
    /// From the beginning of a reading to that of the next.
    pause: Duration,
}

const TIMES: Times =
    Times { fresh: Duration::from_secs(5 * 60), usable: Duration::from_secs(3_600), pause: Duration::from_secs(10) };

/// The keys as they were read last, and when to read them again.
pub(super) struct Rotation {
    reader: Reader,
    times: Times,
    kept: RwLock<Kept>,
    turn: Mutex<Turn>,
}

#[derive(Clone)]
struct Kept {
    keys: Arc<KeySet>,
    since: Instant,
}

/// What the one who reads holds. A reading whose request went away stays here, and the next request goes on with it: who asks
/// and hangs up keeps nobody from new keys, and makes no more readings than others.
struct Turn {
    begun: Instant,
    reading: Option<Reading>,
}

impl Rotation {
    /// Reads for the first time.
    pub(super) async fn open(reader: Reader) -> Result<Self, KeyError> {
        Self::with(reader, TIMES).await
    }

    async fn with(reader: Reader, times: Times) -> Result<Self, KeyError> {
        let begun = Instant::now();
        let keys = Arc::new(reader().await?);
        let (kept, turn) = (RwLock::new(Kept { keys, since: begun }), Mutex::new(Turn { begun, reading: None }));
        Ok(Self { reader, times, kept, turn })
    }

    /// The keys. Where they are old, one request reads them again, and others go on with the old ones.
    pub(super) async fn keys(&self) -> Result<Arc<KeySet>, TokenError> {
        let kept = self.kept();
        if kept.since.elapsed() < self.times.fresh {
            return Ok(kept.keys);
        }
        if kept.since.elapsed() < self.times.usable {
            if let Ok(mut turn) = self.turn.try_lock() {
                self.read(&mut turn).await;
            }
            return Ok(self.kept().keys);
        }
        // Too old for everybody, as after a quiet night: who comes while they are read has to wait.
        let mut turn = self.turn.lock().await;
        if self.kept().since.elapsed() >= self.times.fresh {
            self.read(&mut turn).await;
        }
        let kept = self.kept();
        if kept.since.elapsed() < self.times.usable { Ok(kept.keys) } else { Err(TokenError::KeysUnavailable) }
    }

    /// The keys after those that did not have the one that a token names. Whoever comes while they are read waits for them.
    pub(super) async fn after(&self, seen: &Arc<KeySet>) -> Arc<KeySet> {
        let mut turn = self.turn.lock().await;
        if Arc::ptr_eq(seen, &self.kept().keys) {
            self.read(&mut turn).await;
        }
        self.kept().keys
    }

    /// Reads, or goes on reading, unless somebody has begun and ended it just now.
    async fn read(&self, turn: &mut Turn) {
        if turn.begun.elapsed() >= self.times.pause {
            *turn = Turn { begun: Instant::now(), reading: Some((self.reader)()) };
        }
        let Some(reading) = &mut turn.reading else { return };
        let read = reading.as_mut().await;
        turn.reading = None;
        match read {
            Ok(keys) => {
                let kept = Kept { keys: Arc::new(keys), since: turn.begun };
                *self.kept.write().unwrap_or_else(PoisonError::into_inner) = kept;
            }
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(target: "user_scope", %error, cause, "keys could not be read again; the old ones are used");
            }
        }
    }

    fn kept(&self) -> Kept {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests;
