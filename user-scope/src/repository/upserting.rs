//! Rows that are inserted, or changed because they are there already.

use super::ScopedRepository;
use super::compiled::Upsert;
use super::writing::{binding_new, only};
use crate::context::{Caller, Inserts};
use crate::entity::{ColumnSet, GivenId, Stores, UniqueKey, UserScoped};
use crate::error::{Error, Result};
use crate::identifier::{Identifier, RawIdentifier};

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// Inserts the row, or if the caller has one with the same key gives it the values of `new`; the id and the time of its
    /// creation stay. The key holds the owner, so that nobody meets, or waits for, a row of anybody else.
    ///
    /// The table needs the unique index: `UNIQUE (user_id, title)`. Where rows are marked as deleted it may be one of the
    /// live rows, `CREATE UNIQUE INDEX … (user_id, title) WHERE deleted_at IS NULL`: a row that is marked is then in nobody's
    /// way, and a new one is inserted beside it. With an index of all rows the marked one holds the key, and is left as it is.
    ///
    /// ```
    /// # use user_scope::{Result, ScopedRepository, Stores, UserScoped};
    /// # #[derive(UserScoped)]
    /// # #[user_scoped(table = "albums", unique(title))]
    /// # struct Album { #[user_scoped(id)] id: String, #[user_scoped(owner)] user_id: String, title: String, year: i32 }
    /// # async fn f<DB: Stores<Album>>(albums: ScopedRepository<'_, Album, DB>) -> Result<()> {
    /// let album = albums.upsert_by(Album::BY_TITLE, NewAlbum { title: "Blue".into(), year: 1971 }).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert); [`Error::Deleted`] if the row with this key is marked as deleted,
    /// [`Error::MissingIndex`] if the table lacks the index, [`Error::Duplicate`] if another key of it is taken.
    pub async fn upsert_by(&self, key: UniqueKey<T>, new: T::New) -> Result<T>
    where
        C: Inserts,
    {
        self.upsert_on(None, Some(key.columns()), new).await
    }

    /// Inserts the row with this id, or if the caller has it gives it the values of `new`.
    ///
    /// The id alone is the key of such a table. Where ids come from outside, use a key that holds the owner
    /// ([`upsert_by`](Self::upsert_by)): an id that is another's is refused here, which tells that it is taken, and on
    /// PostgreSQL that row is locked for as long as the statement, or its transaction, takes.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the row is not the caller's, [`Error::Deleted`] if it is his and marked as deleted; nothing is
    /// then changed. Otherwise as [`insert`](Self::insert).
    pub async fn upsert(&self, id: &T::Id, new: T::New) -> Result<T>
    where
        T: GivenId,
        C: Inserts,
    {
        self.upsert_on(Some(id), None, new).await
    }
}

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Inserts<Owner = T::Owner>,
{
    async fn upsert_on(&self, id: Option<&T::Id>, key: Option<ColumnSet>, new: T::New) -> Result<T> {
        let owner = self.caller.inserts_for();
        if owner.as_raw().is_reserved() {
            return Err(Error::ReservedUser);
        }
        let parents = T::parents_of_new(&new);
        let new = binding_new::<T, DB>(new, owner, id);
        let upsert = Upsert { id: id.map(|id| id as _), key, parents, new };
        let mut rows = Vec::new();
        DB::upsert_row(self.access(), upsert, &mut rows).await?;
        only(rows)
    }
}
