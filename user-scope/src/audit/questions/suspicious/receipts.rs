//! System contexts at unusual hours, or for reasons that nobody gave before.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::{Asking, Suspicion, SuspicionKind, Thresholds, Window};
use crate::audit::{Operation, TrailRow};
use crate::backend::Backend;
use crate::entity::Moment;
use crate::error::Result;
use crate::sql::Wanted;

/// As many receipts are looked at, the newest.
const MOST: u32 = 10_000;
/// Before there are so many, nothing is usual.
const ENOUGH: usize = 20;

impl<DB: Backend> Asking<'_, DB> {
    /// Those until the end of the window, oldest first, with those before it that tell what is usual.
    async fn all_receipts(&mut self) -> Result<Vec<TrailRow>> {
        let before = i64::from(self.thresholds.usual_days);
        let wanted = Wanted {
            operation: Some(Operation::SystemAccess.as_str()),
            from: Some(self.window.from().midnight(-before).unix_micros()),
            until: Some(self.window.until().unix_micros()),
            ..Wanted::default()
        };
        let mut rows = self.rows(&wanted, MOST).await?;
        rows.reverse();
        Ok(rows)
    }

    /// What is usual of them.
    pub(super) async fn known(&mut self) -> Result<Known> {
        let mut known = Known::default();
        self.all_receipts().await?.iter().for_each(|row| known.learn(row));
        Ok(known)
    }

    /// `own` is the receipt of who asks: that he does is no news to him.
    pub(super) async fn receipts(&mut self, own: &str) -> Result<Vec<Suspicion>> {
        let rows = self.all_receipts().await?;
        let from = self.window.from().to_string();
        let (mut known, mut found) = (Known::default(), Vec::new());
        // What was once looked at is known from then on.
        for row in rows.iter().filter(|row| row.entity_id.as_deref() != Some(own)) {
            if row.timestamp >= from {
                found.extend(known.suspicions(row, self.thresholds));
            }
            known.learn(row);
        }
        found.reverse();
        for kind in [SuspicionKind::UnusualHour, SuspicionKind::NewReason] {
            let mut left = self.thresholds.most;
            found.retain(|suspicion| {
                let is_left = suspicion.kind != kind || left > 0;
                left = left.saturating_sub(u32::from(suspicion.kind == kind));
                is_left
            });
        }
        Ok(found)
    }
}

/// What is usual of system contexts.
#[derive(Debug, Default)]
pub(in crate::audit::questions) struct Known {
    /// How many each administrator had, and at which hours.
    hours: HashMap<String, (usize, u32)>,
    reasons: HashSet<String>,
    receipts: usize,
}

impl Known {
    pub(in crate::audit::questions) fn learn(&mut self, receipt: &TrailRow) {
        let (count, hours) = self.hours.entry(receipt.user_id.clone()).or_default();
        *count += 1;
        *hours |= hour(receipt).map_or(0, around);
        self.reasons.extend(reason(receipt).as_deref().map(plain));
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
        if self.receipts >= ENOUGH && !self.reasons.contains(&plain(&told)) {
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
