//! Writing one row.

use sqlx::error::BoxDynError;

use super::compiled::{Insertion, Touched, Update, WrittenRows, stale_or_forgotten};
use super::{Reaches, ScopedRepository};
use crate::context::{Caller, Inserts, Writes};
use crate::entity::{Moment, Stamp, Stores, UserScoped, decode_all};
use crate::error::{Error, Result};
use crate::identifier::{IdValue, Identifier, RawIdentifier};
use crate::sql::{Binding, Rows};

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
    /// [`Error::NotFound`] if the caller has no such row, [`Error::Stale`] if it has another version than `changes` rest on
    /// and [`Error::NoVersion`] if they name none, [`Error::ParentNotFound`] if he has no such parent,
    /// [`Error::Duplicate`], [`Error::Rejected`] or [`Error::Encode`] if the row cannot be so, [`Error::Audit`] if it
    /// cannot be recorded.
    pub async fn update(&self, id: &T::Id, changes: T::Changes) -> Result<T>
    where
        C: Writes + Reaches<T>,
    {
        let (columns, version) = (T::changed(&changes), T::expected_version(&changes));
        if columns.is_empty() {
            let row = self.get(id).await?;
            let is_stale = version.is_some() && row.row_version() != version;
            return if is_stale { Err(stale_or_forgotten(T::entity().name(), version)) } else { Ok(row) };
        }
        let parents = T::parents_of_changes(&changes);
        let update = Update { id, columns, parents, version, changes: binding_changes::<T, DB>(changes) };
        let mut rows = Vec::new();
        DB::update_row(self.access(), update, &mut rows).await?;
        only(rows)
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
        let access = self.access();
        let touched = Touched::deleted(access.entity(), Rows::One(id));
        DB::touch_rows(access, "delete", touched).await.map(drop)
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
        let parents = T::parents_of_new(&new);
        let new = binding_new::<T, DB>(new, owner, None);
        let mut rows = Vec::new();
        DB::insert_rows(self.access(), Insertion { many: None, parents, new }, &mut rows).await?;
        only(rows)
    }
}

/// Binds a new row of `owner`, once. `id` is that of a row which has one.
pub(super) fn binding_new<'f, T: UserScoped, DB: Stores<T>>(
    new: T::New,
    owner: &'f T::Owner,
    id: Option<&'f T::Id>,
) -> Binding<'f, DB> {
    let (mut new, moment) = (Some(new), Moment::now());
    Box::new(move |arguments| match new.take() {
        Some(new) => DB::bind_new(new, stamp::<T>(id, owner, moment), arguments),
        None => Err(nothing_left()),
    })
}

/// Binds one new row of `owner` after the other.
pub(super) fn binding_all<'f, T: UserScoped, DB: Stores<T>>(new: Vec<T::New>, owner: &'f T::Owner) -> Binding<'f, DB> {
    let (mut new, moment) = (new.into_iter(), Moment::now());
    Box::new(move |arguments| match new.next() {
        Some(new) => DB::bind_new(new, stamp::<T>(None, owner, moment), arguments),
        None => Err(nothing_left()),
    })
}

/// Binds changes, once.
pub(super) fn binding_changes<'f, T: UserScoped, DB: Stores<T>>(changes: T::Changes) -> Binding<'f, DB> {
    let (mut changes, moment) = (Some(changes), Moment::now());
    Box::new(move |arguments| match changes.take() {
        Some(changes) => DB::bind_changes(changes, moment, arguments),
        None => Err(nothing_left()),
    })
}

fn stamp<'f, T: UserScoped>(id: Option<&T::Id>, owner: &'f T::Owner, moment: Moment) -> Stamp<'f, T> {
    let id = match id {
        Some(id) => Some(id.clone()),
        None => T::generate_id(),
    };
    Stamp { id, owner, moment }
}

fn nothing_left() -> BoxDynError {
    "all that was given is bound already".into()
}

impl<T: UserScoped, DB: Stores<T>> WrittenRows<DB> for Vec<T> {
    fn read(&mut self, rows: &[DB::Row]) -> sqlx::Result<()> {
        decode_all::<T, DB>(rows, self)
    }

    fn keys(&self) -> Vec<(IdValue, IdValue)> {
        let mut keys = Vec::with_capacity(self.len());
        for row in self {
            keys.push((IdValue::of(row.id()), IdValue::of(row.owner())));
        }
        keys
    }
}

/// The one row of a statement that wrote one.
pub(super) fn only<T: UserScoped>(mut rows: Vec<T>) -> Result<T> {
    rows.pop().ok_or(Error::NotFound { entity: T::entity().name() })
}
