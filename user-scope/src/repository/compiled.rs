//! What is compiled with the library, once for each database, and not with an application, for each of its entities: how a row is
//! found. All that is left to do for an entity is to read it.
//!
//! A generic function is compiled by who uses it. One that names its database is compiled here, and with it what the boxed future
//! does that it hands out. That is why the drivers implement [`Compiled`] one by one, by the same macro.

use std::future::Future;
use std::pin::{Pin, pin};

use sqlx::Database;
use sqlx::error::BoxDynError;

use super::access::Access;
use crate::audit::{Details, Operation};
use crate::backend::{Backend, Query};
use crate::error::{Doing, Error, Result};
use crate::observe::observed;
use crate::sql::{self, OneRow};

/// An operation that is under way.
pub(crate) type Work<'f, R> = Pin<Box<dyn Future<Output = Result<R>> + Send + 'f>>;

/// The place for what a row is read as.
#[doc(hidden)]
pub trait Slot<DB: Database>: Send {
    fn fill(&mut self, row: &DB::Row) -> sqlx::Result<()>;
}

/// The operations of a repository whose entity is forgotten.
#[doc(hidden)]
pub trait Compiled: Database {
    /// Reads the row into `slot`, if the caller has it.
    fn find_row<'f>(
        access: Access<'f, Self>,
        row: OneRow<'f, Self>,
        slot: &'f mut dyn Slot<Self>,
    ) -> Work<'f, Option<()>>
    where
        Self: Backend;

    /// Whether the caller has the row.
    fn has_row<'f>(access: Access<'f, Self>, row: OneRow<'f, Self>) -> Work<'f, bool>
    where
        Self: Backend;
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
macro_rules! compiled {
    ($database:ty) => {
        impl Compiled for $database {
            fn find_row<'f>(
                access: Access<'f, Self>,
                row: OneRow<'f, Self>,
                slot: &'f mut dyn Slot<Self>,
            ) -> Work<'f, Option<()>> {
                Box::pin(find(access, row, slot))
            }

            fn has_row<'f>(access: Access<'f, Self>, row: OneRow<'f, Self>) -> Work<'f, bool> {
                Box::pin(exists(access, row))
            }
        }
    };
}

#[cfg(feature = "postgres")]
compiled!(sqlx::Postgres);
#[cfg(feature = "sqlite")]
compiled!(sqlx::Sqlite);

async fn find<'f, DB: Backend>(
    access: Access<'f, DB>,
    row: OneRow<'f, DB>,
    slot: &'f mut dyn Slot<DB>,
) -> Result<Option<()>> {
    let work = pin!(one(access, row, sql::get(&row), slot));
    observed(access.entity.name(), "get", work).await
}

async fn exists<'f, DB: Backend>(access: Access<'f, DB>, row: OneRow<'f, DB>) -> Result<bool> {
    let work = pin!(async { Ok(one(access, row, sql::exists(&row), &mut Nothing).await?.is_some()) });
    observed(access.entity.name(), "exists", work).await
}

/// Of a row that is there nothing need be read.
struct Nothing;

impl<DB: Backend> Slot<DB> for Nothing {
    fn fill(&mut self, _: &DB::Row) -> sqlx::Result<()> {
        Ok(())
    }
}

async fn one<'f, DB: Backend>(
    access: Access<'f, DB>,
    row: OneRow<'f, DB>,
    query: Result<Query<DB>, BoxDynError>,
    slot: &mut dyn Slot<DB>,
) -> Result<Option<()>> {
    let entity = access.entity;
    let query = query.map_err(|error| Error::unbindable(entity.name(), error))?;
    let mut session = access.session().await?;
    let found = match DB::fetch_optional(session.connection(), query).await {
        Ok(found) => found,
        Err(error) => return Err(access.failed(session, Doing::Reading, error)),
    };
    let read = found.as_ref().map(|found| slot.fill(found)).transpose();
    let trace = match found {
        Some(_) => access.read(Operation::Read, Some(row.id), Details::default()),
        None => access.missed(Operation::Read, &mut [(entity, row.id.to_id_value())].into_iter()),
    };
    session.conclude(trace, access.audit).await;
    read.map_err(|error| Error::from_sqlx(entity.name(), Doing::Reading, access.named(error)))
}
