//! Rows that are inserted, or changed because they are there already.

use std::pin::pin;

use super::ScopedRepository;
use super::act::{Act, Hindrance};
use super::writing::{creation, only};
use crate::audit::Operation;
use crate::context::Inserts;
use crate::entity::{ColumnSet, GivenId, Moment, Stamp, Stores, UniqueKey, UserScoped};
use crate::error::{Error, Result};
use crate::identifier::{Identifier, RawIdentifier};
use crate::observe::{One, observed};
use crate::sql;

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Inserts<Owner = T::Owner>,
{
    /// Inserts the row, or if the caller has one with the same key gives it the values of `new`; the id and the time of its
    /// creation stay. A row that is marked as deleted is there again. The key holds the owner, so that nobody meets, or
    /// waits for, a row of anybody else.
    ///
    /// The table needs the unique index: `UNIQUE (user_id, title)`.
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
    /// As [`insert`](Self::insert); [`Error::Duplicate`] if another key of it is taken.
    pub async fn upsert_by(&self, key: UniqueKey<T>, new: T::New) -> Result<T> {
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
    /// [`Error::NotFound`] if the row is not the caller's; nothing is then changed. Otherwise as [`insert`](Self::insert).
    pub async fn upsert(&self, id: &T::Id, new: T::New) -> Result<T>
    where
        T: GivenId,
    {
        self.upsert_on(Some(id), None, new).await
    }

    async fn upsert_on(&self, id: Option<&T::Id>, key: Option<ColumnSet>, new: T::New) -> Result<T> {
        let owner = self.caller.inserts_for();
        if owner.as_raw().is_reserved() {
            return Err(Error::ReservedUser);
        }
        let mut act =
            Act { operation: Operation::Upsert, id, hindrance: Hindrance::Key, ..creation(T::parents_of_new(&new)) };
        observed(
            T::entity().name(),
            "upsert",
            pin!(async {
                let recording = self.recording(&mut act);
                let stamp = Stamp { id: id.cloned().or_else(T::generate_id), owner, moment: Moment::now() };
                let upsert = sql::upsert::<T, DB>(new, stamp, key, recording.record());
                let upsert = upsert.map_err(|error| Error::unbindable(T::entity().name(), error))?;
                self.write(act, &recording, None, vec![upsert], 1).await.and_then(only)
            }),
        )
        .await
        .map(|One(row)| row)
    }
}
