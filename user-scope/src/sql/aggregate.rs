//! What many rows come to: how many of each value, and their sum.

use sqlx::error::BoxDynError;

use super::rows::Reach;
use super::{Selection, SqlText, arguments};
use crate::backend::{Backend, Dialect, Query};

/// `SELECT column, count(*) … WHERE owner = $1 AND (…) GROUP BY column ORDER BY column`.
pub(crate) fn count_by<DB: Backend>(
    reach: &Reach<'_, DB>,
    selection: &Selection,
    column: usize,
) -> Result<Query<DB>, BoxDynError> {
    let entity = reach.entity();
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = arguments::<DB>(4);
    text.sql("SELECT ").column(entity, column).sql(", count(*) FROM ").table(entity);
    reach.condition(&mut text, &mut arguments, selection.filter.as_ref(), selection.state)?;
    text.sql(" GROUP BY ").column(entity, column).sql(" ORDER BY ").column(entity, column).sql(" ASC NULLS LAST");
    let keep = text.keep();
    Ok(Query { text: text.into_sql(), arguments, keep })
}

/// `SELECT sum(column), count(column) … WHERE owner = $1 AND (…)`, the sum as an integer of 64 bits, or as a
/// floating-point number.
pub(crate) fn sum<DB: Backend>(
    reach: &Reach<'_, DB>,
    selection: &Selection,
    column: usize,
    as_float: bool,
) -> Result<Query<DB>, BoxDynError> {
    let entity = reach.entity();
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = arguments::<DB>(4);
    // PostgreSQL adds up integers of 64 bits as `numeric`, which fits in none of ours. SQLite has no type to cast an
    // integer to that would refuse one that does not fit; its `sum` does by itself.
    let (before, after) = match (text.dialect(), as_float) {
        (Dialect::Postgres, false) => ("CAST(sum(", ") AS bigint)"),
        (Dialect::Postgres, true) => ("sum(CAST(", " AS double precision))"),
        (Dialect::Sqlite, false) => ("sum(", ")"),
        (Dialect::Sqlite, true) => ("total(", ")"),
    };
    text.sql("SELECT ").sql(before).column(entity, column).sql(after);
    text.sql(", count(").column(entity, column).sql(") FROM ").table(entity);
    reach.condition(&mut text, &mut arguments, selection.filter.as_ref(), selection.state)?;
    let keep = text.keep();
    Ok(Query { text: text.into_sql(), arguments, keep })
}
