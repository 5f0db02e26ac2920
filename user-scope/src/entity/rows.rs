//! Rows into values. On PostgreSQL all rows of a result have columns of the same types: whether these are such as the
//! fields can be read from is looked at once for the first, and not for each value again. On SQLite each value has a type
//! of its own.

use super::{Codec, Stores, Table, UserScoped};
use crate::backend::{Backend, Dialect};

/// Whether no field need be looked at when `row`, or another of its result, is read.
fn fits<DB: Backend>(table: Table<DB>, row: &DB::Row) -> bool {
    let fits = |(column, codec): (usize, Codec<DB>)| codec.misfit(row, column).is_none();
    DB::DIALECT == Dialect::Sqlite || table.codecs().all(fits)
}

/// Why a row does not fit, if it does not after all. A NULL may stand in a column of any type, as sqlx has it.
fn misfit<DB: Backend>(table: Table<DB>, row: &DB::Row) -> sqlx::Result<()> {
    table.codecs().try_for_each(|(column, codec)| codec.read(row, column).map(drop))
}

/// Reads a row of which nothing is known.
pub(super) fn decode<T: UserScoped, DB: Stores<T>>(row: &DB::Row) -> sqlx::Result<T> {
    let table = Table::of::<T>();
    if !fits::<DB>(table, row) {
        misfit(table, row)?;
    }
    DB::decode_fitting(row)
}

/// Reads all rows of a result.
pub(crate) fn decode_all<T: UserScoped, DB: Stores<T>>(rows: &[DB::Row], into: &mut Vec<T>) -> sqlx::Result<()> {
    let table = Table::<DB>::of::<T>();
    let all_fit = match rows {
        [first, ..] => fits(table, first),
        [] => true,
    };
    into.reserve(rows.len());
    for row in rows {
        if !all_fit {
            misfit(table, row)?;
        }
        into.push(DB::decode_fitting(row)?);
    }
    Ok(())
}
