//! Which types of columns have a least and a greatest value, and which a sum.

use crate::backend::Backend;

/// A type of values of which databases agree which is less: what [`Query::min`](crate::Query::min) and
/// [`Query::max`](crate::Query::max) ask of a column.
///
/// Numbers, texts and times have it; implement it for a type of your own that is stored as one of them. How texts
/// compare is for the column's collation to say.
///
/// ```
/// struct Cents(i64);                                       // with sqlx::Type, and #[sqlx(transparent)]
///
/// impl user_scope::Ordered for Cents {}
/// impl user_scope::Summable for Cents {
///     type Total = i64;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "values of `{Self}` have no least and no greatest",
    label = "only a column of numbers, texts or times has one",
    note = "if it is stored as one of them, say so: `impl user_scope::Ordered for {Self} {{}}`"
)]
pub trait Ordered: Send + 'static {}

/// A type of values that can be added up by [`Query::sum`](crate::Query::sum).
///
/// Integers and floating-point numbers can; implement it for a type of your own that is stored as one of them.
#[diagnostic::on_unimplemented(
    message = "values of `{Self}` have no sum",
    label = "only a column of numbers has one",
    note = "if it is stored as a number, say so: `impl user_scope::Summable for {Self} {{ type Total = i64; }}`"
)]
pub trait Summable: Send + 'static {
    /// What the sum is: `i64` for integers, `f64` for other numbers.
    type Total: Total;
}

/// A sum: `i64` or `f64`. Sealed.
pub trait Total: sealed::Sealed + Send + 'static {
    /// Whether values are added as floating-point numbers.
    #[doc(hidden)]
    const IS_FLOAT: bool;

    /// Reads the sum of `values` values; `None` if it is no number that can be said.
    #[doc(hidden)]
    fn read<DB: Backend>(row: &DB::Row, position: usize, values: u64) -> sqlx::Result<Option<Self>>
    where
        Self: Sized;
}

impl Total for i64 {
    const IS_FLOAT: bool = false;

    fn read<DB: Backend>(row: &DB::Row, position: usize, values: u64) -> sqlx::Result<Option<Self>> {
        if values == 0 { Ok(Some(0)) } else { DB::get_integer(row, position).map(Some) }
    }
}

impl Total for f64 {
    const IS_FLOAT: bool = true;

    fn read<DB: Backend>(row: &DB::Row, position: usize, values: u64) -> sqlx::Result<Option<Self>> {
        if values == 0 {
            return Ok(Some(0.0));
        }
        // SQLite adds up to infinity where PostgreSQL fails, and gives NULL for what is no number.
        Ok(DB::get_float(row, position)?.filter(|total| total.is_finite()))
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for i64 {}
    impl Sealed for f64 {}
}

macro_rules! ordered {
    ($($type:ty),+) => { $(impl Ordered for $type {})+ };
}

macro_rules! summable {
    ($($type:ty),+ => $total:ty) => { $(impl Summable for $type { type Total = $total; })+ };
}

ordered!(i16, i32, i64, f32, f64, String);
#[cfg(feature = "chrono")]
ordered!(chrono::DateTime<chrono::Utc>, chrono::NaiveDateTime, chrono::NaiveDate, chrono::NaiveTime);
#[cfg(feature = "time")]
ordered!(time::OffsetDateTime, time::PrimitiveDateTime, time::Date, time::Time);

summable!(i16, i32, i64 => i64);
summable!(f32, f64 => f64);
