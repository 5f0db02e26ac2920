//! What in the log is unlike what is usual: asked for a time that has passed ([`Suspicions`]), or told as it happens
//! ([`AuditWatch`](super::watch)). What counts as such are [`Thresholds`], and what comes of it is a [`Suspicion`].

mod asking;
mod lately;
mod receipts;
mod thresholds;

use std::pin::pin;
use std::time::Duration;

use asking::Asking;
pub(super) use receipts::Known;
pub use thresholds::Thresholds;

use super::Window;
use crate::audit::TrailRow;
use crate::audit::log::{AuditLog, NAME};
use crate::backend::Backend;
use crate::error::Result;
use crate::observe::observed;
use crate::sql::Span;
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

impl Suspicion {
    pub(super) const fn new(kind: SuspicionKind, window: Window, figure: u64, usual: u64, about: String) -> Self {
        Self { kind, user_id: None, row: None, window, figure, usual, about, samples: Vec::new() }
    }

    pub(super) fn of_user(self, user_id: impl Into<String>) -> Self {
        Self { user_id: Some(user_id.into()), ..self }
    }

    pub(super) fn of_row(self, entity_type: String, id: String) -> Self {
        Self { row: Some((entity_type, id)), ..self }
    }

    pub(super) fn shown_by(self, samples: Vec<TrailRow>) -> Self {
        Self { samples, ..self }
    }
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
