//! Tells what is suspicious as it happens: follows the log, and remembers of it only what counts.

mod seen;

use std::pin::pin;
use std::time::{Duration, Instant};

use self::seen::Seen;
use super::suspicious::{Suspicion, SuspicionKind, Thresholds};
use super::{LogFollower, Window};
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
    /// Drop it to end it earlier. A database that does not answer is asked again.
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
            match self.look(&mut follower, &mut seen, &mut rolled_up, &mut compared).await {
                Ok(found) => found.iter().for_each(&mut hook),
                Err(error) if !self.log.is_closed() => {
                    tracing::warn!(target: "user_scope::audit", %error, "the watch cannot look; it tries again");
                }
                Err(_) => {}
            }
            tokio::time::sleep(self.pause).await;
        }
        Ok(())
    }

    async fn look(
        &self,
        follower: &mut LogFollower<'_, DB>,
        seen: &mut Seen,
        rolled_up: &mut Instant,
        compared: &mut Option<Instant>,
    ) -> Result<Vec<Suspicion>> {
        let mut found = Vec::new();
        for row in follower.next().await? {
            found.extend(seen.see(&row));
        }
        if rolled_up.elapsed() > BETWEEN_ROLL_UPS {
            self.log.try_to_roll_up().await?;
            *rolled_up = Instant::now();
        }
        if seen.has_read_much() && compared.is_none_or(|compared: Instant| compared.elapsed() > BETWEEN_EXCESSES) {
            let today = Moment::now().midnight(0);
            let today = Window::between(today, today.midnight(1));
            let asked = observed(NAME, "list", pin!(self.log.excesses(today, &self.thresholds))).await?;
            found.extend(asked.into_iter().filter(|excess| seen.is_news(excess)));
            seen.compared();
            *compared = Some(Instant::now());
        }
        Ok(found)
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
