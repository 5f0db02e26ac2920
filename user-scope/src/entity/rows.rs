//! Rows into values. On PostgreSQL all rows of a result have columns of the same types: whether these are such as the fields can be
//! read from is looked at once for the first, and not for each value again. On SQLite each value has a type of its own.

use super::{Codec, Stores, UserScoped};
use crate::backend::Dialect;

/// Whether no field need be looked at when `row`, or another of its result, is read.
fn fits<T: UserScoped, DB: Stores<T>>(row: &DB::Row) -> bool {
    let fits = |(column, codec): (usize, Codec<DB>)| codec.misfit(row, column).is_none();
    DB::DIALECT == Dialect::Sqlite || codecs::<T, DB>().all(fits)
}

fn codecs<T: UserScoped, DB: Stores<T>>() -> impl Iterator<Item = (usize, Codec<DB>)> {
    let columns = 0..T::entity().definition().columns.len();
    columns.filter_map(|column| Some((column, <DB as Stores<T>>::codec(column)?)))
}

/// Reads a row of which nothing is known.
pub(super) fn decode<T: UserScoped, DB: Stores<T>>(row: &DB::Row) -> sqlx::Result<T> {
    if !fits::<T, DB>(row) {
        // A NULL may stand in a column of any type, as sqlx has it.
        for (column, codec) in codecs::<T, DB>() {
            codec.read(row, column)?;
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
