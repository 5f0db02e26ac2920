//! An entity as the statements about it need to know it, its type forgotten. An application has many entities, and its
//! compiler makes everything that names one once for each.

use std::any::Any;

use sqlx::Database;
use sqlx::error::BoxDynError;

use super::{Codec, Entity, Moment, Stores, UserScoped, no_such_column};
use crate::backend::Backend;

/// An entity in a database, its type forgotten.
pub(crate) struct Table<DB: Database> {
    pub(crate) entity: &'static Entity,
    codec: fn(usize) -> Option<Codec<DB>>,
    bind_moment: BindMoment<DB>,
}

type BindMoment<DB> = fn(usize, Moment, &mut <DB as Database>::Arguments) -> Result<(), BoxDynError>;

impl<DB: Backend> Table<DB> {
    pub(crate) fn of<T: UserScoped>() -> Self
    where
        DB: Stores<T>,
    {
        Self { entity: T::entity(), codec: <DB as Stores<T>>::codec, bind_moment: <DB as Stores<T>>::bind_moment }
    }

    /// The columns, with how each is bound and read.
    pub(super) fn codecs(self) -> impl Iterator<Item = (usize, Codec<DB>)> {
        let columns = 0..self.entity.definition().columns.len();
        columns.filter_map(move |column| Some((column, (self.codec)(column)?)))
    }

    /// Binds `value`, which is of the type of column number `column`.
    pub(crate) fn bind(
        self,
        column: usize,
        value: &(dyn Any + Send + Sync),
        arguments: &mut DB::Arguments,
    ) -> Result<(), BoxDynError> {
        (self.codec)(column).ok_or_else(|| no_such_column(column))?.bind(value, arguments)
    }

    /// Binds `moment` as column number `column`, which is `updated_at` or `deleted_at`.
    pub(crate) fn bind_moment(
        self,
        column: usize,
        moment: Moment,
        arguments: &mut DB::Arguments,
    ) -> Result<(), BoxDynError> {
        (self.bind_moment)(column, moment, arguments)
    }
}

impl<DB: Database> Clone for Table<DB> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<DB: Database> Copy for Table<DB> {}
