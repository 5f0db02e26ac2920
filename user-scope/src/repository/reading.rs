//! Reading one row.

use super::compiled::Slot;
use super::{Reaches, ScopedRepository};
use crate::context::Caller;
use crate::entity::{Stores, UserScoped};
use crate::error::{Error, Result};
use crate::sql::OneRow;

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// The row with this id.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no such row, whoever else has one.
    pub async fn get(&self, id: &T::Id) -> Result<T>
    where
        C: Reaches<T>,
    {
        let mut found = None;
        DB::find_row(self.access(), self.row(id), &mut found).await?;
        found.ok_or(Error::NotFound { entity: T::entity().name() })
    }

    /// The row with this id, if the caller has one.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the row does not fit the struct, [`Error::Unavailable`] if the database is not there.
    pub async fn find(&self, id: &T::Id) -> Result<Option<T>>
    where
        C: Reaches<T>,
    {
        let mut found = None;
        DB::find_row(self.access(), self.row(id), &mut found).await?;
        Ok(found)
    }

    /// Whether the caller has a row with this id.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the database is not there.
    pub async fn exists(&self, id: &T::Id) -> Result<bool>
    where
        C: Reaches<T>,
    {
        DB::has_row(self.access(), self.row(id)).await
    }

    fn row<'f>(&'f self, id: &'f T::Id) -> OneRow<'f, DB> {
        OneRow { entity: T::entity(), scope: self.caller.scope().of_any(), id, codec: <DB as Stores<T>>::codec }
    }
}

impl<T: UserScoped, DB: Stores<T>> Slot<DB> for Option<T> {
    fn fill(&mut self, row: &DB::Row) -> sqlx::Result<()> {
        *self = Some(DB::decode(row)?);
        Ok(())
    }
}
