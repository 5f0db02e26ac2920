//! Tells what is suspicious as it happens: follows the log, and remembers of it only what counts.

mod seen;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::time::{Duration, Instant};

use self::seen::Seen;
use super::Window;
use super::suspicious::{Suspicion, SuspicionKind, Thresholds};
use crate::audit::log::{AuditLog, NAME};
use crate::backend::Backend;
use crate::entity::Moment;
use crate::error::Result;
use crate::observe::observed;

/// How often the roll-up is added to, and reading is compared with what is usual, at most.
const BETWEEN_EXCESSES: Duration = Duration::from_secs(10);
const BETWEEN_ROLL_UPS: Duration = Duration::from_secs(300);

/// Follows the log and tells what is suspicious within seconds; from [`AuditLog::watch`].
#[derive(Debug)]
#[must_use = "a watch does nothing until `run` is awaited"]
pub struct AuditWatch<'a, DB: Backend> {
    log: &'a AuditLog<'a, DB>,
    thresholds: Thresholds,
    pause: Duration,
}

impl<'a, DB: Backend> AuditLog<'a, DB> {
    /// A watch over the log. It asks for what has appeared, so that a look costs the same however large the log is; the system
    /// context's receipt, and one row when it begins, say that it runs.
    ///
    /// ```
    /// # async fn f<DB: user_scope::Backend>(pool: user_scope::ScopedPool<DB>, operator: user_scope::UserContext)
    /// # -> user_scope::Result<()> {
    /// let system = pool.system("watches over the audit").requested_by(&operator).await?;
    /// let watch = tokio::spawn(async move { system.audit().watch().run(user_scope::audit::trace).await });
    /// // …
    /// pool.close().await;                                   // ends it
    /// watch.await.ok();
    /// # Ok(()) }
    /// ```
    pub fn watch(&'a self) -> AuditWatch<'a, DB> {
        AuditWatch { log: self, thresholds: Thresholds::default(), pause: Duration::from_secs(1) }
    }
}

impl<DB: Backend> AuditWatch<'_, DB> {
    /// From when on something is suspicious. A watch counts the different rows that one user asks for, and the users who ask for
    /// one row, by the day (UTC).
    pub fn thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// How long it waits between two looks; a second unless set.
    pub const fn every(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Watches, and calls `hook` with each suspicion, until the pool is closed. What is told once is not told again for the
    /// same while, or the same day.
    ///
    /// Drop it to end it earlier. A database that does not answer is asked again. A hook that panics is a `tracing` event of the
    /// level error; the watch goes on, and what it was called with is not told again.
    ///
    /// # Errors
    ///
    /// As [`LogRows::all`](super::LogRows::all), if the first look fails.
    pub async fn run(self, mut hook: impl FnMut(&Suspicion) + Send) -> Result<()> {
        let mut follower = self.log.follow();
        let mut seen = Seen::new(self.thresholds.clone(), self.log.known_receipts(&self.thresholds).await?);
        follower.next().await?;
        let (mut rolled_up, mut compared) = (Instant::now(), None);
        while !self.log.is_closed() {
            // What has been found is told before anything is asked that may fail: it is behind the follower, and is not found again.
            let appeared = follower.next().await.map(|rows| rows.iter().flat_map(|row| seen.see(row)).collect());
            self.tell(appeared, &mut hook);
            if rolled_up.elapsed() > BETWEEN_ROLL_UPS {
                rolled_up = Instant::now();
                self.tell(self.log.try_to_roll_up().await.map(|()| Vec::new()), &mut hook);
            }
            if seen.has_read_much() && compared.is_none_or(|compared: Instant| compared.elapsed() > BETWEEN_EXCESSES) {
                let excesses = self.excesses(&mut seen).await;
                compared = excesses.is_ok().then(Instant::now);
                self.tell(excesses, &mut hook);
            }
            tokio::time::sleep(self.pause).await;
        }
        Ok(())
    }

    /// Who has read too much. Until that could be compared, it is remembered that somebody has read.
    async fn excesses(&self, seen: &mut Seen) -> Result<Vec<Suspicion>> {
        let days = Window::between(seen.reading_since().midnight(0), Moment::now().midnight(1));
        let asked = observed(NAME, "list", pin!(self.log.excesses(days, &self.thresholds))).await?;
        seen.compared();
        Ok(asked.into_iter().filter(|excess| seen.is_news(excess)).collect())
    }

    fn tell(&self, found: Result<Vec<Suspicion>>, hook: &mut (impl FnMut(&Suspicion) + Send)) {
        match found {
            Ok(found) => found.iter().for_each(|suspicion| {
                // A hook is the application's code: it may fail without all that comes later being missed.
                if catch_unwind(AssertUnwindSafe(|| hook(suspicion))).is_err() {
                    let kind = suspicion.kind;
                    tracing::error!(target: "user_scope::audit", %kind, "the hook of the watch panicked; it goes on");
                }
            }),
            Err(error) if !self.log.is_closed() => {
                tracing::warn!(target: "user_scope::audit", %error, "the watch cannot look; it tries again");
            }
            Err(_) => {}
        }
    }
}

/// A hook that writes a `tracing` event of the level warn, target `user_scope::audit`.
pub fn trace(suspicion: &Suspicion) {
    let Suspicion { kind, user_id, row, figure, usual, about, .. } = suspicion;
    let (entity, id) = row.as_ref().map(|(entity, id)| (entity.as_str(), id.as_str())).unzip();
    tracing::warn!(target: "user_scope::audit", %kind, user = user_id, entity, id, figure, usual, "{about}");
}

impl SuspicionKind {
    /// Whether it is told once a day, or again after a while.
    const fn is_of_a_day(self) -> bool {
        !matches!(self, Self::Denials)
    }
}
