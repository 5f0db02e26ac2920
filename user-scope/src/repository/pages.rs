//! Rows by pages, each of which begins behind the last row of the one before: the rows before it need not be counted, and
//! those that come and go in between disturb no others.

use std::fmt::Write as _;
use std::pin::pin;

use sqlx::Row as _;
use sqlx::error::BoxDynError;

use super::Query;
use crate::backend::{Backend, KeyValue};
use crate::context::Caller;
use crate::cursor::{Cursor, Fnv};
use crate::entity::{Direction, Order, Predicate, Select, Stores, UserScoped};
use crate::error::{Error, Result};
use crate::observe::{Rows, observed};
use crate::sql::{self, State};

/// A page of a list, from [`Query::page`].
///
/// With the feature `json` it can be sent as it is, if its rows can: `{"rows": […], "next": "…"}`, where `next` is null on the
/// last page.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The rows, in order.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` if this is the last one.
    pub next: Option<Cursor>,
}

#[cfg(feature = "json")]
impl<T: serde::Serialize> serde::Serialize for Page<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut page = serializer.serialize_struct("Page", 2)?;
        page.serialize_field("rows", &self.rows)?;
        page.serialize_field("next", &self.next)?;
        page.end()
    }
}

impl<T, DB, C, R> Query<'_, T, DB, C, R>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
    R: Select<Entity = T>,
{
    /// At most `size` rows from the beginning, or from where `cursor` says.
    ///
    /// `cursor` is a [`Cursor`], `None`, or an `Option` of one, as it comes out of a request. It goes with the same
    /// entity, order and filter, values included: a filter such as "in the last seven days" must take its moment from the
    /// request, not from the clock. The size may differ from page to page. A [`limit`](Self::limit) is the largest size
    /// that a page can have, whatever is asked for.
    ///
    /// Rows that are equal in the order are told apart by their id, in the direction of the order's last column, so that none is
    /// shown twice or never; a row that is changed in between is found where it then stands. With an index on the owner and the
    /// first column of the order every page is as cheap as the first, if that column's field is no `Option`; such a column must
    /// not be NULL in the table. With the id at the end of that index nothing is left to sort. PostgreSQL's composite types can order a list, but no pages.
    ///
    /// A cursor from outside is checked before the database is asked, and the owner is never taken from it: one that was
    /// forged can lead only to an error, or to other rows of the same caller. Such an error of PostgreSQL ends the
    /// transaction in which it happens, as every error does.
    ///
    /// ```
    /// # use user_scope::{Column, Cursor, Page, Result, ScopedRepository, Stores, UserScoped};
    /// # #[derive(UserScoped)]
    /// # #[user_scoped(table = "tasks")]
    /// # struct Task { #[user_scoped(id)] id: String, #[user_scoped(owner)] user_id: String, title: String }
    /// # struct Asked { size: u32, cursor: Option<Cursor> }
    /// async fn titles<DB: Stores<Task>>(tasks: ScopedRepository<'_, Task, DB>, asked: Asked) -> Result<Page<Task>> {
    ///     tasks.query().order_by(Task::TITLE.asc()).limit(100).page(asked.size, asked.cursor).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCursor`] if the cursor belongs to another query or was forged, [`Error::SecretInCursor`] if the
    /// order has a column marked `redact`, [`Error::CursorTooLong`] if the order has a column with very long values,
    /// [`Error::EmptyPage`] for a size of 0; otherwise as [`all`](Self::all).
    pub async fn page(self, size: u32, cursor: impl Into<Option<Cursor>>) -> Result<Page<R>> {
        let cursor = cursor.into();
        observed(T::entity().name(), "page", pin!(self.read_page(size, cursor))).await
    }

    async fn read_page(self, size: u32, cursor: Option<Cursor>) -> Result<Page<R>> {
        self.check_depth()?;
        let (repository, entity) = (self.repository, T::entity().name());
        let scope = repository.caller.scope();
        let size = self.limit.map_or(size, |limit| limit.min(size));
        if size == 0 {
            return Err(Error::EmptyPage { entity });
        }
        let keys = keys(self.order, scope.is_everyone());
        if let Some(key) = keys.iter().find(|key| is_redacted::<T>(key.column)) {
            return Err(Error::SecretInCursor { entity, column: T::entity().column_name(key.column) });
        }
        let filter = self.filter.as_ref();
        let fingerprint =
            fingerprint::<T, DB>(&keys, filter, self.state).map_err(|error| Error::unbindable(entity, error))?;
        let after = match &cursor {
            Some(cursor) => {
                let values = cursor.values_for(fingerprint).filter(|values| fit(values, &keys));
                Some(values.ok_or(Error::InvalidCursor { entity, source: None })?)
            }
            None => None,
        };
        // One row more tells whether there is another page.
        let statement = sql::page::<T, DB>(&scope, R::columns(), filter, self.state, &keys, after, i64::from(size) + 1);
        let found = Self::run(repository, statement, |rows| Found::read::<DB>(rows, size, &keys)).await;
        let Found { rows, last } = found.map_err(|error| if after.is_some() { of_the_cursor(error) } else { error })?;
        let next =
            last.map(|last| Cursor::new(fingerprint, last).ok_or(Error::CursorTooLong { entity })).transpose()?;
        Ok(Page { rows, next })
    }
}

/// The order of a page: what was asked for, each column once, and the id, so that no two rows are equal. Rows of two
/// owners may have the same id. Their direction is that of the last column before them: one index serves all.
fn keys<T: UserScoped>(order: Vec<Order<T>>, everyone: bool) -> Vec<Order<T>> {
    let definition = T::entity().definition();
    let unique: &[usize] = if everyone { &[definition.id, definition.owner] } else { &[definition.id] };
    let mut keys: Vec<Order<T>> = Vec::with_capacity(order.len() + unique.len());
    let has = |keys: &[Order<T>], column| keys.iter().any(|key| key.column == column);
    for key in order {
        if !unique.iter().all(|column| has(&keys, *column)) && !has(&keys, key.column) {
            keys.push(key);
        }
    }
    let direction = keys.last().map_or(Direction::Ascending, |last| last.direction);
    for column in unique {
        if !has(&keys, *column) {
            keys.push(Order::new(*column, direction, false));
        }
    }
    keys
}

fn is_redacted<T: UserScoped>(column: usize) -> bool {
    T::entity().definition().columns.get(column).is_some_and(|column| column.redact)
}

/// What makes a query the same query. Of a filter on a column that is not to be seen the values are left out, for they
/// could be guessed until the fingerprint fits.
fn fingerprint<T: UserScoped, DB: Stores<T>>(
    keys: &[Order<T>],
    filter: Option<&Predicate<T>>,
    state: State,
) -> Result<u128, BoxDynError> {
    let mut hash = Fnv::new();
    write!(hash, "{} {:?} {state:?}", T::entity().name(), DB::DIALECT)?;
    for key in keys {
        write!(hash, " {} {:?} {}", T::entity().column_name(key.column), key.direction, key.nullable)?;
    }
    if let Some(filter) = filter {
        let (text, arguments) = sql::filter::<T, DB>(filter)?;
        write!(hash, " WHERE {text} ")?;
        if !filter.node().has_column(&is_redacted::<T>) {
            DB::write_arguments(&arguments, &mut hash)?;
        }
    }
    Ok(hash.finish())
}

/// Whether there is a value for each key, and NULL only where it can be.
fn fit<T>(values: &[KeyValue], keys: &[Order<T>]) -> bool {
    let fits = |(key, value): (&Order<T>, &KeyValue)| key.nullable || !matches!(value, KeyValue::Null);
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

/// A page as it was read, and if there are more the keys of its last row.
struct Found<T> {
    rows: Vec<T>,
    last: Option<Vec<KeyValue>>,
}

impl<T> Rows for Page<T> {
    fn rows(&self) -> u64 {
        self.rows.rows()
    }
}

impl<T> Rows for Found<T> {
    fn rows(&self) -> u64 {
        self.rows.rows()
    }
}

impl<R: Select> Found<R> {
    fn read<DB: Stores<R::Entity>>(rows: &[DB::Row], size: u32, keys: &[Order<R::Entity>]) -> sqlx::Result<Self> {
        let shown = rows.get(..usize::try_from(size).unwrap_or(usize::MAX)).unwrap_or(rows);
        let last = shown.last().filter(|_| shown.len() < rows.len());
        Ok(Self {
            rows: R::decode_all::<DB>(shown)?,
            last: last.map(|row| values::<R::Entity, DB>(row, keys)).transpose()?,
        })
    }
}

/// The keys of a row, which are its last columns.
fn values<T: UserScoped, DB: Backend>(row: &DB::Row, keys: &[Order<T>]) -> sqlx::Result<Vec<KeyValue>> {
    let first = row.len().saturating_sub(keys.len());
    let value = |(index, key): (usize, &Order<T>)| match DB::get_key(row, first + index)? {
        KeyValue::Null if !key.nullable => {
            Err(sqlx::Error::ColumnDecode { index: key.column.to_string(), source: "it is NULL".into() })
        }
        value => Ok(value),
    };
    keys.iter().enumerate().map(value).collect()
}
