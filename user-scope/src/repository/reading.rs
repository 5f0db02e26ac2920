//! Reading one row.

use super::compiled::Found;
use super::{Reaches, ScopedRepository};
use crate::context::Caller;
use crate::entity::{Select, Stores, UserScoped};
use crate::error::{Error, Result};

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
        let mut row = None;
        DB::find_row(self.access(), id, &mut reading::<T, DB>(&mut row)).await?;
        row.ok_or(Error::NotFound { entity: T::entity().name() })
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
        let mut row = None;
        DB::find_row(self.access(), id, &mut reading::<T, DB>(&mut row)).await?;
        Ok(row)
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
        DB::has_row(self.access(), id).await
    }
}

/// Reads a row into its place.
fn reading<T: UserScoped, DB: Stores<T>>(row: &mut Option<T>) -> impl FnMut(&[DB::Row]) -> sqlx::Result<Found> + Send {
    |rows| {
        if let Some(found) = rows.first() {
            *row = Some(DB::decode(found)?);
        }
        Ok(Found::Rows(rows.len()))
    }
}

/// Reads rows into their place.
pub(super) fn reading_all<R: Select, DB: Stores<R::Entity>>(
    rows: &mut Vec<R>,
) -> impl FnMut(&[DB::Row]) -> sqlx::Result<Found> + Send {
    |found| {
        R::decode_all::<DB>(found, rows)?;
        Ok(Found::Rows(found.len()))
    }
}
