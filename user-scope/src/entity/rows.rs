//! Rows into values. On PostgreSQL all rows of a result have columns of the same types: whether these are such as the fields can be
//! read from is looked at once for the first, and not for each value again. On SQLite each value has a type of its own.

use super::{Stores, UserScoped};
use crate::backend::Dialect;

/// Whether no field need be looked at when `row`, or another of its result, is read.
fn fits<T: UserScoped, DB: Stores<T>>(row: &DB::Row) -> bool {
    let mut columns = 0..T::entity().definition().columns.len();
    DB::DIALECT == Dialect::Sqlite || columns.all(|column| DB::misfit(column, row, column).is_none())
}

/// Reads a row of which nothing is known.
pub(super) fn decode<T: UserScoped, DB: Stores<T>>(row: &DB::Row) -> sqlx::Result<T> {
    if !fits::<T, DB>(row) {
        // A NULL may stand in a column of any type, as sqlx has it.
        for column in 0..T::entity().definition().columns.len() {
            DB::read(column, row, column)?;
        }
    }
    DB::decode_fitting(row)
}

/// Reads all rows of a result.
pub(crate) fn decode_all<T: UserScoped, DB: Stores<T>>(rows: &[DB::Row]) -> sqlx::Result<Vec<T>> {
    match rows.first().is_none_or(fits::<T, DB>) {
        true => rows.iter().map(DB::decode_fitting).collect(),
        false => rows.iter().map(DB::decode).collect(),
    }
}
