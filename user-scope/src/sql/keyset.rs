//! A page: the rows behind a place in an order.
//!
//! Not `(a, b) > ($1, $2)`: with a NULL in it that is neither true nor false, and the rest of the rows would be
//! lost. The condition is written out, with NULL last in either direction.

use sqlx::Arguments as _;
use sqlx::error::BoxDynError;

use super::rows::Reach;
use super::{Selection, SqlText, arguments, predicate, select};
use crate::backend::{Backend, KeyValue, Query};
use crate::entity::{Condition, Direction, Entity, Key, Table};

/// `SELECT …, keys WHERE owner = $1 AND (filter) AND (behind) ORDER BY keys LIMIT $n`.
///
/// The order tells any two rows apart, and the last of its keys is never NULL. They are selected once more at the end,
/// whatever stands before them. `after` holds as many values as there are keys.
pub(crate) fn page<DB: Backend>(
    reach: &Reach<'_, DB>,
    columns: Option<&[usize]>,
    selection: &Selection,
    after: Option<&[KeyValue]>,
    rows: i64,
) -> Result<Query<DB>, BoxDynError> {
    let (entity, keys) = (reach.entity(), &selection.order);
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = arguments::<DB>(4 + keys.len());
    text.sql("SELECT ").selected(entity, columns).sql(", ").list(", ", keys, |text, key| {
        text.column(entity, key.column);
    });
    text.sql(" FROM ").table(entity);
    let keyword = reach.condition(&mut text, &mut arguments, selection.filter.as_ref(), selection.state)?;
    if let Some(values) = after {
        let keys: Vec<_> = keys.iter().zip(values).collect();
        text.sql(keyword).sql("(");
        behind::<DB>(&mut text, &mut arguments, entity, &keys)?;
        text.sql(")");
    }
    select::order(&mut text, entity, keys);
    text.limit();
    DB::add_integer(&mut arguments, rows)?;
    let keep = text.keep();
    Ok(Query { text: text.into_sql(), arguments, keep })
}

/// The rows that come after these values.
fn behind<DB: Backend>(
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    entity: &Entity,
    keys: &[(&Key, &KeyValue)],
) -> Result<(), BoxDynError> {
    let Some(((key, value), rest)) = keys.split_first() else {
        // Equal in everything: the row itself.
        text.sql("1 = 0");
        return Ok(());
    };
    let column = key.column;
    if matches!(value, KeyValue::Null) {
        // Only another NULL is not before it.
        text.column(entity, column).sql(" IS NULL AND (");
        behind::<DB>(text, arguments, entity, rest)?;
        text.sql(")");
        return Ok(());
    }
    let (beyond, not_before) = match key.direction {
        Direction::Ascending => (" > ", " >= "),
        Direction::Descending => (" < ", " <= "),
    };
    DB::add_key(arguments, value)?;
    let number = arguments.len();
    if rest.is_empty() {
        text.column(entity, column).sql(beyond).parameter();
    } else if key.nullable {
        text.column(entity, column).sql(beyond).parameter();
        text.sql(" OR ").column(entity, column).sql(" IS NULL OR (");
        text.column(entity, column).sql(" = ").parameter_again(number).sql(" AND (");
        behind::<DB>(text, arguments, entity, rest)?;
        text.sql("))");
    } else {
        // The first half alone bounds the scan of an index.
        text.column(entity, column).sql(not_before).parameter();
        text.sql(" AND (").column(entity, column).sql(beyond).parameter_again(number).sql(" OR (");
        behind::<DB>(text, arguments, entity, rest)?;
        text.sql("))");
    }
    Ok(())
}

/// A filter as it would be written and bound, for a fingerprint.
pub(crate) fn filter<DB: Backend>(
    table: Table<DB>,
    filter: &Condition,
) -> Result<(String, DB::Arguments), BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    predicate::write(&mut text, &mut arguments, table, filter.node())?;
    Ok((text.finish(), arguments))
}
