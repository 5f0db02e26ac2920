//! Rows by a condition.

use std::fmt;
use std::marker::PhantomData;
use std::pin::pin;

use super::ScopedRepository;
use super::aggregates::About;
use crate::audit::{Details, Operation};
use crate::backend::{Backend, Query as Statement};
use crate::context::{Caller, UserContext};
use crate::entity::{Order, Predicate, Select, Stores, UserScoped};
use crate::error::{Doing, Error, Result};
use crate::observe::{Rows, observed};
use crate::session::Session;
use crate::sql::{self, Selection, State};

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
    pub(super) filter: Option<Predicate<T>>,
    pub(super) order: Vec<Order<T>>,
    pub(super) limit: Option<u32>,
    pub(super) state: State,
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
        Query { repository: *self, filter: None, order: Vec::new(), limit: None, state: State::Live, rows: PhantomData }
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
        self.filter = Some(match self.filter.take() {
            Some(filter) => filter.and(predicate),
            None => predicate,
        });
        self
    }

    /// In this order; further calls order rows that are equal so far. Without one the order is the database's.
    pub fn order_by(mut self, order: Order<T>) -> Self {
        self.order.push(order);
        self
    }

    /// At most this many rows.
    pub const fn limit(mut self, rows: u32) -> Self {
        self.limit = Some(rows);
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
        let Self { repository, filter, order, limit, state, rows: _ } = self;
        Query { repository, filter, order, limit, state, rows: PhantomData }
    }

    /// The rows.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyValues`] or [`Error::TooDeep`] if the filter is more than one statement can carry,
    /// [`Error::Decode`] if a row does not fit the struct, [`Error::Unavailable`] if the database is not there.
    pub async fn all(self) -> Result<Vec<R>>
    where
        R: Select<Entity = T>,
    {
        let repository = self.repository;
        observed(
            T::entity().name(),
            "list",
            pin!(async {
                self.check_depth()?;
                let statement = sql::list::<T, DB>(&repository.caller.scope(), R::columns(), &self.selection());
                Self::run(repository, statement, R::decode_all::<DB>).await
            }),
        )
        .await
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
        let limit = self.limit.map_or(1, |limit| limit.min(1));
        Ok(self.limit(limit).all().await?.pop())
    }

    /// How many rows there are; order and limit do not matter.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub async fn count(self) -> Result<u64> {
        let repository = self.repository;
        observed(
            T::entity().name(),
            "count",
            pin!(async {
                self.check_depth()?;
                let statement = sql::count::<T, DB>(&repository.caller.scope(), self.filter.as_ref(), self.state);
                Self::run(repository, statement, |rows| {
                    let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
                    let rows = u64::try_from(DB::get_integer(row, 0)?).unwrap_or(0);
                    Ok(About { value: (), rows })
                })
                .await
            }),
        )
        .await
        .map(|about| about.rows)
    }

    pub(super) fn check_depth(&self) -> Result<()> {
        match &self.filter {
            Some(filter) if filter.is_too_deep() => Err(Error::TooDeep { entity: T::entity().name() }),
            _ => Ok(()),
        }
    }

    pub(super) fn selection(self) -> Selection<T> {
        Selection { filter: self.filter, order: self.order, limit: self.limit, state: self.state }
    }

    /// The statement, if it has no more values than one can carry.
    pub(super) fn sendable(
        repository: ScopedRepository<'_, T, DB, C>,
        statement: Result<Statement<DB>, sqlx::error::BoxDynError>,
    ) -> Result<Statement<DB>> {
        let statement = statement.map_err(|error| Error::unbindable(T::entity().name(), error))?;
        repository.access().check_values(&statement)?;
        Ok(statement)
    }

    pub(super) async fn run<Found: Rows>(
        repository: ScopedRepository<'_, T, DB, C>,
        statement: Result<Statement<DB>, sqlx::error::BoxDynError>,
        decode: impl FnOnce(&[DB::Row]) -> sqlx::Result<Found>,
    ) -> Result<Found> {
        let entity = T::entity().name();
        let statement = Self::sendable(repository, statement)?;
        let mut session: Session<'_, DB> = repository.access().session().await?;
        let rows = match DB::fetch_all(session.connection(), statement).await {
            Ok(rows) => rows,
            Err(error) => return Err(repository.access().failed(session, Doing::Reading, error)),
        };
        let result = decode(&rows);
        let trace = match &result {
            Ok(result) if result.are_counted() => {
                let details = Details { rows: Some(0), counted: Some(result.rows()), ..Details::default() };
                repository.access().read(Operation::List, None, details)
            }
            Ok(result) => repository.access().listed(Some(result.rows())),
            Err(_) => repository.access().listed(None),
        };
        session.conclude(trace, repository.audit).await;
        let named = |error| repository.access().named(error);
        result.map_err(|error| Error::from_sqlx(entity, Doing::Reading, named(error)))
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
            .field("filter", &self.filter)
            .field("order", &self.order)
            .field("limit", &self.limit)
            .finish()
    }
}
