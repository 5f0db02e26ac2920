//! Rows that are marked as deleted: out of every read, until they are asked for, restored, or purged by a system context.

use super::compiled::Touched;
use super::{Query, Reaches, ScopedRepository};
use crate::context::{Caller, Writes};
use crate::entity::{SoftDelete, Stores, UserScoped};
use crate::error::Result;
use crate::sql::State;

impl<T, DB, C, R> Query<'_, T, DB, C, R>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// Those rows too that are marked as deleted.
    pub const fn with_deleted(mut self) -> Self
    where
        T: SoftDelete,
    {
        self.selection.state = State::Any;
        self
    }

    /// Only rows that are marked as deleted.
    pub const fn only_deleted(mut self) -> Self
    where
        T: SoftDelete,
    {
        self.selection.state = State::Deleted;
        self
    }
}

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// Takes the mark from a row that is marked as deleted, and from the children that were marked together with it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) if the caller has no such row, or it is not marked,
    /// [`Error::ParentNotFound`](crate::Error::ParentNotFound) if its parent is still marked,
    /// [`Error::Duplicate`](crate::Error::Duplicate) if another row has its key by now,
    /// [`Error::Audit`](crate::Error::Audit) if it cannot be recorded.
    pub async fn restore(&self, id: &T::Id) -> Result<()>
    where
        T: SoftDelete,
        C: Writes + Reaches<T>,
    {
        let access = self.access();
        let touched = Touched::restored(access.entity(), id);
        DB::touch_rows(access, "restore", touched).await.map(drop)
    }
}
