//! From when until when.

use std::time::Duration;

use crate::entity::Moment;
use crate::sql::{Between, Days};

/// From a moment, which counts, until another, which does not.
///
/// ```
/// use std::time::Duration;
/// use user_scope::audit::Window;
///
/// let month = Window::last(Duration::from_secs(30 * 86_400));
/// assert!(month.from() < month.until());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    from: Moment,
    until: Moment,
}

impl Window {
    /// From `from` until `until`.
    pub const fn between(from: Moment, until: Moment) -> Self {
        Self { from, until }
    }

    /// What was in the last `duration`, and what the database's clock, which may go before ours, has written since.
    pub fn last(duration: Duration) -> Self {
        const AHEAD: i64 = 60_000_000;
        let now = Moment::now().unix_micros();
        let duration = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        let (from, until) = (now.saturating_sub(duration), now.saturating_add(AHEAD));
        Self::between(Moment::from_unix_micros(from), Moment::from_unix_micros(until))
    }

    /// The first moment in it.
    pub const fn from(self) -> Moment {
        self.from
    }

    /// The first moment behind it.
    pub const fn until(self) -> Moment {
        self.until
    }

    pub(in crate::audit) const fn between_micros(self) -> Between {
        Between { from: self.from.unix_micros(), until: self.until.unix_micros() }
    }

    /// Each day (UTC) that it touches, the newest first.
    pub(super) fn each_day(self) -> impl Iterator<Item = Moment> {
        let first = self.from.midnight(0);
        let last = Moment::from_unix_micros(self.until.unix_micros().saturating_sub(1)).midnight(0);
        std::iter::successors(Some(last), |day| Some(day.midnight(-1))).take_while(move |day| *day >= first)
    }

    /// The days (UTC) that it touches, with so many before them.
    pub(super) fn days(self, before: i64) -> Days {
        let last = Moment::from_unix_micros(self.until.unix_micros().saturating_sub(1));
        Days { from: self.from.midnight(-before).day(), until: last.midnight(1).day() }
    }
}
