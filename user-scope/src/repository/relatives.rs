//! Children: of one row, and of a page of rows in one statement.

use std::collections::HashMap;

use super::{Query, Reaches, ScopedRepository};
use crate::context::Caller;
use crate::entity::{ChildOf, Column, Stores, UserScoped};
use crate::error::Result;
use crate::identifier::IdValue;

impl<'a, T, DB, C> ScopedRepository<'a, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// The children of one row, as a query to narrow and to order. Whose parent is not the caller's has none.
    ///
    /// ```
    /// # use user_scope::{Result, ScopedRepository, Stores, UserScoped};
    /// # #[derive(UserScoped)]
    /// # #[user_scoped(table = "tasks")]
    /// # struct Task { #[user_scoped(id)] id: String, #[user_scoped(owner)] user_id: String }
    /// # #[derive(UserScoped)]
    /// # #[user_scoped(table = "subtasks")]
    /// # struct Subtask {
    /// #     #[user_scoped(id)] id: String, #[user_scoped(owner)] user_id: String,
    /// #     #[user_scoped(parent = Task)] task_id: String, title: String,
    /// # }
    /// # async fn f<DB: Stores<Task> + Stores<Subtask>>(tasks: ScopedRepository<'_, Task, DB>, task: Task) -> Result<()> {
    /// let subtasks = tasks.children::<Subtask>(&task.id).order_by(Subtask::TITLE.asc()).all().await?;
    /// # Ok(()) }
    /// ```
    pub fn children<Child>(&self, id: &T::Id) -> Query<'a, Child, DB, C>
    where
        Child: ChildOf<T, Owner = T::Owner, ParentId = T::Id>,
        DB: Stores<Child>,
        C: Reaches<T>,
    {
        self.of::<Child>().query().filter(parent_of::<Child, T>().eq(id))
    }

    /// The children of many rows in one statement: those of `rows[i]` are at `i`, ordered as they were made by their ids.
    /// Those of a row that is given twice are at its first place.
    ///
    /// # Errors
    ///
    /// As [`Query::all`].
    pub async fn children_of<Child>(&self, rows: &[T]) -> Result<Vec<Vec<Child>>>
    where
        Child: ChildOf<T, Owner = T::Owner, ParentId = T::Id>,
        DB: Stores<Child>,
    {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids = rows.iter().map(T::id);
        let query = self.of::<Child>().query().filter(parent_of::<Child, T>().is_in(ids));
        let id = Column::<Child, Child::Id>::at(Child::entity().definition().id);
        // A system context may see parents of two owners with the same id.
        let mut families: HashMap<(IdValue, IdValue), Vec<Child>> = HashMap::with_capacity(rows.len());
        for child in query.order_by(id.asc()).all().await? {
            if let Some(parent) = child.parent_id().map(IdValue::of) {
                families.entry((IdValue::of(child.owner()), parent)).or_default().push(child);
            }
        }
        let key = |row: &T| (IdValue::of(row.owner()), IdValue::of(row.id()));
        Ok(rows.iter().map(|row| families.remove(&key(row)).unwrap_or_default()).collect())
    }

    /// Another entity's repository, of the same caller in the same place.
    const fn of<Other>(&self) -> ScopedRepository<'a, Other, DB, C>
    where
        Other: UserScoped<Owner = T::Owner>,
    {
        ScopedRepository {
            source: self.source,
            caller: self.caller,
            audit: self.audit,
            entity: std::marker::PhantomData,
        }
    }
}

/// The column that names the parent. Whether it may be NULL does not matter: it is compared with ids.
const fn parent_of<Child: ChildOf<T>, T>() -> Column<Child, Child::ParentId> {
    Column::at(Child::COLUMN)
}
