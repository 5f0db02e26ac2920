//! Points in time that the library writes itself: `created_at` and `updated_at`.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A type that can hold the time of a write.
///
/// Implemented for `chrono::DateTime<Utc>` and `chrono::NaiveDateTime` (feature `chrono`) and for
/// `time::OffsetDateTime` and `time::PrimitiveDateTime` (feature `time`), all in UTC.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold the time of a write",
    label = "not a timestamp",
    note = "use `DateTime<Utc>` or `NaiveDateTime` with the feature `chrono`, or `OffsetDateTime` or `PrimitiveDateTime` with the feature `time`"
)]
pub trait Timestamp: Sized {
    /// Which of them it is: marks of two types do not compare.
    #[doc(hidden)]
    const KIND: u8 = 0;

    /// The timestamp of `moment`.
    fn at(moment: Moment) -> Self;
}

/// The time of a write, in whole microseconds since 1970: what every database can store, so that a row that is
/// read back equals the row that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

impl Moment {
    /// This moment.
    pub fn now() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }

    /// The moment so many microseconds after 1970-01-01T00:00:00Z.
    pub const fn from_unix_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// The first moment of the day (UTC) so many days after its own.
    #[must_use]
    pub const fn midnight(self, days: i64) -> Self {
        Self(self.0.div_euclid(DAY).saturating_add(days).saturating_mul(DAY))
    }

    /// The first moment of the day (UTC) with which a text begins, such as `2026-01-31`; `None` if it begins with none.
    ///
    /// ```
    /// # use user_scope::Moment;
    /// assert_eq!(Moment::of_day("2026-01-31T12:00").map(|day| day.day()).as_deref(), Some("2026-01-31"));
    /// assert_eq!(Moment::of_day("2026-02-30"), None);
    /// ```
    pub fn of_day(text: &str) -> Option<Self> {
        let part = |range: std::ops::Range<usize>| {
            text.get(range).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse::<i64>().ok()
        };
        let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
        if text.get(4..5)? != "-" || text.get(7..8)? != "-" || !(1..=12).contains(&month) {
            return None;
        }
        let moment = Self(days_of(year, month, day).saturating_mul(DAY));
        // A day that is not in the calendar comes out as another.
        (civil(moment.0.div_euclid(DAY)) == (year, month, day)).then_some(moment)
    }

    /// Its day in UTC: `2026-01-31`.
    pub fn day(self) -> String {
        let (year, month, day) = civil(self.0.div_euclid(DAY));
        format!("{year:04}-{month:02}-{day:02}")
    }
}

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// As the log prints it: `2026-01-31T23:59:59.000000+00:00`, always of this form.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.rem_euclid(DAY);
        let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
        let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        write!(f, "{}T{hours:02}:{minutes:02}:{seconds:02}.{micros:06}+00:00", self.day())
    }
}

/// The reverse of [`civil`], `days_from_civil` there.
const fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar: Howard Hinnant, "chrono-Compatible Low-Level
/// Date Algorithms", `civil_from_days`.
const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(feature = "chrono")]
impl Timestamp for chrono::DateTime<chrono::Utc> {
    const KIND: u8 = 1;

    fn at(moment: Moment) -> Self {
        Self::from_timestamp_micros(moment.0).unwrap_or(Self::MAX_UTC)
    }
}

#[cfg(feature = "chrono")]
impl Timestamp for chrono::NaiveDateTime {
    const KIND: u8 = 2;

    fn at(moment: Moment) -> Self {
        chrono::DateTime::<chrono::Utc>::at(moment).naive_utc()
    }
}

#[cfg(feature = "time")]
impl Timestamp for time::OffsetDateTime {
    const KIND: u8 = 3;

    fn at(moment: Moment) -> Self {
        Self::from_unix_timestamp_nanos(i128::from(moment.0) * 1_000).unwrap_or(Self::UNIX_EPOCH)
    }
}

#[cfg(feature = "time")]
impl Timestamp for time::PrimitiveDateTime {
    const KIND: u8 = 4;

    fn at(moment: Moment) -> Self {
        let moment = time::OffsetDateTime::at(moment);
        Self::new(moment.date(), moment.time())
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn moments_print_as_the_log_does() {
        let told = |seconds: i64| Moment::from_unix_micros(seconds * 1_000_000).to_string();
        assert_eq!(told(0), "1970-01-01T00:00:00.000000+00:00");
        assert_eq!(told(951_782_400), "2000-02-29T00:00:00.000000+00:00");
        assert_eq!(told(4_107_542_399), "2100-02-28T23:59:59.000000+00:00");
        assert_eq!(told(-1), "1969-12-31T23:59:59.000000+00:00");
        assert_eq!(Moment::from_unix_micros(951_782_399_999_999).midnight(1).day(), "2000-02-29");
    }
}
