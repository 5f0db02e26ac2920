//! Many rows by one call: all of them or none, and each on record.

use super::ScopedRepository;
use super::compiled::{Insertion, Touched};
use super::writing::{binding_all, binding_changes};
use crate::context::{Caller, Inserts, Writes};
use crate::entity::{Predicate, Stores, UserScoped};
use crate::error::{Error, Result};
use crate::identifier::{Identifier, RawIdentifier};
use crate::sql::Rows;
use crate::system::SystemContext;

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// Inserts rows, thousands if need be, which belong to the caller: all of them or none. Their parents are proven in the
    /// same statement; beyond some thousand rows there are several, in one transaction. The rows come back in their order.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert), for the first row that cannot be.
    pub async fn insert_many(&self, new: impl IntoIterator<Item = T::New>) -> Result<Vec<T>>
    where
        C: Inserts,
    {
        self.insert_many_owned(self.caller.inserts_for(), new.into_iter().collect()).await
    }

    /// Changes every row of the caller for which `predicate` holds, and tells how many there were. A version is counted, and
    /// the one in `changes` is not looked at.
    ///
    /// ```
    /// # use user_scope::{Backend, Change, Result, ScopedRepository, Stores, UserScoped};
    /// # #[derive(UserScoped)]
    /// # #[user_scoped(table = "tasks", changes(derive(Default)))]
    /// # struct Task { #[user_scoped(id)] id: String, #[user_scoped(owner)] user_id: String, status: String }
    /// # async fn f<DB: Stores<Task>>(tasks: ScopedRepository<'_, Task, DB>) -> Result<()> {
    /// let done = TaskChanges { status: Change::Set("done".into()), ..Default::default() };
    /// let changed: u64 = tasks.update_where(Task::STATUS.eq("todo"), done).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::ParentNotFound`] if rows match and do not all have the owner of a parent that `changes` name; no row is
    /// then changed. [`Error::Duplicate`], [`Error::Rejected`], [`Error::Encode`], [`Error::TooDeep`],
    /// [`Error::TooManyValues`] or [`Error::Audit`] if it cannot be done.
    pub async fn update_where(&self, predicate: Predicate<T>, changes: T::Changes) -> Result<u64>
    where
        C: Writes,
    {
        let columns = T::changed(&changes);
        if columns.is_empty() {
            return self.query().filter(predicate).count().await;
        }
        let parents = T::parents_of_changes(&changes);
        let changes = binding_changes::<T, DB>(changes);
        let access = self.access();
        let touched = Touched::revised(access.entity(), &predicate.condition, columns, parents, changes);
        DB::touch_rows(access, "update_where", touched).await
    }

    /// Deletes every row of the caller for which `predicate` holds, as [`delete`](Self::delete) does, and tells how many
    /// there were.
    ///
    /// # Errors
    ///
    /// [`Error::Referenced`] if other rows still refer to one of them; no row is then deleted. [`Error::TooDeep`],
    /// [`Error::TooManyValues`] or [`Error::Audit`] if it cannot be done.
    pub async fn delete_where(&self, predicate: Predicate<T>) -> Result<u64>
    where
        C: Writes,
    {
        let access = self.access();
        let touched = Touched::deleted(access.entity(), Rows::Where(Some(&predicate.condition)));
        DB::touch_rows(access, "delete_where", touched).await
    }
}

impl<T, DB> ScopedRepository<'_, T, DB, SystemContext<DB, T::Owner>>
where
    T: UserScoped,
    DB: Stores<T>,
{
    /// Inserts rows that belong to `owner`, all of them or none; their parents are proven to be his.
    ///
    /// # Errors
    ///
    /// [`Error::ReservedUser`] if nobody can be this user; otherwise as a user's own `insert_many`.
    pub async fn insert_many_for(&self, owner: &T::Owner, new: impl IntoIterator<Item = T::New>) -> Result<Vec<T>> {
        self.insert_many_owned(owner, new.into_iter().collect()).await
    }
}

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Writes<Owner = T::Owner>,
{
    async fn insert_many_owned(&self, owner: &T::Owner, new: Vec<T::New>) -> Result<Vec<T>> {
        if owner.as_raw().is_reserved() {
            return Err(Error::ReservedUser);
        }
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let (many, parents) = (Some(new.len()), new.iter().flat_map(T::parents_of_new).collect());
        let new = binding_all::<T, DB>(new, owner);
        let mut rows = Vec::new();
        DB::insert_rows(self.access(), Insertion { many, parents, new }, &mut rows).await?;
        Ok(rows)
    }
}
