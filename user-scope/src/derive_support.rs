//! What the code of the derive calls. Not public: it may change in any version, together with the derive.

pub use crate::backend::{Backend, Value};
use crate::entity::{self, optional_from_text, unreadable};
pub use crate::entity::{
    Below, Change, ChildOf, Codec, Column, ColumnDefinition, ColumnSet, Definition, Entity, EntityAudit, GivenId,
    KeyedById, Known, Lists, Moment, NotNull, Nullability, Nullable, OnDelete, ParentDefinition, ParentOf, Probe,
    ReadAudit, Select, SelectedAs, SoftDelete, Stamp, Stored, Stores, Timestamp, Types, UniqueKey, Unknown, UserScoped,
    VersionNumber, Versioned, WriteAudit,
};
pub use crate::identifier::{GeneratedId, IdKind, IdValue, Identifier, RawIdentifier};
pub use sqlx::Database;
pub use sqlx::error::BoxDynError as BindError;

/// What kind of identifier a field's type is.
pub const fn kind_of<I: Identifier>() -> IdKind {
    <I::Raw as RawIdentifier>::KIND
}

/// The identifier as a value, for the audit.
pub fn value_of<I: Identifier>(id: &I) -> IdValue {
    IdValue::of(id)
}

/// Reads a column whose type is known to fit.
pub fn get<DB: Backend, V: Value<DB>>(row: &DB::Row, position: usize) -> sqlx::Result<V> {
    DB::get_fitting(row, position)
}

/// Reads an identifier that is stored as text.
pub fn get_as_text<DB: Backend, I: Identifier>(row: &DB::Row, position: usize) -> sqlx::Result<I> {
    get_optional_as_text::<DB, I>(row, position)?.ok_or_else(|| unreadable(position, "NULL".into()))
}

/// Reads an identifier that is stored as text, or NULL.
pub fn get_optional_as_text<DB: Backend, I: Identifier>(row: &DB::Row, position: usize) -> sqlx::Result<Option<I>> {
    optional_from_text::<DB, I>(row, position)
}

/// Reads the field of a selection, which stands at `position` of `row`.
pub fn selected<DB, T, F, C>(column: C, row: &DB::Row, position: usize) -> sqlx::Result<F>
where
    T: UserScoped,
    DB: Stores<T>,
    C: SelectedAs<T, F>,
{
    column.read_as::<DB>(row, position)
}

/// Binds a value.
pub fn add<DB: Backend, V: Value<DB>>(arguments: &mut DB::Arguments, value: &V) -> Result<(), BindError> {
    sqlx::Arguments::add(arguments, value)
}

/// Binds an identifier as text.
pub fn add_as_text<DB: Backend, I: Identifier>(arguments: &mut DB::Arguments, id: &I) -> Result<(), BindError> {
    DB::add_text(arguments, Some(&id.as_raw().to_string()))
}

/// Binds an identifier as text, or NULL.
pub fn add_optional_as_text<DB: Backend, I: Identifier>(
    arguments: &mut DB::Arguments,
    id: Option<&I>,
) -> Result<(), BindError> {
    DB::add_text(arguments, id.map(|id| id.as_raw().to_string()).as_deref())
}

/// A position that no column has.
pub fn no_such_column(position: usize) -> BindError {
    entity::no_such_column(position)
}

/// The id that the library made for a new row.
pub fn made_id<I>(id: Option<&I>) -> Result<&I, BindError> {
    id.ok_or_else(|| "the library made no id".into())
}

/// Holds only if `Parent` can be the parent of `Child` and `Id` is the type of its id.
pub const fn assert_parent<Parent, Child, Id>()
where
    Parent: ParentOf<Child> + UserScoped<Id = Id>,
{
}

/// Holds only if some field of `Child` names `Parent`.
pub const fn assert_below<Child: Below<Parent>, Parent>() {}

/// Holds only if `Parent` lists `Child` among its children.
pub const fn assert_lists<Parent: Lists<Child>, Child>() {}

/// Holds only if values of `V` can be stored in `DB`.
pub const fn assert_storable<DB: Backend, V: Value<DB>>() {}

/// What decoding a row fails with, by a name that does not depend on how the application calls sqlx.
pub use sqlx::Error as DecodeError;
/// Stands in for the identifier of a struct that the derive refuses.
pub use uuid::Uuid;
