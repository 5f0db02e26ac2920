//! Rows that are inserted, or changed because they are there already.

use std::pin::pin;

use super::ScopedRepository;
use super::act::{Act, Hindrance};
use super::writing::{creation, only};
use crate::audit::Operation;
use crate::context::{Caller, Inserts};
use crate::entity::{ColumnSet, GivenId, Moment, Stamp, Stores, UniqueKey, UserScoped};
use crate::error::{Doing, Error, Result, is_about_a_missing_index};
use crate::identifier::{IdValue, Identifier, RawIdentifier};
use crate::observe::{One, observed};
use crate::session::{Session, Trace};
use crate::sql::{self, Rows, State};

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
        let named = if T::SOFT_DELETES { parents.clone() } else { Vec::new() };
        let mut act = Act { operation: Operation::Upsert, id, hindrance: Hindrance::Key, ..creation(parents) };
        observed(
            T::entity().name(),
            "upsert",
            pin!(async {
                let recording = self.recording(&mut act);
                let stamp = Stamp { id: id.cloned().or_else(T::generate_id), owner, moment: Moment::now() };
                let upsert = sql::upsert::<T, DB>(new, stamp, key, recording.record());
                let upsert = upsert.map_err(|error| Error::unbindable(T::entity().name(), error))?;
                match self.write(act, &recording, None, vec![upsert], 1).await {
                    Ok(rows) => only(rows),
                    Err(error) => Err(self.reason(error, id, key, named).await),
                }
            }),
        )
        .await
        .map(|One(row)| row)
    }

    /// What a failed upsert is told, who is told of his own rows alone: that of this id, or the one that holds the key.
    async fn reason(
        &self,
        error: Error,
        id: Option<&T::Id>,
        key: Option<ColumnSet>,
        parents: Vec<(usize, IdValue)>,
    ) -> Error {
        let entity = T::entity().name();
        let is_marked = match (&error, id) {
            (Error::NotFound { .. }, Some(id)) if T::SOFT_DELETES => self.is_marked(id).await,
            // The key holds the owner. If all parents are there nothing but the row itself was in the way.
            (Error::ParentNotFound { source: None, .. }, None) if T::SOFT_DELETES => self.has(&parents).await,
            _ => Ok(false),
        };
        match (error, is_marked) {
            (_, Err(error)) => error,
            (_, Ok(true)) => Error::Deleted { entity },
            (Error::Database { source, .. }, _) if is_about_a_missing_index(source.as_sqlx()) => {
                Error::MissingIndex { entity, statement: sql::index_for::<T, DB>(key), source }
            }
            (error, Ok(false)) => error,
        }
    }

    async fn is_marked(&self, id: &T::Id) -> Result<bool> {
        let mut session = self.access().session().await?;
        let is_there = self.is_there(&mut session, Rows::One(id), State::Deleted).await;
        self.looked(session, is_there).await
    }

    /// Whether all of these parents are there, of the user for whom the row is.
    async fn has(&self, parents: &[(usize, IdValue)]) -> Result<bool> {
        if parents.is_empty() {
            return Ok(true);
        }
        let mut session = self.access().session().await?;
        let lacks = self.lacks_a_parent(&mut session, parents).await;
        self.looked(session, lacks).await.map(|lacks| !lacks)
    }

    /// Ends a session in which something was looked at that nobody asked for.
    async fn looked(&self, session: Session<'_, DB>, found: sqlx::Result<bool>) -> Result<bool> {
        match found {
            Ok(found) => {
                session.conclude(Trace::Nothing, self.audit).await;
                Ok(found)
            }
            Err(error) => Err(self.access().failed(session, Doing::Reading, error)),
        }
    }
}
