//! Rows by a condition.

use std::fmt;
use std::marker::PhantomData;

use super::ScopedRepository;
use super::compiled::{Found, Question, Reader, Wanted, Work};
use super::reading::reading_all;
use crate::backend::Backend;
use crate::context::{Caller, UserContext};
use crate::entity::{Order, Predicate, Select, Stores, UserScoped};
use crate::error::Result;
use crate::observe::Rows as _;
use crate::sql::Selection;

/// A question for rows, from [`ScopedRepository::query`]. The owner is part of it from the start. Each row is read as
/// an `R`: the entity, unless [`select`](Self::select) says otherwise.
#[must_use = "a query does nothing until `all`, `first`, `count` or `page` is awaited"]
pub struct Query<'a, T, DB, C = UserContext<<T as UserScoped>::Owner>, R = T>
where
    T: UserScoped,
    DB: Backend,
    C: Caller<Owner = T::Owner>,
{
    pub(super) repository: ScopedRepository<'a, T, DB, C>,
    pub(super) selection: Selection,
    rows: PhantomData<fn() -> R>,
}

impl<'a, T, DB, C> ScopedRepository<'a, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// All rows of the caller; narrow it by [`filter`](Query::filter), [`order_by`](Query::order_by) and
    /// [`limit`](Query::limit).
    pub const fn query(&self) -> Query<'a, T, DB, C> {
        Query { repository: *self, selection: Selection::ALL, rows: PhantomData }
    }
}

impl<'a, T, DB, C, R> Query<'a, T, DB, C, R>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// Only rows for which `predicate` holds; several filters hold all at once.
    pub fn filter(mut self, predicate: Predicate<T>) -> Self {
        self.selection.narrow(predicate.condition);
        self
    }

    /// In this order; further calls order rows that are equal so far. Without one the order is the database's.
    pub fn order_by(mut self, order: Order<T>) -> Self {
        self.selection.order.push(order.key);
        self
    }

    /// At most this many rows.
    pub const fn limit(mut self, rows: u32) -> Self {
        self.selection.limit = Some(rows);
        self
    }

    /// Reads each row as an `S`, and of the table only the columns that it has. The owner is filtered all the same.
    ///
    /// ```
    /// # use user_scope::{Select, UserScoped, Uuid};
    /// # #[derive(UserScoped)]
    /// # #[user_scoped(table = "tasks")]
    /// # struct Task { #[user_scoped(id)] id: Uuid, #[user_scoped(owner)] user_id: Uuid, title: String }
    /// #[derive(Select)]
    /// #[user_scoped(from = Task)]
    /// struct Headline {
    ///     id: Uuid,
    ///     title: String,
    /// }
    ///
    /// # async fn f<DB: user_scope::Stores<Task>>(tasks: user_scope::ScopedRepository<'_, Task, DB>)
    /// # -> user_scope::Result<()> {
    /// let headlines = tasks.query().order_by(Task::TITLE.asc()).select::<Headline>().all().await?;
    /// # Ok(()) }
    /// ```
    pub fn select<S: Select<Entity = T>>(self) -> Query<'a, T, DB, C, S> {
        let Self { repository, selection, rows: _ } = self;
        Query { repository, selection, rows: PhantomData }
    }

    /// The rows.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyValues`](crate::Error::TooManyValues) or [`Error::TooDeep`](crate::Error::TooDeep) if the filter is
    /// more than one statement can carry, [`Error::Decode`](crate::Error::Decode) if a row does not fit the struct,
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is not there.
    pub async fn all(self) -> Result<Vec<R>>
    where
        R: Select<Entity = T>,
    {
        let mut rows = Vec::new();
        self.ask("list", Wanted::Rows(R::columns()), &mut reading_all::<R, DB>(&mut rows)).await?;
        Ok(rows)
    }

    /// The first row.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub async fn first(self) -> Result<Option<R>>
    where
        R: Select<Entity = T>,
    {
        let limit = self.selection.limit.map_or(1, |limit| limit.min(1));
        Ok(self.limit(limit).all().await?.pop())
    }

    /// How many rows there are; order and limit do not matter.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub async fn count(self) -> Result<u64> {
        let mut read = |rows: &[DB::Row]| {
            let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
            Ok(Found::Counted(u64::try_from(DB::get_integer(row, 0)?).unwrap_or(0)))
        };
        Ok(self.ask("count", Wanted::Count, &mut read).await?.rows())
    }

    /// Asks something of the rows.
    pub(super) fn ask<'f>(self, operation: &'static str, wanted: Wanted<'f>, read: Reader<'f, DB>) -> Work<'f, Found>
    where
        'a: 'f,
    {
        let question = Question { operation, wanted, selection: self.selection };
        DB::read_rows(self.repository.access(), question, read)
    }
}

impl<T, DB, C, R> fmt::Debug for Query<'_, T, DB, C, R>
where
    T: UserScoped,
    DB: Backend,
    C: Caller<Owner = T::Owner>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("entity", &T::entity().name())
            .field("filter", &self.selection.filter)
            .field("order", &self.selection.order)
            .field("limit", &self.selection.limit)
            .finish()
    }
}
