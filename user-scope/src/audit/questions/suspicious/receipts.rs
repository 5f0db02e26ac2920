//! System contexts at unusual hours, or for reasons that nobody gave before.

use std::collections::VecDeque;
use std::time::Duration;

use super::lately::Lately;
use super::{Asking, Suspicion, SuspicionKind, Thresholds, Window};
use crate::audit::TrailRow;
use crate::backend::Backend;
use crate::entity::Moment;
use crate::error::Result;
use crate::sql::{self, Between};

/// So many administrators, and so many reasons, are known at least: those that were seen last. One that was not seen for longer
/// is new again.
const KNOWN: usize = 10_000;
/// Before there are so many, nothing is usual.
const ENOUGH: usize = 20;

impl<DB: Backend> Asking<'_, DB> {
    /// Looks at those until the end of the window, oldest first, with those before it that tell what is usual. However many there
    /// are, one after the other is held.
    async fn each_receipt(&mut self, look: impl FnMut(&TrailRow) + Send) -> Result<()> {
        let before = i64::from(self.thresholds.usual_days);
        let from = self.window.from().midnight(-before).unix_micros();
        let between = Between { from, until: self.window.until().unix_micros() };
        self.each_row(sql::receipts(between), look).await
    }

    /// What is usual of them.
    pub(super) async fn known(&mut self) -> Result<Known> {
        let mut known = Known::default();
        self.each_receipt(|row| known.learn(row)).await?;
        Ok(known)
    }

    /// `own` is the receipt of who asks: that he does is no news to him.
    pub(super) async fn receipts(&mut self, own: &str) -> Result<Vec<Suspicion>> {
        let (from, thresholds) = (self.window.from().to_string(), self.thresholds);
        let most = usize::try_from(thresholds.most).unwrap_or(usize::MAX);
        let mut known = Known::default();
        let (mut hours, mut reasons) = (VecDeque::new(), VecDeque::new());
        self.each_receipt(|row| {
            if row.entity_id.as_deref() == Some(own) {
                return;
            }
            if row.timestamp >= from {
                for suspicion in known.suspicions(row, thresholds) {
                    let of_kind = if suspicion.kind == SuspicionKind::NewReason { &mut reasons } else { &mut hours };
                    of_kind.push_front(suspicion);
                    of_kind.truncate(most);
                }
            }
            // What was once looked at is known from then on.
            known.learn(row);
        })
        .await?;
        Ok(hours.into_iter().chain(reasons).collect())
    }
}

/// What is usual of system contexts.
#[derive(Debug)]
pub(in crate::audit::questions) struct Known {
    /// How many each administrator had, and at which hours.
    hours: Lately<(usize, u32)>,
    reasons: Lately<()>,
    receipts: usize,
}

impl Default for Known {
    fn default() -> Self {
        Self { hours: Lately::holding(KNOWN), reasons: Lately::holding(KNOWN), receipts: 0 }
    }
}

impl Known {
    pub(in crate::audit::questions) fn learn(&mut self, receipt: &TrailRow) {
        let (count, hours) = self.hours.see(&receipt.user_id);
        *count += 1;
        *hours |= hour(receipt).map_or(0, around);
        if let Some(reason) = reason(receipt) {
            self.reasons.see(&plain(&reason));
        }
        self.receipts += 1;
    }

    pub(in crate::audit::questions) fn suspicions(
        &self,
        receipt: &TrailRow,
        thresholds: &Thresholds,
    ) -> Vec<Suspicion> {
        let mut found = Vec::new();
        let user = &receipt.user_id;
        let mut suspect = |kind, figure: u64, usual: u64, about: String| {
            let window = Window::of_day(&receipt.timestamp).unwrap_or_else(|| Window::last(Duration::ZERO));
            let suspicion = Suspicion::new(kind, window, figure, usual, about).of_user(user);
            found.push(suspicion.shown_by(vec![receipt.clone()]));
        };
        let told = reason(receipt).unwrap_or_default();
        if let Some(hour) = hour(receipt) {
            let (count, hours) = self.hours.get(user).copied().unwrap_or_default();
            let is_unusual = match &thresholds.hours {
                Some(usual) => !usual.contains(&hour),
                None => count >= ENOUGH && hours & (1 << hour) == 0,
            };
            if is_unusual {
                let about = format!("{user} acted for all users at {hour} o'clock (UTC), which is not usual: {told}");
                suspect(SuspicionKind::UnusualHour, u64::from(hour), count as u64, about);
            }
        }
        if self.receipts >= ENOUGH && self.reasons.get(&plain(&told)).is_none() {
            let about = format!("{user} acted for all users for a reason that is new: {told}");
            suspect(SuspicionKind::NewReason, 1, self.reasons.len() as u64, about);
        }
        found
    }
}

/// The hour of a row's time, which is of a fixed form.
fn hour(row: &TrailRow) -> Option<u8> {
    row.timestamp.get(11..13)?.parse().ok().filter(|hour| *hour < 24)
}

/// An hour and those beside it, as bits.
const fn around(hour: u8) -> u32 {
    1 << hour | 1 << ((hour + 1) % 24) | 1 << ((hour + 23) % 24)
}

/// Without what tells one case from another: `case 4711` and `case 4712` are one reason.
fn plain(reason: &str) -> String {
    let mut plain = String::with_capacity(reason.len());
    for character in reason.chars().flat_map(char::to_lowercase) {
        match character {
            '0'..='9' if plain.ends_with('#') => {}
            '0'..='9' => plain.push('#'),
            other => plain.push(other),
        }
    }
    plain
}

/// The reason in a receipt's details, which are the library's own: `{"reason": "…"}`, by whichever database printed.
fn reason(row: &TrailRow) -> Option<String> {
    let details = row.details.as_deref()?;
    let (_, rest) = details.split_once("\"reason\"")?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let mut told = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return Some(told),
            // The escape itself is enough to tell one reason from another.
            '\\' => told.extend(['\\', characters.next()?]),
            other => told.push(other),
        }
    }
}

impl Window {
    /// The day (UTC) of a text that begins with it: `2026-01-31…`.
    pub(in crate::audit::questions) fn of_day(text: &str) -> Option<Self> {
        let day = Moment::of_day(text)?;
        Some(Self::between(day, day.midnight(1)))
    }
}
