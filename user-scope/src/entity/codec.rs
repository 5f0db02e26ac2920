//! How values of one type come into a database and out of it again, for those who know a column by its number only. An entity
//! names a codec for each of its columns; what it does is compiled once for each type, and not for each entity.

use std::any::Any;
use std::fmt;

use sqlx::error::BoxDynError;
use sqlx::{Database, TypeInfo as _};

use crate::backend::{Backend, Value};
use crate::identifier::{Identifier, RawIdentifier};

/// A column's value, boxed, or NULL.
pub(crate) type AnyValue = Option<Box<dyn Any + Send>>;

/// How the values of a column are bound and read; their type is that of the column, without `Option`.
#[doc(hidden)]
pub struct Codec<DB: Database> {
    bind: fn(&mut DB::Arguments, &(dyn Any + Send + Sync)) -> Result<(), BoxDynError>,
    read: fn(&DB::Row, usize) -> sqlx::Result<AnyValue>,
    misfit: fn(&DB::Row, usize) -> Option<String>,
}

impl<DB: Backend> Codec<DB> {
    pub const fn of<V: Value<DB>>() -> Self {
        Self { bind: bind::<DB, V>, read: read::<DB, V>, misfit: misfit::<DB, V> }
    }

    /// That of an identifier which is stored as text.
    pub const fn of_text<I: Identifier>() -> Self {
        Self { bind: bind_as_text::<DB, I>, read: read_as_text::<DB, I>, misfit: misfit_as_text::<DB> }
    }

    pub(crate) fn bind(
        &self,
        value: &(dyn Any + Send + Sync),
        arguments: &mut DB::Arguments,
    ) -> Result<(), BoxDynError> {
        (self.bind)(arguments, value)
    }

    /// Reads place `position` of `row`.
    pub(crate) fn read(&self, row: &DB::Row, position: usize) -> sqlx::Result<AnyValue> {
        (self.read)(row, position)
    }

    /// The type that the column should have in the database, if place `position` of `row` has one that cannot be read.
    pub(crate) fn misfit(&self, row: &DB::Row, position: usize) -> Option<String> {
        (self.misfit)(row, position)
    }
}

impl<DB: Database> fmt::Debug for Codec<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Codec")
    }
}

/// A position that no column has.
pub(crate) fn no_such_column(position: usize) -> BoxDynError {
    format!("no column at position {position}").into()
}

fn bind<DB: Backend, V: Value<DB>>(
    arguments: &mut DB::Arguments,
    value: &(dyn Any + Send + Sync),
) -> Result<(), BoxDynError> {
    sqlx::Arguments::add(arguments, downcast::<V>(value)?)
}

fn bind_as_text<DB: Backend, I: Identifier>(
    arguments: &mut DB::Arguments,
    value: &(dyn Any + Send + Sync),
) -> Result<(), BoxDynError> {
    DB::add_text(arguments, Some(&downcast::<I>(value)?.as_raw().to_string()))
}

fn downcast<V: 'static>(value: &(dyn Any + Send + Sync)) -> Result<&V, BoxDynError> {
    value.downcast_ref().ok_or_else(|| "a value is not of its column's type".into())
}

fn read<DB: Backend, V: Value<DB>>(row: &DB::Row, position: usize) -> sqlx::Result<AnyValue> {
    Ok(DB::get_optional::<V>(row, position)?.map(|value| Box::new(value) as Box<dyn Any + Send>))
}

fn read_as_text<DB: Backend, I: Identifier>(row: &DB::Row, position: usize) -> sqlx::Result<AnyValue> {
    Ok(optional_from_text::<DB, I>(row, position)?.map(|id| Box::new(id) as Box<dyn Any + Send>))
}

/// Reads an identifier that is stored as text, or NULL.
pub(crate) fn optional_from_text<DB: Backend, I: Identifier>(
    row: &DB::Row,
    position: usize,
) -> sqlx::Result<Option<I>> {
    let Some(text) = DB::get_text(row, position)? else { return Ok(None) };
    let raw = I::Raw::from_text(text).map_err(|error| unreadable(position, error.into()))?;
    Ok(Some(I::from_raw(raw)))
}

pub(crate) fn unreadable(position: usize, source: BoxDynError) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: position.to_string(), source }
}

fn misfit<DB: Backend, V: Value<DB>>(row: &DB::Row, position: usize) -> Option<String> {
    let found = DB::type_of(row, position)?;
    (!V::compatible(found)).then(|| V::type_info().name().to_owned())
}

fn misfit_as_text<DB: Backend>(row: &DB::Row, position: usize) -> Option<String> {
    let found = DB::type_of(row, position)?.name();
    let texts = ["text", "varchar", "char", "name", "citext"];
    (!texts.iter().any(|text| text.eq_ignore_ascii_case(found))).then(|| "text".to_owned())
}
