//! How the log is kept: in partitions of a month on PostgreSQL ([`partition`]), copied out ([`LogExport`]), and let go
//! ([`LogPurge`]). Months are those of UTC, and are let go as a whole: no seal crosses one.

mod export;
mod partition;
mod partitions;
mod purge;

pub use export::LogExport;
pub use partition::{Partitioned, partition};
pub use purge::{LogPurge, Purgeable};

use crate::entity::Moment;

/// The first moment of the next month.
pub(crate) fn next_month() -> Moment {
    month(Moment::now(), 1)
}

/// The first day of the month, so many months after that of the moment.
fn month(of: Moment, after: u32) -> Moment {
    let mut first = of;
    for _ in 0..after {
        // Behind its 28th day every month ends within four days.
        first = beginning(beginning(first).midnight(32));
    }
    beginning(first)
}

/// The first moment of its month.
fn beginning(moment: Moment) -> Moment {
    let day = moment.day();
    let first = day.rsplit_once('-').and_then(|(month, _)| Moment::of_day(&format!("{month}-01")));
    first.unwrap_or_else(|| moment.midnight(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_one_another() {
        let of = |day: &str, after| Moment::of_day(day).map(|moment| month(moment, after).day());
        assert_eq!(of("2026-11-27", 0).as_deref(), Some("2026-11-01"));
        assert_eq!(of("2026-11-30", 1).as_deref(), Some("2026-12-01"));
        assert_eq!(of("2026-12-31", 3).as_deref(), Some("2027-03-01"));
        assert_eq!(of("2027-01-31", 1).as_deref(), Some("2027-02-01"));
    }
}
