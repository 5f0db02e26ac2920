//! What an entity is beside a table of rows: soft deletion, versions, keys, and who is whose child. Marks that bounds
//! ask for, so that a method which an entity cannot have does not compile.

use std::fmt;
use std::marker::PhantomData;

use super::{ColumnSet, UserScoped};
use crate::identifier::Identifier;

/// An entity with a field marked `deleted_at`: its rows are marked when they are deleted, are gone from every read, and
/// can be restored.
#[diagnostic::on_unimplemented(
    message = "rows of `{Self}` are deleted at once, they are not only marked",
    label = "no field marked `deleted_at`",
    note = "mark a field: `#[user_scoped(deleted_at)] deleted_at: Option<DateTime<Utc>>`"
)]
pub trait SoftDelete: UserScoped {}

/// An entity with a field marked `version`: a write that rests on an older version is
/// [`Error::Stale`](crate::Error::Stale).
#[diagnostic::on_unimplemented(
    message = "rows of `{Self}` have no version",
    label = "no field marked `version`",
    note = "mark a field: `#[user_scoped(version)] version: i64`"
)]
pub trait Versioned: UserScoped {}

/// An entity whose id alone names a row. Where the key is `(owner, id)` it takes the owner as well.
#[diagnostic::on_unimplemented(
    message = "the id of `{Self}` does not name a row without its owner",
    label = "its key is owner and id together",
    note = "a system context reaches such rows by `system.owned_by(user)`; an upsert names the key, as in `Setting::BY_ID`"
)]
pub trait KeyedById: UserScoped {}

/// An entity whose ids the library makes, so that the application can give one as well.
#[diagnostic::on_unimplemented(
    message = "a row of `{Self}` cannot be upserted by an id that is given",
    label = "its ids are made by the database, or are a key together with the owner",
    note = "name a key that holds the owner: `upsert_by({Self}::BY_…, new)`"
)]
pub trait GivenId: KeyedById {}

/// An entity with one field marked `parent = Parent`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name `{Parent}` as its parent by one field",
    label = "none of its fields, or more than one, is marked `parent = {Parent}`",
    note = "mark one: `#[user_scoped(parent = {Parent})]`; where there are two, filter by the column of the one that is meant"
)]
pub trait ChildOf<Parent>: UserScoped {
    /// The type of the parent's id.
    type ParentId: Identifier;

    #[doc(hidden)]
    const COLUMN: usize;

    /// The id of the row's parent, `None` if it has none.
    fn parent_id(&self) -> Option<&Self::ParentId>;
}

/// That some field of `Self` names `Parent` as its parent.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no child of `{Parent}`",
    label = "no field of it is marked `parent = {Parent}`",
    note = "`children(…)` lists entities that have such a field: mark it, or take `{Self}` off the list"
)]
pub trait Below<Parent>: UserScoped {}

/// That `Self` lists `Child` among its children.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not know that `{Child}` is its child",
    label = "so what `on_delete` asks for would not be done",
    note = "list it above `{Self}`: `#[user_scoped(table = \"…\", children({Child}))]`"
)]
pub trait Lists<Child>: UserScoped {}

/// What becomes of a row when its parent is deleted.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    /// What the database's foreign key says, if there is one.
    Database,
    /// The parent stays.
    Restrict,
    /// It is deleted too.
    Cascade,
    /// It has no parent any more.
    SetNull,
}

/// The type of a field marked `version`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot count the writes of a row",
    label = "not a version",
    note = "use `i64` or `i32`"
)]
pub trait VersionNumber: Copy {
    /// The version of a new row.
    const FIRST: Self;

    /// The last one that can be counted to.
    const LAST: i64;

    /// The version as a number.
    fn number(self) -> i64;
}

impl VersionNumber for i64 {
    const FIRST: Self = 1;
    const LAST: i64 = Self::MAX;

    fn number(self) -> i64 {
        self
    }
}

impl VersionNumber for i32 {
    const FIRST: Self = 1;
    const LAST: i64 = Self::MAX as i64;

    fn number(self) -> i64 {
        self.into()
    }
}

/// A unique key that the entity declares, which holds the owner: `Task::BY_TITLE`. Made by the derive.
pub struct UniqueKey<T> {
    columns: ColumnSet,
    entity: PhantomData<fn() -> T>,
}

impl<T> UniqueKey<T> {
    /// For the derive alone.
    #[doc(hidden)]
    pub const fn on(columns: ColumnSet) -> Self {
        Self { columns, entity: PhantomData }
    }

    /// The columns beside the owner.
    pub(crate) const fn columns(self) -> ColumnSet {
        self.columns
    }
}

impl<T> Clone for UniqueKey<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for UniqueKey<T> {}

impl<T> fmt::Debug for UniqueKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UniqueKey").field(&self.columns).finish()
    }
}
