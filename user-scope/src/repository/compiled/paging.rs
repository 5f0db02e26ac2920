//! A page: from where its cursor says, and where the next one begins.

use std::fmt::Write as _;
use std::pin::pin;

use sqlx::Row as _;
use sqlx::error::BoxDynError;

use super::reading::run;
use super::{Access, Reader};
use crate::backend::{Backend, KeyValue};
use crate::cursor::{Cursor, Fnv};
use crate::entity::{Direction, Entity, Key, Table};
use crate::error::{Error, Result};
use crate::observe::{Rows, observed};
use crate::sql::{self, Selection};

/// A page that is asked for.
#[doc(hidden)]
#[derive(Debug)]
pub struct Paging<'f> {
    pub(in crate::repository) columns: Option<&'f [usize]>,
    pub(in crate::repository) selection: Selection,
    pub(in crate::repository) size: u32,
    pub(in crate::repository) cursor: Option<Cursor>,
}

/// How many rows it has, and where the next one begins.
#[doc(hidden)]
#[derive(Debug)]
pub struct PageRead {
    rows: u64,
    pub(in crate::repository) next: Option<Cursor>,
}

impl Rows for PageRead {
    fn rows(&self) -> u64 {
        self.rows
    }
}

pub(super) async fn page<DB: Backend>(
    access: Access<'_, DB>,
    paging: Paging<'_>,
    read: Reader<'_, DB>,
) -> Result<PageRead> {
    observed(access.entity().name(), "page", pin!(read_page(access, paging, read))).await
}

async fn read_page<DB: Backend>(access: Access<'_, DB>, paging: Paging<'_>, read: Reader<'_, DB>) -> Result<PageRead> {
    let Paging { columns, mut selection, size, cursor } = paging;
    let (reach, entity) = (access.reach(), access.entity());
    access.check_depth(selection.filter.as_ref())?;
    let size = selection.limit.map_or(size, |limit| limit.min(size));
    if size == 0 {
        return Err(Error::EmptyPage { entity: entity.name() });
    }
    selection.order = keys(entity, selection.order, reach.scope.is_everyone());
    if let Some(key) = selection.order.iter().find(|key| is_redacted(entity, key.column)) {
        return Err(Error::SecretInCursor { entity: entity.name(), column: entity.column_name(key.column) });
    }
    let fingerprint = fingerprint(reach.table, &selection).map_err(|error| access.unbindable(error))?;
    let after = match &cursor {
        Some(cursor) => {
            let values = cursor.values_for(fingerprint).filter(|values| fit(values, &selection.order));
            Some(values.ok_or(Error::InvalidCursor { entity: entity.name(), source: None })?)
        }
        None => None,
    };
    // One row more tells whether there is another page.
    let statement = sql::page(&reach, columns, &selection, after, i64::from(size) + 1);
    let mut last = None;
    let found = async {
        let mut shown = |rows: &[DB::Row]| {
            let shown = rows.get(..usize::try_from(size).unwrap_or(usize::MAX)).unwrap_or(rows);
            let found = read(shown)?;
            if let Some(row) = shown.last().filter(|_| shown.len() < rows.len()) {
                last = Some(values::<DB>(row, &selection.order)?);
            }
            Ok(found)
        };
        run(access, access.sendable(statement)?, &mut shown).await
    };
    let found = found.await.map_err(|error| if after.is_some() { of_the_cursor(error) } else { error })?;
    let too_long = Error::CursorTooLong { entity: entity.name() };
    let next = last.map(|last| Cursor::new(fingerprint, last).ok_or(too_long)).transpose()?;
    Ok(PageRead { rows: found.rows(), next })
}

/// The order of a page: what was asked for, each column once, and the id, so that no two rows are equal. Rows of two
/// owners may have the same id. Their direction is that of the last column before them: one index serves all.
fn keys(entity: &Entity, order: Vec<Key>, everyone: bool) -> Vec<Key> {
    let definition = entity.definition();
    let unique: &[usize] = if everyone { &[definition.id, definition.owner] } else { &[definition.id] };
    let mut keys: Vec<Key> = Vec::with_capacity(order.len() + unique.len());
    let has = |keys: &[Key], column| keys.iter().any(|key| key.column == column);
    for key in order {
        if !unique.iter().all(|column| has(&keys, *column)) && !has(&keys, key.column) {
            keys.push(key);
        }
    }
    let direction = keys.last().map_or(Direction::Ascending, |last| last.direction);
    for column in unique {
        if !has(&keys, *column) {
            keys.push(Key { column: *column, direction, nullable: false });
        }
    }
    keys
}

fn is_redacted(entity: &Entity, column: usize) -> bool {
    entity.definition().columns.get(column).is_some_and(|column| column.redact)
}

/// What makes a query the same query. Of a filter on a column that is not to be seen the values are left out, for they
/// could be guessed until the fingerprint fits.
fn fingerprint<DB: Backend>(table: Table<DB>, selection: &Selection) -> Result<u128, BoxDynError> {
    let (entity, mut hash) = (table.entity, Fnv::new());
    let Selection { filter, order, state, .. } = selection;
    write!(hash, "{} {:?} {state:?}", entity.name(), DB::DIALECT)?;
    for key in order {
        write!(hash, " {} {:?} {}", entity.column_name(key.column), key.direction, key.nullable)?;
    }
    if let Some(filter) = filter {
        let (text, arguments) = sql::filter(table, filter)?;
        write!(hash, " WHERE {text} ")?;
        if !filter.node().has_column(&|column| is_redacted(entity, column)) {
            DB::write_arguments(&arguments, &mut hash)?;
        }
    }
    Ok(hash.finish())
}

/// Whether there is a value for each key, and NULL only where it can be.
fn fit(values: &[KeyValue], keys: &[Key]) -> bool {
    let fits = |(key, value): (&Key, &KeyValue)| key.nullable || !matches!(value, KeyValue::Null);
    values.len() == keys.len() && keys.iter().zip(values).all(fits)
}

/// The filter was bound before the statement was, so what cannot be bound or is refused as a value came out of the
/// cursor. PostgreSQL calls bytes that are too few for their type a violation of the protocol.
fn of_the_cursor(error: Error) -> Error {
    match error {
        Error::Encode { entity, source } | Error::Rejected { entity, source } => {
            Error::InvalidCursor { entity, source: Some(source) }
        }
        Error::Database { entity, source } if source.code().as_deref() == Some("08P01") => {
            Error::InvalidCursor { entity, source: Some(source) }
        }
        other => other,
    }
}

/// The keys of a row, which are its last columns.
fn values<DB: Backend>(row: &DB::Row, keys: &[Key]) -> sqlx::Result<Vec<KeyValue>> {
    let first = row.len().saturating_sub(keys.len());
    let value = |(index, key): (usize, &Key)| match DB::get_key(row, first + index)? {
        KeyValue::Null if !key.nullable => {
            Err(sqlx::Error::ColumnDecode { index: key.column.to_string(), source: "it is NULL".into() })
        }
        value => Ok(value),
    };
    keys.iter().enumerate().map(value).collect()
}
