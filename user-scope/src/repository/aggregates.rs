//! What the rows of a query come to: how many of each value, the least, the greatest, the sum.

use super::Query;
use super::compiled::{Found, Wanted, not_finite};
use crate::context::Caller;
use crate::entity::{
    Column, Direction, Node, Nullability, Order, Ordered, Predicate, Stores, Summable, Total, UserScoped,
};
use crate::error::Result;

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
        let mut counts = Vec::new();
        let mut read = |rows: &[DB::Row]| {
            let mut all = 0;
            for row in rows {
                let count = u64::try_from(DB::get_integer(row, 1)?).unwrap_or(0);
                counts.push((column.read_present::<DB>(row, 0)?, count));
                all += count;
            }
            Ok(Found::Counted(all))
        };
        self.ask("count_by", Wanted::CountBy(column.position()), &mut read).await?;
        Ok(counts.into_iter().filter_map(|(value, count)| Some((N::of(value)?, count))).collect())
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
    async fn end<V: Send + 'static, N: Nullability>(
        mut self,
        operation: &'static str,
        column: Column<T, V, N>,
        direction: Direction,
    ) -> Result<Option<V>> {
        if N::IS_NULLABLE {
            self = self.filter(!Predicate::new(Node::IsNull { column: column.position() }));
        }
        self.selection.order = vec![Order::<T>::new(column.position(), direction, false).key];
        let (columns, mut end) = ([column.position()], None);
        let mut read = |rows: &[DB::Row]| {
            if let Some(row) = rows.first() {
                end = column.read_optional::<DB>(row, 0)?;
            }
            Ok(Found::Rows(rows.len()))
        };
        self.limit(1).ask(operation, Wanted::Rows(Some(&columns)), &mut read).await?;
        Ok(end)
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
    /// [`Error::Rejected`](crate::Error::Rejected) if the sum is more than an `i64` can hold, or no finite number; SQLite also
    /// refuses integers that go beyond on the way. Otherwise as [`all`](Self::all).
    pub async fn sum<V: Summable, N: Nullability>(self, column: Column<T, V, N>) -> Result<V::Total> {
        let wanted = Wanted::Sum { column: column.position(), as_float: V::Total::IS_FLOAT };
        let mut sum = None;
        let mut read = |rows: &[DB::Row]| {
            let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
            let rows = u64::try_from(DB::get_integer(row, 1)?).unwrap_or(0);
            sum = V::Total::read::<DB>(row, 0, rows).map_err(|error| column.named(error))?;
            Ok(if sum.is_some() { Found::Counted(rows) } else { Found::NotFinite(rows) })
        };
        self.ask("sum", wanted, &mut read).await?;
        sum.ok_or_else(|| not_finite(T::entity()))
    }
}
