//! What is compiled with the library, once for each database, and not with an application, for each of its entities:
//! whatever need not know which entity it is about. The files above this room ask for it, and read the rows that come back.
//!
//! Of an entity comes in here: its [`Table`](crate::entity::Table), identifiers whose type is forgotten, and three kinds of
//! functions. One reads rows, one binds new ones or changes, and one tells the keys of what was read. [`access`] is a
//! repository without its entity, and [`act`] a write without what it writes. A read is in [`reading`] and [`paging`];
//! every write goes the way of [`rowwise`] or [`touching`], with [`recording`] beside it and [`refusal`] if nothing was
//! written.
//!
//! A generic function is compiled by who uses it. One that names its database is compiled here, and with it what the boxed future
//! does that it hands out. That is why the drivers implement [`Compiled`] one by one, by the same macro.

mod access;
mod act;
mod inserting;
mod paging;
mod reading;
mod recording;
mod refusal;
mod rowwise;
mod touched;
mod touching;
mod updating;
mod upserting;

use std::future::Future;
use std::pin::Pin;

use sqlx::Database;

pub(crate) use access::Access;
use act::{Act, Hindrance};
pub(crate) use inserting::Insertion;
pub(crate) use paging::{PageRead, Paging};
pub(super) use reading::not_finite;
pub(crate) use reading::{Found, Question, Reader, Wanted};
pub(crate) use rowwise::WrittenRows;
pub(crate) use touched::Touched;
pub(crate) use updating::Update;
pub(super) use updating::stale_or_forgotten;
pub(crate) use upserting::Upsert;

use crate::backend::Backend;
use crate::error::Result;
use crate::identifier::AnyIdentifier;

/// An operation that is under way.
pub(crate) type Work<'f, R> = Pin<Box<dyn Future<Output = Result<R>> + Send + 'f>>;

/// The operations of a repository whose entity is forgotten.
#[doc(hidden)]
pub trait Compiled: Database {
    /// Reads the row with this id, if the caller has it.
    fn find_row<'f>(
        access: Access<'f, Self>,
        id: &'f dyn AnyIdentifier,
        read: Reader<'f, Self>,
    ) -> Work<'f, Option<()>>
    where
        Self: Backend;

    /// Whether the caller has the row with this id.
    fn has_row<'f>(access: Access<'f, Self>, id: &'f dyn AnyIdentifier) -> Work<'f, bool>
    where
        Self: Backend;

    /// Reads what was asked for.
    fn read_rows<'f>(access: Access<'f, Self>, question: Question<'f>, read: Reader<'f, Self>) -> Work<'f, Found>
    where
        Self: Backend;

    /// Reads a page, and tells where the next one begins.
    fn read_page<'f>(access: Access<'f, Self>, paging: Paging<'f>, read: Reader<'f, Self>) -> Work<'f, PageRead>
    where
        Self: Backend;

    /// Inserts rows, all of them or none, and reads them.
    fn insert_rows<'f>(
        access: Access<'f, Self>,
        insertion: Insertion<'f, Self>,
        written: &'f mut dyn WrittenRows<Self>,
    ) -> Work<'f, u64>
    where
        Self: Backend;

    /// Inserts a row, or changes the one that is there, and reads it.
    fn upsert_row<'f>(
        access: Access<'f, Self>,
        upsert: Upsert<'f, Self>,
        written: &'f mut dyn WrittenRows<Self>,
    ) -> Work<'f, u64>
    where
        Self: Backend;

    /// Changes a row, and reads it.
    fn update_row<'f>(
        access: Access<'f, Self>,
        update: Update<'f, Self>,
        written: &'f mut dyn WrittenRows<Self>,
    ) -> Work<'f, u64>
    where
        Self: Backend;

    /// Does something to rows that gives none back, and tells how many there were.
    fn touch_rows<'f>(access: Access<'f, Self>, operation: &'static str, touched: Touched<'f, Self>) -> Work<'f, u64>
    where
        Self: Backend;
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
macro_rules! compiled {
    ($database:ty) => {
        impl Compiled for $database {
            fn find_row<'f>(
                access: Access<'f, Self>,
                id: &'f dyn AnyIdentifier,
                read: Reader<'f, Self>,
            ) -> Work<'f, Option<()>> {
                Box::pin(reading::find(access, id, read))
            }

            fn has_row<'f>(access: Access<'f, Self>, id: &'f dyn AnyIdentifier) -> Work<'f, bool> {
                Box::pin(reading::exists(access, id))
            }

            fn read_rows<'f>(
                access: Access<'f, Self>,
                question: Question<'f>,
                read: Reader<'f, Self>,
            ) -> Work<'f, Found> {
                Box::pin(reading::read(access, question, read))
            }

            fn read_page<'f>(
                access: Access<'f, Self>,
                paging: Paging<'f>,
                read: Reader<'f, Self>,
            ) -> Work<'f, PageRead> {
                Box::pin(paging::page(access, paging, read))
            }

            fn insert_rows<'f>(
                access: Access<'f, Self>,
                insertion: Insertion<'f, Self>,
                written: &'f mut dyn WrittenRows<Self>,
            ) -> Work<'f, u64> {
                Box::pin(inserting::insert(access, insertion, written))
            }

            fn upsert_row<'f>(
                access: Access<'f, Self>,
                upsert: Upsert<'f, Self>,
                written: &'f mut dyn WrittenRows<Self>,
            ) -> Work<'f, u64> {
                Box::pin(upserting::upsert(access, upsert, written))
            }

            fn update_row<'f>(
                access: Access<'f, Self>,
                update: Update<'f, Self>,
                written: &'f mut dyn WrittenRows<Self>,
            ) -> Work<'f, u64> {
                Box::pin(updating::update(access, update, written))
            }

            fn touch_rows<'f>(
                access: Access<'f, Self>,
                operation: &'static str,
                touched: Touched<'f, Self>,
            ) -> Work<'f, u64> {
                Box::pin(touching::touch(access, operation, touched))
            }
        }
    };
}

#[cfg(feature = "postgres")]
compiled!(sqlx::Postgres);
#[cfg(feature = "sqlite")]
compiled!(sqlx::Sqlite);
