//! What the rows of a query come to: how many of each value, the least, the greatest, the sum.

use std::pin::pin;

use super::Query;
use crate::context::Caller;
use crate::entity::{
    Column, Direction, Node, Nullability, Order, Ordered, Predicate, Stores, Summable, Total, UserScoped,
};
use crate::error::{Error, Result};
use crate::observe::{Rows, observed};
use crate::sql;

/// What was found out, and about how many rows.
pub(super) struct About<V> {
    pub(super) value: V,
    pub(super) rows: u64,
}

impl<V> Rows for About<V> {
    fn rows(&self) -> u64 {
        self.rows
    }

    fn are_counted(&self) -> bool {
        true
    }
}

impl<T, DB, C, R> Query<'_, T, DB, C, R>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// How many rows have each value of `column`, in the order of the values; rows where it is NULL come last. Order and
    /// limit of the query do not matter.
    ///
    /// ```
    /// # use user_scope::{UserScoped, Uuid};
    /// # #[derive(UserScoped)]
    /// # #[user_scoped(table = "tasks")]
    /// # struct Task { #[user_scoped(id)] id: Uuid, #[user_scoped(owner)] user_id: Uuid, status: String }
    /// # async fn f<DB: user_scope::Stores<Task>>(tasks: user_scope::ScopedRepository<'_, Task, DB>)
    /// # -> user_scope::Result<()> {
    /// for (status, tasks) in tasks.query().count_by(Task::STATUS).await? {
    ///     println!("{tasks} are {status}");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub async fn count_by<V, N>(self, column: Column<T, V, N>) -> Result<Vec<(N::Of<V>, u64)>>
    where
        V: Send + 'static,
        N: Nullability,
    {
        let repository = self.repository;
        let counted = async {
            self.check_depth()?;
            let statement =
                sql::count_by::<T, DB>(&repository.caller.scope(), self.filter.as_ref(), self.state, column.position());
            Self::run(repository, statement, |rows| {
                let mut counts = About { value: Vec::with_capacity(rows.len()), rows: 0 };
                for row in rows {
                    let count = u64::try_from(DB::get_integer(row, 1)?).unwrap_or(0);
                    counts.value.push((column.read::<DB>(row, 0)?, count));
                    counts.rows += count;
                }
                Ok(counts)
            })
            .await
        };
        Ok(observed(T::entity().name(), "count_by", pin!(counted)).await?.value)
    }

    /// The least value of `column`, or `None` if no row has one. Order and limit of the query do not matter.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub async fn min<V: Ordered, N: Nullability>(self, column: Column<T, V, N>) -> Result<Option<V>> {
        self.end("min", column, Direction::Ascending).await
    }

    /// The greatest value of `column`, or `None` if no row has one. Order and limit of the query do not matter.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub async fn max<V: Ordered, N: Nullability>(self, column: Column<T, V, N>) -> Result<Option<V>> {
        self.end("max", column, Direction::Descending).await
    }

    /// The first value in this direction: an index that serves an order serves this, and it is of the column's own type,
    /// which the result of a function is not on every database.
    async fn end<V: 'static, N: Nullability>(
        mut self,
        operation: &'static str,
        column: Column<T, V, N>,
        direction: Direction,
    ) -> Result<Option<V>> {
        let repository = self.repository;
        if N::IS_NULLABLE {
            self = self.filter(!Predicate::new(Node::IsNull { column: column.position() }));
        }
        self.order = vec![Order::new(column.position(), direction, false)];
        let found = async {
            self.check_depth()?;
            let (scope, columns) = (repository.caller.scope(), [column.position()]);
            let statement = sql::list::<T, DB>(&scope, Some(&columns), &self.limit(1).selection());
            Self::run(repository, statement, |rows| match rows.first() {
                Some(row) => column.read_optional::<DB>(row, 0),
                None => Ok(None),
            })
            .await
        };
        observed(T::entity().name(), operation, pin!(found)).await
    }

    /// The sum of `column` over all rows, 0 if there are none; NULL adds nothing. Order and limit of the query do not
    /// matter.
    ///
    /// ```
    /// # use user_scope::{UserScoped, Uuid};
    /// # #[derive(UserScoped)]
    /// # #[user_scoped(table = "orders")]
    /// # struct Purchase { #[user_scoped(id)] id: Uuid, #[user_scoped(owner)] user_id: Uuid, cents: i32 }
    /// # async fn f<DB: user_scope::Stores<Purchase>>(orders: user_scope::ScopedRepository<'_, Purchase, DB>)
    /// # -> user_scope::Result<()> {
    /// let spent: i64 = orders.query().filter(Purchase::CENTS.gt(0)).sum(Purchase::CENTS).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Rejected`] if the sum is more than an `i64` can hold, or no finite number; SQLite also refuses integers
    /// that go beyond on the way. Otherwise as [`all`](Self::all).
    pub async fn sum<V: Summable, N: Nullability>(self, column: Column<T, V, N>) -> Result<V::Total> {
        let repository = self.repository;
        let added = async {
            self.check_depth()?;
            let (scope, position) = (repository.caller.scope(), column.position());
            let statement = sql::sum::<T, DB>(&scope, self.filter.as_ref(), self.state, position, V::Total::IS_FLOAT);
            let sum = Self::run(repository, statement, |rows| {
                let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
                let rows = u64::try_from(DB::get_integer(row, 1)?).unwrap_or(0);
                let value = V::Total::read::<DB>(row, 0, rows).map_err(|error| column.named(error))?;
                Ok(About { value, rows })
            });
            let About { value, rows } = sum.await?;
            let value = value.ok_or_else(|| Error::Rejected {
                entity: T::entity().name(),
                source: sqlx::Error::InvalidArgument("the sum is no finite number".into()).into(),
            })?;
            Ok(About { value, rows })
        };
        Ok(observed(T::entity().name(), "sum", pin!(added)).await?.value)
    }
}
