//! Whether the columns of a table have the types of the entity's fields, for the doctor.
//!
//! An isolation names no database, and an entity need not be stored in every one. So `isolation!`, which sees each entity's
//! name, asks the compiler whether PostgreSQL stores it: a method of the type itself is preferred to one of its reference.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;

use super::UserScoped;

/// What type a column of a row should have, if it has one that its field cannot be read from.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Types(fn(column: usize, row: &dyn Any, position: usize) -> Option<String>);

impl Types {
    pub(crate) fn misfit(self, column: usize, row: &dyn Any, position: usize) -> Option<String> {
        (self.0)(column, row, position)
    }
}

/// They go with their entity.
impl PartialEq for Types {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Types {}

impl fmt::Debug for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Types")
    }
}

/// An entity, to be asked about.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<T>(PhantomData<fn() -> T>);

impl<T: UserScoped> Probe<T> {
    pub const NEW: Self = Self(PhantomData);
}

/// Found first, for what PostgreSQL stores.
#[doc(hidden)]
pub trait Known {
    fn types(&self) -> Option<Types>;
}

#[cfg(feature = "postgres")]
impl<T: super::Stored<sqlx::Postgres>> Known for Probe<T> {
    fn types(&self) -> Option<Types> {
        Some(Types(|column, row, position| T::codec(column)?.misfit(row.downcast_ref()?, position)))
    }
}

/// Found else.
#[doc(hidden)]
pub trait Unknown {
    fn types(&self) -> Option<Types>;
}

impl<T> Unknown for &Probe<T> {
    fn types(&self) -> Option<Types> {
        None
    }
}
