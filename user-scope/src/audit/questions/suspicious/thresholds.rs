//! From when on something is suspicious.

use std::ops::RangeInclusive;
use std::time::Duration;

/// From when on something is suspicious. The defaults suit an application of people; one of machines asks more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Thresholds {
    pub(in crate::audit::questions) denials: u64,
    pub(in crate::audit::questions) within: Duration,
    pub(in crate::audit::questions) distinct_rows: u64,
    pub(in crate::audit::questions) probing_users: u64,
    pub(in crate::audit::questions) excess_rows: u64,
    pub(super) times_usual: u64,
    pub(super) usual_days: u32,
    pub(super) hours: Option<RangeInclusive<u8>>,
    pub(super) most: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            denials: 20,
            within: Duration::from_secs(3_600),
            distinct_rows: 25,
            probing_users: 3,
            excess_rows: 1_000,
            times_usual: 10,
            usual_days: 28,
            hours: None,
            most: 20,
        }
    }
}

impl Thresholds {
    /// Denials of one user within a [while](Self::within); 20 unless set.
    #[must_use]
    pub fn denials(self, denials: u64) -> Self {
        Self { denials: denials.max(1), ..self }
    }

    /// That while: an hour unless set, in whole seconds. It is laid out from 1970 on: a burst that falls into two counts in each.
    #[must_use]
    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// Different rows of others that one user asks for; 25 unless set.
    #[must_use]
    pub fn distinct_rows(self, rows: u64) -> Self {
        Self { distinct_rows: rows.max(1), ..self }
    }

    /// Users who ask for one row that is not theirs; 3 unless set.
    #[must_use]
    pub fn probing_users(self, users: u64) -> Self {
        Self { probing_users: users.max(1), ..self }
    }

    /// Rows that a user reads on a day (UTC), and how many times what is usual for him that is; 1,000 and 10 unless set. Usual is
    /// what he read on those of the [days before](Self::usual_days) on which he did; before he has three of them, nothing is.
    #[must_use]
    pub fn excess(self, rows: u64, times_usual: u64) -> Self {
        Self { excess_rows: rows, times_usual: times_usual.max(1), ..self }
    }

    /// How many days before tell what is usual, of reading and of system contexts; 28 unless set, at least 3.
    #[must_use]
    pub fn usual_days(self, days: u32) -> Self {
        Self { usual_days: days.clamp(3, 3_650), ..self }
    }

    /// The hours (UTC, 0 to 23) at which system contexts are usual. Unless set, those at which the same administrator had some
    /// before, and the hours beside them, once he had twenty.
    #[must_use]
    pub fn hours(self, hours: RangeInclusive<u8>) -> Self {
        Self { hours: Some(hours), ..self }
    }

    /// How many of each kind at most; 20 unless set.
    #[must_use]
    pub fn most(self, most: u32) -> Self {
        Self { most, ..self }
    }

    pub(super) fn within_seconds(&self) -> i64 {
        i64::try_from(self.within.as_secs()).unwrap_or(i64::MAX).clamp(1, 86_400 * 366)
    }
}
