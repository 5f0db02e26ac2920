//! Rows by pages, each of which begins behind the last row of the one before: the rows before it need not be counted, and
//! those that come and go in between disturb no others.

use super::Query;
use super::compiled::Paging;
use super::reading::reading_all;
use crate::context::Caller;
use crate::cursor::Cursor;
use crate::entity::{Select, Stores, UserScoped};
use crate::error::Result;

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
    /// Rows that are equal in the order are told apart by their id, in the direction of the order's last column, so that
    /// none is shown twice or never; a row that is changed in between is found where it then stands. With an index on the
    /// owner and the first column of the order every page is as cheap as the first, if that column's field is no `Option`;
    /// such a column must not be NULL in the table. With the id at the end of that index nothing is left to sort.
    /// PostgreSQL's composite types can order a list, but no pages.
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
    /// [`Error::InvalidCursor`](crate::Error::InvalidCursor) if the cursor belongs to another query or was forged,
    /// [`Error::SecretInCursor`](crate::Error::SecretInCursor) if the order has a column marked `redact`,
    /// [`Error::CursorTooLong`](crate::Error::CursorTooLong) if the order has a column with very long values,
    /// [`Error::EmptyPage`](crate::Error::EmptyPage) for a size of 0; otherwise as [`all`](Self::all).
    pub async fn page(self, size: u32, cursor: impl Into<Option<Cursor>>) -> Result<Page<R>> {
        let mut rows = Vec::new();
        let paging = Paging { columns: R::columns(), selection: self.selection, size, cursor: cursor.into() };
        let next = DB::read_page(self.repository.access(), paging, &mut reading_all::<R, DB>(&mut rows)).await?.next;
        Ok(Page { rows, next })
    }
}
