//! What an entity is: the traits that the derive implements, its columns, and conditions on them.
//!
//! No SQL and no driver enters here. A condition names columns by position and holds values; `sql` writes it.

mod aggregate;
mod audit_mode;
mod cache;
mod change;
mod codec;
mod column;
mod condition;
mod definition;
mod predicate;
mod relation;
mod rows;
mod select;
mod table;
mod timestamp;
mod types;

use sqlx::error::BoxDynError;

pub use aggregate::{Ordered, Summable, Total};
pub use audit_mode::{ReadAudit, WriteAudit};
pub(crate) use cache::{Recorded, Shape, SqlCache, Text};
pub use change::Change;
pub use codec::Codec;
pub(crate) use codec::{no_such_column, optional_from_text, unreadable};
pub use column::{Column, NotNull, Nullability, Nullable, Operand, Textual};
pub use definition::{ColumnDefinition, ColumnSet, Definition, Entity, EntityAudit, ParentDefinition};

pub(crate) use condition::{Comparison, Condition, Direction, Key, Node};
pub use predicate::{Order, Predicate};
pub use relation::{
    Below, ChildOf, GivenId, KeyedById, Lists, OnDelete, SoftDelete, UniqueKey, VersionNumber, Versioned,
};
pub(crate) use rows::decode_all;
pub use select::{Select, SelectedAs};
pub(crate) use table::Table;
pub use timestamp::{Moment, Timestamp};
pub use types::{Known, Probe, Types, Unknown};

use crate::backend::Backend;
use crate::identifier::{IdValue, Identifier};

/// A struct whose rows belong to users. Implemented by `#[derive(UserScoped)]`, never by hand: the derive is
/// what guarantees that names are safe and that positions fit.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity",
    label = "not an entity",
    note = "annotate the struct with `#[derive(UserScoped)]` and `#[user_scoped(table = \"…\")]`"
)]
pub trait UserScoped: Sized + Send + Sync + Unpin + 'static {
    /// The type of the column marked `id`.
    type Id: Identifier;
    /// The type of the column marked `owner`.
    type Owner: Identifier;
    /// What an insert takes: every column that the library or the database does not fill.
    type New: Send + 'static;
    /// What an update takes: a [`Change`] for each column that may change.
    type Changes: Send + 'static;

    /// Whether rows are marked as deleted and stay.
    #[doc(hidden)]
    const SOFT_DELETES: bool = false;

    /// Of which type the mark is.
    #[doc(hidden)]
    const MARK: u8 = 0;

    /// The entity's names, roles and kept statements.
    fn entity() -> &'static Entity;

    /// The row's id.
    fn id(&self) -> &Self::Id;

    /// The user to whom the row belongs.
    fn owner(&self) -> &Self::Owner;

    /// A new id, or `None` if the database makes it.
    #[doc(hidden)]
    fn generate_id() -> Option<Self::Id>;

    /// The columns that `changes` sets.
    #[doc(hidden)]
    fn changed(changes: &Self::Changes) -> ColumnSet;

    /// The parents that a new row names: position in [`Entity::parents`] and id, absent ones left out.
    #[doc(hidden)]
    fn parents_of_new(_new: &Self::New) -> Vec<(usize, IdValue)> {
        Vec::new()
    }

    /// The parents that an update names.
    #[doc(hidden)]
    fn parents_of_changes(_changes: &Self::Changes) -> Vec<(usize, IdValue)> {
        Vec::new()
    }

    /// The row's version, if the entity counts them.
    #[doc(hidden)]
    fn row_version(&self) -> Option<i64> {
        None
    }

    /// The version that an update rests on.
    #[doc(hidden)]
    fn expected_version(_changes: &Self::Changes) -> Option<i64> {
        None
    }
}

/// What the derive implements for every database that can store all columns of the entity.
#[doc(hidden)]
pub trait Stored<DB: Backend>: UserScoped {
    /// Reads a row whose columns stand in the order of the entity, and have types that their fields can be read from.
    fn decode(row: &DB::Row) -> sqlx::Result<Self>;

    /// How column number `column` is bound and read.
    fn codec(column: usize) -> Option<Codec<DB>>;

    /// Binds a new row, one argument a column, in the order of the entity, without an id that the database makes.
    fn bind_new(new: Self::New, stamp: Stamp<'_, Self>, arguments: &mut DB::Arguments) -> Result<(), BoxDynError>;

    /// Binds what is set, one argument a column of [`UserScoped::changed`], in the order of the entity, and
    /// `updated_at` in its place.
    fn bind_changes(changes: Self::Changes, moment: Moment, arguments: &mut DB::Arguments) -> Result<(), BoxDynError>;

    /// Binds `moment` as column number `column`, which is `updated_at` or `deleted_at`.
    fn bind_moment(column: usize, _moment: Moment, _arguments: &mut DB::Arguments) -> Result<(), BoxDynError> {
        Err(no_such_column(column))
    }
}

/// A database that can store the entity `T`: the bound for code that is generic over the database.
///
/// An application bundles its entities in one line and stays generic:
///
/// ```
/// # use user_scope::{Stores, UserScoped};
/// # #[derive(UserScoped)]
/// # #[user_scoped(table = "tasks")]
/// # struct Task { #[user_scoped(id)] id: String, #[user_scoped(owner)] user_id: String }
/// # #[derive(UserScoped)]
/// # #[user_scoped(table = "subtasks")]
/// # struct Subtask { #[user_scoped(id)] id: String, #[user_scoped(owner)] user_id: String }
/// trait AppDb: Stores<Task> + Stores<Subtask> {}
/// impl<DB: Stores<Task> + Stores<Subtask>> AppDb for DB {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot store the entity `{T}`",
    label = "some column of `{T}` has no type in this database",
    note = "every field must be `sqlx::Type`, `Encode` and `Decode` for this database; `#[user_scoped(skip)]` leaves a field out",
    note = "with `#[user_scoped(on(…))]` above the struct, which names the database, the compiler points at the field"
)]
pub trait Stores<T: UserScoped>: Backend {
    #[doc(hidden)]
    fn decode(row: &Self::Row) -> sqlx::Result<T>;
    #[doc(hidden)]
    fn decode_fitting(row: &Self::Row) -> sqlx::Result<T>;
    #[doc(hidden)]
    fn codec(column: usize) -> Option<Codec<Self>>;
    #[doc(hidden)]
    fn bind_new(new: T::New, stamp: Stamp<'_, T>, arguments: &mut Self::Arguments) -> Result<(), BoxDynError>;
    #[doc(hidden)]
    fn bind_changes(changes: T::Changes, moment: Moment, arguments: &mut Self::Arguments) -> Result<(), BoxDynError>;
    #[doc(hidden)]
    fn bind_moment(column: usize, moment: Moment, arguments: &mut Self::Arguments) -> Result<(), BoxDynError>;
}

#[diagnostic::do_not_recommend]
impl<DB: Backend, T: Stored<DB>> Stores<T> for DB {
    fn decode(row: &DB::Row) -> sqlx::Result<T> {
        rows::decode::<T, DB>(row)
    }

    fn decode_fitting(row: &DB::Row) -> sqlx::Result<T> {
        <T as Stored<DB>>::decode(row)
    }

    fn codec(column: usize) -> Option<Codec<DB>> {
        <T as Stored<DB>>::codec(column)
    }

    fn bind_new(new: T::New, stamp: Stamp<'_, T>, arguments: &mut DB::Arguments) -> Result<(), BoxDynError> {
        <T as Stored<DB>>::bind_new(new, stamp, arguments)
    }

    fn bind_changes(changes: T::Changes, moment: Moment, arguments: &mut DB::Arguments) -> Result<(), BoxDynError> {
        <T as Stored<DB>>::bind_changes(changes, moment, arguments)
    }

    fn bind_moment(column: usize, moment: Moment, arguments: &mut DB::Arguments) -> Result<(), BoxDynError> {
        <T as Stored<DB>>::bind_moment(column, moment, arguments)
    }
}

/// What the library writes into a new row, and no input can: id, owner, times.
#[doc(hidden)]
pub struct Stamp<'a, T: UserScoped> {
    pub id: Option<T::Id>,
    pub owner: &'a T::Owner,
    pub moment: Moment,
}

/// That `Self` can be the parent of `Child`: an entity whose owner is of the same type.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the parent of `{Child}`",
    label = "not an entity whose owner has the same type",
    note = "a parent is a struct with `#[derive(UserScoped)]`, and its owner has the type of its child's owner"
)]
pub trait ParentOf<Child> {}

#[diagnostic::do_not_recommend]
impl<Parent: UserScoped<Owner = Child::Owner>, Child: UserScoped> ParentOf<Child> for Parent {}
