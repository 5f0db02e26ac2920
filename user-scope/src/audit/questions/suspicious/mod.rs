//! What in the log is unlike what is usual: asked for a time that has passed ([`Suspicions`]), or told as it happens
//! ([`AuditWatch`](super::watch)). What counts as such are [`Thresholds`], and what comes of it is a [`Suspicion`].

mod receipts;
mod thresholds;

use std::pin::pin;
use std::time::Duration;

pub(super) use receipts::Known;
pub use thresholds::Thresholds;

use super::Window;
use super::patterns::count;
use crate::audit::log::{AuditLog, NAME, reading};
use crate::audit::trail::read;
use crate::audit::{Operation, TrailRow};
use crate::backend::{Backend, Query};
use crate::entity::Moment;
use crate::error::{Error, Result};
use crate::identifier::{IdKind, IdValue};
use crate::lease::Lease;
use crate::observe::observed;
use crate::sql::{self, Excess, Span, Wanted};
use crate::state::Passage;

/// What is suspicious about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SuspicionKind {
    /// One user asked for rows of others many times in a short while.
    Denials,
    /// One user asked for many different rows of others, as who tries one id after the other.
    Enumeration,
    /// Many users asked for one row that is not theirs.
    ProbedRow,
    /// A user read far more on a day than he usually does.
    Excess,
    /// A system context was made at an hour that is not usual.
    UnusualHour,
    /// A system context was made for a reason that is not known.
    NewReason,
}

impl SuspicionKind {
    /// A word for it, that stays the same.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Denials => "denials",
            Self::Enumeration => "enumeration",
            Self::ProbedRow => "probed_row",
            Self::Excess => "excess",
            Self::UnusualHour => "unusual_hour",
            Self::NewReason => "new_reason",
        }
    }
}

impl std::fmt::Display for SuspicionKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that is worth a look.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Suspicion {
    /// What is suspicious.
    pub kind: SuspicionKind,
    /// Who did it, as text; nobody where many did.
    pub user_id: Option<String>,
    /// Which row it was about, by the entity's name and the row's id.
    pub row: Option<(String, String)>,
    /// When it was.
    pub window: Window,
    /// How often, or how much: denials, different rows, users, rows that were read, or the hour of the day (UTC).
    pub figure: u64,
    /// What it is compared with: the threshold, or what is usual for this user.
    pub usual: u64,
    /// What happened, in words.
    pub about: String,
    /// Some rows of the log that show it, newest first.
    pub samples: Vec<TrailRow>,
}

/// A question for what is suspicious; from [`AuditLog::suspicious`].
#[derive(Debug)]
#[must_use = "a question does nothing until `all` is awaited"]
pub struct Suspicions<'a, DB: Backend> {
    log: &'a AuditLog<'a, DB>,
    window: Window,
    thresholds: Thresholds,
}

impl<DB: Backend> AuditLog<'_, DB> {
    /// What was suspicious within a time.
    ///
    /// Denials are found by indexes of their own, and reading by the roll-up: what it costs goes with the denials in the window
    /// and with the users and days, not with the size of the log.
    ///
    /// ```
    /// # async fn f<DB: user_scope::Backend>(system: user_scope::SystemContext<DB>) -> user_scope::Result<()> {
    /// use std::time::Duration;
    /// use user_scope::audit::{Thresholds, Window};
    ///
    /// let day = Window::last(Duration::from_secs(86_400));
    /// let found = system.audit().suspicious(day).thresholds(Thresholds::default().denials(10)).all().await?;
    /// for suspicion in found {
    ///     println!("{}: {}", suspicion.kind, suspicion.about);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn suspicious(&self, window: Window) -> Suspicions<'_, DB> {
        Suspicions { log: self, window, thresholds: Thresholds::default() }
    }
}

impl<DB: Backend> Suspicions<'_, DB> {
    /// From when on something is suspicious.
    pub fn thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// What is suspicious, each kind by itself, the worst of it first.
    ///
    /// # Errors
    ///
    /// As [`LogRows::all`](super::LogRows::all).
    pub async fn all(self) -> Result<Vec<Suspicion>> {
        observed(NAME, "list", pin!(self.asked())).await
    }

    async fn asked(self) -> Result<Vec<Suspicion>> {
        self.log.try_to_roll_up().await?;
        let (mut asking, passage, since) = self.log.asking(self.window, &self.thresholds).await?;
        let mut found = asking.bursts().await?;
        found.extend(asking.enumerations().await?);
        found.extend(asking.probed().await?);
        found.extend(asking.excesses(&since).await?);
        let own = self.log.receipt().to_string();
        found.extend(asking.receipts(&own).await?);
        drop((asking, passage));
        self.log.tell_asked(found.len()).await;
        Ok(found)
    }
}

impl<DB: Backend> AuditLog<'_, DB> {
    async fn asking<'t>(&self, window: Window, thresholds: &'t Thresholds) -> Result<(Asking<'t, DB>, Passage, Span)> {
        let (lease, passage, since) = self.snapshot().await?;
        Ok((Asking { lease, users: self.kind_of_users(), thresholds, window }, passage, since))
    }

    /// Who read too much, and nothing else; for a watch, whose every look need not be recorded.
    pub(super) async fn excesses(&self, window: Window, thresholds: &Thresholds) -> Result<Vec<Suspicion>> {
        let (mut asking, _passage, since) = self.asking(window, thresholds).await?;
        asking.excesses(&since).await
    }

    /// What is usual of system contexts until now.
    pub(super) async fn known_receipts(&self, thresholds: &Thresholds) -> Result<Known> {
        let (mut asking, _passage, _) = self.asking(Window::last(Duration::ZERO), thresholds).await?;
        asking.known().await
    }
}

/// One question after the other, on one connection.
struct Asking<'a, DB: Backend> {
    lease: Lease<DB>,
    users: IdKind,
    thresholds: &'a Thresholds,
    window: Window,
}

/// How many rows show what is meant.
const SAMPLES: u32 = 5;

impl<DB: Backend> Asking<'_, DB> {
    async fn rows(&mut self, query: Result<Query<DB>, sqlx::error::BoxDynError>) -> Result<Vec<DB::Row>> {
        let query = query.map_err(|error| Error::unbindable(NAME, error))?;
        DB::fetch_all(self.lease.connection(), query).await.map_err(reading)
    }

    fn user(&self, row: &DB::Row) -> Result<IdValue> {
        DB::get_id(row, 0, self.users).map_err(reading)
    }

    async fn samples(&mut self, wanted: Wanted, window: Window) -> Result<Vec<TrailRow>> {
        let (from, until) = (Some(window.from().unix_micros()), Some(window.until().unix_micros()));
        let rows = self.rows(sql::select_rows(&Wanted { from, until, ..wanted }, SAMPLES)).await?;
        rows.iter().map(|row| read::<DB>(row, true)).collect::<sqlx::Result<_>>().map_err(reading)
    }

    async fn bursts(&mut self) -> Result<Vec<Suspicion>> {
        let (seconds, least) = (self.thresholds.within_seconds(), self.thresholds.denials);
        let between = self.window.between_micros();
        let rows = self.rows(sql::bursts(between, seconds, signed(least), self.thresholds.most)).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let user = self.user(&row)?;
            let stretch = DB::get_integer(&row, 1).map_err(reading)?;
            let figure = count::<DB>(&row, 2).map_err(reading)?;
            let micros =
                |stretch: i64| Moment::from_unix_micros(stretch.saturating_mul(seconds).saturating_mul(1_000_000));
            let window = Window::between(micros(stretch), micros(stretch.saturating_add(1)));
            let samples = self.samples(denied_to(&user), window).await?;
            let about = format!("{user} asked {figure} times for rows of others within {seconds} seconds");
            let kind = SuspicionKind::Denials;
            found.push(Suspicion {
                kind,
                user_id: Some(user.into_text()),
                row: None,
                window,
                figure,
                usual: least,
                about,
                samples,
            });
        }
        Ok(found)
    }

    async fn enumerations(&mut self) -> Result<Vec<Suspicion>> {
        let (window, least) = (self.window, self.thresholds.distinct_rows);
        let rows = self.rows(sql::enumerations(window.between_micros(), signed(least), self.thresholds.most)).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let user = self.user(&row)?;
            let (figure, times) = (count::<DB>(&row, 1).map_err(reading)?, count::<DB>(&row, 2).map_err(reading)?);
            let samples = self.samples(denied_to(&user), window).await?;
            let about = format!("{user} asked for {figure} different rows of others, {times} times in all");
            let kind = SuspicionKind::Enumeration;
            found.push(Suspicion {
                kind,
                user_id: Some(user.into_text()),
                row: None,
                window,
                figure,
                usual: least,
                about,
                samples,
            });
        }
        Ok(found)
    }

    async fn probed(&mut self) -> Result<Vec<Suspicion>> {
        let (window, least) = (self.window, self.thresholds.probing_users);
        let rows = self.rows(sql::probed(window.between_micros(), signed(least), self.thresholds.most)).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let entity = DB::get_text(&row, 0).map_err(reading)?.unwrap_or_default();
            let id = DB::get_text(&row, 1).map_err(reading)?.unwrap_or_default();
            let (figure, times) = (count::<DB>(&row, 2).map_err(reading)?, count::<DB>(&row, 3).map_err(reading)?);
            let wanted = Wanted {
                operation: Some(Operation::UnauthorizedAccess.as_str()),
                entity_type: Some(entity.clone()),
                entity_id: Some(id.clone()),
                ..Wanted::default()
            };
            let samples = self.samples(wanted, window).await?;
            let about = format!("{figure} users asked for {entity} {id}, which is not theirs, {times} times in all");
            let (kind, row) = (SuspicionKind::ProbedRow, Some((entity, id)));
            found.push(Suspicion { kind, user_id: None, row, window, figure, usual: least, about, samples });
        }
        Ok(found)
    }

    async fn excesses(&mut self, since: &Span) -> Result<Vec<Suspicion>> {
        let rows = self.rows(sql::excesses(&self.excess(), since, self.thresholds.most)).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let user = self.user(&row)?;
            let day = DB::get_text(&row, 1).map_err(reading)?.unwrap_or_default();
            let (figure, times) = (count::<DB>(&row, 2).map_err(reading)?, count::<DB>(&row, 3).map_err(reading)?);
            let usual = count::<DB>(&row, 4).map_err(reading)?;
            let window = Window::of_day(&day).unwrap_or(self.window);
            let wanted = Wanted { user: Some(user.clone()), ..Wanted::default() };
            let samples = self.samples(wanted, window).await?;
            let about = format!("{user} read {figure} rows on {day}, in {times} accesses; {usual} a day are usual");
            let kind = SuspicionKind::Excess;
            found.push(Suspicion {
                kind,
                user_id: Some(user.into_text()),
                row: None,
                window,
                figure,
                usual,
                about,
                samples,
            });
        }
        Ok(found)
    }

    fn excess(&self) -> Excess {
        let usual_days = i64::from(self.thresholds.usual_days);
        Excess {
            days: self.window.days(0),
            with_usual: self.window.days(usual_days),
            usual_days,
            least_rows: signed(self.thresholds.excess_rows),
            times: signed(self.thresholds.times_usual),
        }
    }
}

fn denied_to(user: &IdValue) -> Wanted {
    let operation = Some(Operation::UnauthorizedAccess.as_str());
    Wanted { user: Some(user.clone()), operation, ..Wanted::default() }
}

fn signed(figure: u64) -> i64 {
    i64::try_from(figure).unwrap_or(i64::MAX)
}
