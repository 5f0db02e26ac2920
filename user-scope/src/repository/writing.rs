//! Writing one row.

use std::pin::pin;

use super::act::{Act, Hindrance};
use super::{Reaches, ScopedRepository};
use crate::audit::{Details, Operation};
use crate::context::{Caller, Inserts, Writes};
use crate::entity::{ColumnSet, Entity, Moment, OnDelete, Stamp, Stores, UserScoped};
use crate::error::{Doing, Error, Result};
use crate::identifier::{Identifier, RawIdentifier};
use crate::observe::{One, observed};
use crate::sql::{self, Revision, Rows, State, Touch};

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// Inserts a row, which belongs to the caller: id, owner and times are written by the library or the database.
    /// Its parents are proven to be the caller's in the same statement.
    ///
    /// # Errors
    ///
    /// [`Error::ParentNotFound`] if the caller has no such parent, [`Error::Duplicate`], [`Error::Rejected`] or
    /// [`Error::Encode`] if the row cannot be, [`Error::MissingValue`] if the table wants a value that the struct does not have,
    /// [`Error::Audit`] if it cannot be recorded; [`Error::WrittenButUnreadable`] if it stands and cannot be read.
    pub async fn insert(&self, new: T::New) -> Result<T>
    where
        C: Inserts,
    {
        self.insert_owned(self.caller.inserts_for(), new).await
    }

    /// Changes what is set in `changes`, and gives the row as it is now. Changes that set nothing only read it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no such row, [`Error::Stale`] if it has another version than `changes` rest
    /// on and [`Error::NoVersion`] if they name none, [`Error::ParentNotFound`] if he has no such parent, [`Error::Duplicate`], [`Error::Rejected`] or
    /// [`Error::Encode`] if the row cannot be so, [`Error::Audit`] if it cannot be recorded.
    pub async fn update(&self, id: &T::Id, changes: T::Changes) -> Result<T>
    where
        C: Writes + Reaches<T>,
    {
        let (columns, version) = (T::changed(&changes), T::expected_version(&changes));
        if columns.is_empty() {
            let row = self.get(id).await?;
            let stale = version.is_some() && row.row_version() != version;
            return if stale { Err(stale_or_forgotten::<T>(version)) } else { Ok(row) };
        }
        let parents = T::parents_of_changes(&changes);
        let named = named(T::entity(), columns);
        let mut act = Act {
            operation: Operation::Update,
            doing: Doing::Writing,
            details: Details::default().changing(T::entity(), named),
            id: Some(id),
            state: State::Live,
            hindrance: if parents.is_empty() { Hindrance::Nothing } else { Hindrance::Parent },
            parents,
            version,
        };
        let values = if T::entity().definition().audit.values { named } else { ColumnSet::EMPTY };
        observed(
            T::entity().name(),
            "update",
            pin!(async {
                let recording = self.recording(&mut act);
                let scope = self.caller.scope();
                let unbindable = |error| Error::unbindable(T::entity().name(), error);
                let recorded = if recording.record().is_beside() { values } else { ColumnSet::EMPTY };
                let look = sql::look::<T, DB>(&scope, id, recorded).map_err(unbindable)?;
                let revision = Revision { columns, values, changes, moment: Moment::now() };
                let update = sql::update::<T, DB>(&scope, id, revision, recording.record()).map_err(unbindable)?;
                match self.write(act, &recording, look, vec![update], 1).await {
                    Err(Error::Stale { .. }) => Err(stale_or_forgotten::<T>(version)),
                    written => written.and_then(only),
                }
            }),
        )
        .await
        .map(|One(row)| row)
    }

    /// Deletes the row, or marks it as deleted if the entity has a field marked `deleted_at`. Its children go with it, stay
    /// without it, or keep it, as they declare.
    ///
    /// On PostgreSQL a child that somebody else inserts at the same time is found by a foreign key, and the delete is done
    /// again; in a transaction of the caller's it fails with [`Error::Referenced`], and so does the transaction. Without a key
    /// such a child may stay behind. A parent that is only marked needs no key.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no such row, [`Error::Referenced`] if other rows still refer to it,
    /// [`Error::Audit`] if it cannot be recorded.
    pub async fn delete(&self, id: &T::Id) -> Result<()>
    where
        C: Writes + Reaches<T>,
    {
        let act = deletion(Some(id));
        observed(T::entity().name(), "delete", pin!(self.touch(act, Rows::One(id), ending::<T>()))).await.map(drop)
    }
}

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Writes<Owner = T::Owner>,
{
    pub(super) async fn insert_owned(&self, owner: &T::Owner, new: T::New) -> Result<T> {
        if owner.as_raw().is_reserved() {
            return Err(Error::ReservedUser);
        }
        let mut act = creation(T::parents_of_new(&new));
        observed(
            T::entity().name(),
            "insert",
            pin!(async {
                let recording = self.recording(&mut act);
                let stamp = Stamp { id: T::generate_id(), owner, moment: Moment::now() };
                let everyone = self.caller.scope().is_everyone();
                let insert = sql::insert::<T, DB>(new, stamp, everyone, recording.record());
                let insert = insert.map_err(|error| Error::unbindable(T::entity().name(), error))?;
                self.write(act, &recording, None, vec![insert], 1).await.and_then(only)
            }),
        )
        .await
        .map(|One(row)| row)
    }
}

/// The one row of a statement that wrote one.
pub(super) fn only<T: UserScoped>(rows: Vec<T>) -> Result<One<T>> {
    rows.into_iter().next().map(One).ok_or(Error::NotFound { entity: T::entity().name() })
}

/// Why the row has another version than an update rests on. A row that another program made may well have version 0, and is
/// then updated like any other.
fn stale_or_forgotten<T: UserScoped>(version: Option<i64>) -> Error {
    let entity = T::entity().name();
    if matches!(version, Some(0)) { Error::NoVersion { entity } } else { Error::Stale { entity } }
}

/// What the audit names: what the application set.
pub(super) fn named(entity: &Entity, columns: ColumnSet) -> ColumnSet {
    entity.definition().updated_at.map_or(columns, |position| columns.without(position))
}

/// New rows, which name these parents.
pub(super) fn creation<'a, T: UserScoped>(parents: Vec<(usize, crate::identifier::IdValue)>) -> Act<'a, T> {
    Act {
        operation: Operation::Create,
        doing: Doing::Writing,
        details: Details::default(),
        id: None,
        state: State::Live,
        hindrance: Hindrance::Parent,
        parents,
        version: None,
    }
}

/// The end of a row, or of rows.
pub(super) fn deletion<T: UserScoped>(id: Option<&T::Id>) -> Act<'_, T> {
    Act {
        operation: Operation::Delete,
        doing: Doing::Deleting,
        details: Details::default(),
        id,
        state: State::Live,
        hindrance: if keeps_its_parent(T::entity(), &mut Vec::new()) { Hindrance::Child } else { Hindrance::Nothing },
        parents: Vec::new(),
        version: None,
    }
}

/// What a delete does to a row.
pub(super) fn ending<'a, T: UserScoped>() -> Touch<'a, T> {
    if T::SOFT_DELETES { Touch::Mark(Moment::now()) } else { Touch::Delete }
}

/// Whether some child, or a child of one that goes along, may keep a row from being deleted. `seen` ends a circle of
/// entities that are each other's parents.
fn keeps_its_parent(entity: &'static Entity, seen: &mut Vec<&'static Entity>) -> bool {
    if seen.iter().any(|seen| std::ptr::eq(*seen, entity)) {
        return false;
    }
    seen.push(entity);
    entity.definition().children.iter().map(|child| child()).any(|child| {
        let mut links = child.definition().parents.iter().filter(|link| std::ptr::eq((link.entity)(), entity));
        links.any(|link| match link.on_delete {
            OnDelete::Restrict => true,
            OnDelete::Cascade => keeps_its_parent(child, seen),
            OnDelete::Database | OnDelete::SetNull => false,
        })
    })
}
