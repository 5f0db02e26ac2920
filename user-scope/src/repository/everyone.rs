//! What only a system context may do: it crosses owners.

use super::compiled::Touched;
use super::{Reaches, ScopedRepository};
use crate::context::{Administers, Caller, Writes};
use crate::entity::{Predicate, SoftDelete, Stores, UserScoped};
use crate::error::{Error, Result};
use crate::identifier::{Identifier, RawIdentifier};
use crate::sql::Rows;
use crate::system::SystemContext;

impl<T, DB> ScopedRepository<'_, T, DB, SystemContext<DB, T::Owner>>
where
    T: UserScoped,
    DB: Stores<T>,
{
    /// Inserts a row that belongs to `owner`; its parents are proven to be his.
    ///
    /// # Errors
    ///
    /// [`Error::ReservedUser`] if nobody can be this user; otherwise as a user's own `insert`.
    pub async fn insert_for(&self, owner: &T::Owner, new: T::New) -> Result<T> {
        self.insert_owned(owner, new).await
    }
}

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// Gives the row to another user, with all its children and theirs, as far as the entities list them by `children(…)`:
    /// all of them or none. Children that nobody lists stay behind; a composite foreign key then refuses.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such row, [`Error::ReservedUser`] if nobody can be this user,
    /// [`Error::ParentNotFound`] if the row, or one that goes with it, has a parent that stays behind,
    /// [`Error::Duplicate`] if the new owner has a row with the same key, [`Error::Audit`] if it cannot be recorded.
    pub async fn transfer(&self, id: &T::Id, to: &T::Owner) -> Result<()>
    where
        C: Administers + Writes + Reaches<T>,
    {
        if to.as_raw().is_reserved() {
            return Err(Error::ReservedUser);
        }
        DB::touch_rows(self.access(), "transfer", Touched::transferred(id, to)).await.map(drop)
    }

    /// Removes a row for good that is marked as deleted, with its children as a delete does.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such row, or it is not marked; otherwise as [`delete`](Self::delete).
    pub async fn purge(&self, id: &T::Id) -> Result<()>
    where
        T: SoftDelete,
        C: Administers + Writes + Reaches<T>,
    {
        let access = self.access();
        let touched = Touched::purged(access.entity(), Rows::One(id));
        DB::touch_rows(access, "purge", touched).await.map(drop)
    }

    /// Removes for good those rows for which `predicate` holds and that are marked as deleted, with their children, and
    /// tells how many there were.
    ///
    /// # Errors
    ///
    /// As [`delete_where`](Self::delete_where).
    pub async fn purge_where(&self, predicate: Predicate<T>) -> Result<u64>
    where
        T: SoftDelete,
        C: Administers + Writes,
    {
        let access = self.access();
        let touched = Touched::purged(access.entity(), Rows::Where(Some(&predicate.condition)));
        DB::touch_rows(access, "purge", touched).await
    }
}
