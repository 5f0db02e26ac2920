//! Points in time that the library writes itself: `created_at` and `updated_at`.

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

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn unix_micros(self) -> i64 {
        self.0
    }
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
