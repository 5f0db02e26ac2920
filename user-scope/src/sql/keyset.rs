//! A page: the rows behind a place in an order.
//!
//! Not `(a, b) > ($1, $2)`: with a NULL in it that is neither true nor false, and the rest of the rows would be
//! lost. The condition is written out, with NULL last in either direction.

use sqlx::Arguments as _;
use sqlx::error::BoxDynError;

use super::rows::{State, condition};
use super::{SqlText, arguments, predicate, select};
use crate::backend::{Backend, KeyValue, Query};
use crate::context::Scope;
use crate::entity::{Direction, Order, Predicate, Stores, UserScoped};

/// `SELECT …, keys WHERE owner = $1 AND (filter) AND (behind) ORDER BY keys LIMIT $n`.
///
/// `keys` tell any two rows apart, and the last of them is never NULL. They are selected once more at the end, whatever
/// stands before them. `after` holds as many values as there are keys.
pub(crate) fn page<T: UserScoped, DB: Stores<T>>(
    scope: &Scope<'_, T::Owner>,
    columns: Option<&[usize]>,
    filter: Option<&Predicate<T>>,
    state: State,
    keys: &[Order<T>],
    after: Option<&[KeyValue]>,
    rows: i64,
) -> Result<Query<DB>, BoxDynError> {
    let entity = T::entity();
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = arguments::<DB>(4 + keys.len());
    text.sql("SELECT ").selected(entity, columns).sql(", ").list(", ", keys, |text, key| {
        text.column(entity, key.column);
    });
    text.sql(" FROM ").table(entity);
    let keyword = condition::<T, DB>(&mut text, &mut arguments, scope, filter, state)?;
    if let Some(values) = after {
        let keys: Vec<_> = keys.iter().zip(values).collect();
        text.sql(keyword).sql("(");
        behind::<T, DB>(&mut text, &mut arguments, &keys)?;
        text.sql(")");
    }
    select::order(&mut text, keys);
    text.sql(" LIMIT ").parameter();
    DB::add_integer(&mut arguments, rows)?;
    let keep = text.keep();
    Ok(Query { text: text.into_sql(), arguments, keep })
}

/// The rows that come after these values.
fn behind<T: UserScoped, DB: Backend>(
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    keys: &[(&Order<T>, &KeyValue)],
) -> Result<(), BoxDynError> {
    let Some(((key, value), rest)) = keys.split_first() else {
        // Equal in everything: the row itself.
        text.sql("1 = 0");
        return Ok(());
    };
    let (entity, column) = (T::entity(), key.column);
    if matches!(value, KeyValue::Null) {
        // Only another NULL is not before it.
        text.column(entity, column).sql(" IS NULL AND (");
        behind::<T, DB>(text, arguments, rest)?;
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
        behind::<T, DB>(text, arguments, rest)?;
        text.sql("))");
    } else {
        // The first half alone bounds the scan of an index.
        text.column(entity, column).sql(not_before).parameter();
        text.sql(" AND (").column(entity, column).sql(beyond).parameter_again(number).sql(" OR (");
        behind::<T, DB>(text, arguments, rest)?;
        text.sql("))");
    }
    Ok(())
}

/// A filter as it would be written and bound, for a fingerprint.
pub(crate) fn filter<T: UserScoped, DB: Stores<T>>(
    filter: &Predicate<T>,
) -> Result<(String, DB::Arguments), BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    predicate::write::<T, DB>(&mut text, &mut arguments, filter.node())?;
    Ok((text.finish(), arguments))
}
