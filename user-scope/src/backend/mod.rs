//! The only rooms that know a driver.
//!
//! [`Backend`] gathers what sqlx leaves in `where`-clauses as methods: bounds of a trait are implied, its
//! `where`-clauses are not, so a public signature needs `DB: Backend` and no more. No entity and no audit
//! enters here.

mod dialect;
#[cfg(feature = "postgres")]
mod postgres;
mod refusal;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod shared;
#[cfg(feature = "sqlite")]
mod sqlite;
mod value;
mod wire;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use futures_core::Stream;
use sqlx::error::BoxDynError;
use sqlx::{Connection, Database, SqlStr};

pub(crate) use dialect::Dialect;
pub(crate) use refusal::{ByTrigger, by_trigger, column_without_null, is_taken};
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) use shared::methods_that_every_driver_has;
pub use value::Value;
pub(crate) use wire::{Pooling, Prepares, Wire};

use crate::identifier::{IdKind, IdValue};
use crate::repository::Compiled;

/// A statement with its arguments, ready to run. Made by `sql` alone, which is where an owner is required.
#[doc(hidden)]
#[derive(Debug)]
pub struct Query<DB: Database> {
    pub(crate) text: SqlStr,
    pub(crate) arguments: DB::Arguments,
    /// Whether the connection keeps the prepared statement, if it can: not for texts that are unlikely to come again.
    pub(crate) keep: bool,
}

/// A row of the audit log in the making, as columns.
#[doc(hidden)]
#[derive(Debug)]
pub struct LogRow {
    pub(crate) event_id: uuid::Uuid,
    pub(crate) user: IdValue,
    pub(crate) entity_type: String,
    pub(crate) entity_id: Option<String>,
    pub(crate) operation: &'static str,
    pub(crate) details: Option<String>,
    pub(crate) occurred_at: i64,
}

/// A value of a column by which rows are ordered, as the driver gives it and takes it back: on PostgreSQL bytes whose
/// meaning only the server knows, on SQLite one of its storage classes. It has no `Debug`: it is of a row.
#[doc(hidden)]
#[derive(Clone, PartialEq, Eq)]
pub enum KeyValue {
    Null,
    Integer(i64),
    /// The bits of an `f64`.
    Real(u64),
    Text(String),
    Bytes(Vec<u8>),
}

mod sealed {
    pub trait Sealed {}
    #[cfg(feature = "postgres")]
    impl Sealed for sqlx::Postgres {}
    #[cfg(feature = "sqlite")]
    impl Sealed for sqlx::Sqlite {}
}

/// Rows on their way.
pub(crate) type RowsOf<'c, DB> = Pin<Box<dyn Stream<Item = sqlx::Result<<DB as Database>::Row>> + Send + 'c>>;

/// A database that user-scope runs on: [`sqlx::Postgres`] or [`sqlx::Sqlite`], each with its feature. Sealed.
///
/// Its methods are the library's own and may change in any version.
#[diagnostic::on_unimplemented(
    message = "user-scope does not run on `{Self}`",
    label = "not a database of user-scope",
    note = "switch on the feature `postgres` or `sqlite` of user-scope"
)]
pub trait Backend: Database + Compiled + sealed::Sealed {
    #[doc(hidden)]
    const DIALECT: Dialect;

    /// Starts a transaction. On SQLite at once for writing: one that upgrades later fails whatever the timeout.
    #[doc(hidden)]
    const BEGIN: &'static str;

    /// Whether a cancelled BEGIN leaves the connection in a transaction that sqlx does not know of.
    #[doc(hidden)]
    const CANCELLED_BEGIN_LEAKS: bool;

    /// Whether a network lies between, which may forget an idle connection, and a server that may want it closed. A
    /// connection to a file is as good on the second day, and one to memory holds the only copy.
    #[doc(hidden)]
    const IS_REMOTE: bool;

    /// Settings for connections that the library opens itself.
    #[doc(hidden)]
    fn tune(
        options: <Self::Connection as Connection>::Options,
        kept_statements: usize,
        pooling: Pooling,
    ) -> <Self::Connection as Connection>::Options;

    /// Of a column whose type is known to fit. PostgreSQL does not look at it again; on SQLite each value has a type of its
    /// own, and is looked at.
    #[doc(hidden)]
    fn get_fitting<V: Value<Self>>(row: &Self::Row, position: usize) -> sqlx::Result<V>;
    /// `None` for NULL.
    #[doc(hidden)]
    fn get_optional<V: Value<Self>>(row: &Self::Row, position: usize) -> sqlx::Result<Option<V>>;
    #[doc(hidden)]
    fn is_null(row: &Self::Row, position: usize) -> bool;
    /// The type of a column, as far as the database has types of columns.
    #[doc(hidden)]
    fn type_of(row: &Self::Row, position: usize) -> Option<&Self::TypeInfo>;
    #[doc(hidden)]
    fn get_text(row: &Self::Row, position: usize) -> sqlx::Result<Option<String>>;
    /// The same, of a column in which anything may lie that somebody else has written: what is no text is shown as near to it as
    /// can be.
    #[doc(hidden)]
    fn get_text_lossily(row: &Self::Row, position: usize) -> sqlx::Result<Option<String>> {
        Self::get_text(row, position)
    }
    #[doc(hidden)]
    fn get_integer(row: &Self::Row, position: usize) -> sqlx::Result<i64>;
    /// `None` for NULL.
    #[doc(hidden)]
    fn get_float(row: &Self::Row, position: usize) -> sqlx::Result<Option<f64>>;
    #[doc(hidden)]
    fn get_id(row: &Self::Row, position: usize, kind: IdKind) -> sqlx::Result<IdValue>;

    #[doc(hidden)]
    fn get_key(row: &Self::Row, position: usize) -> sqlx::Result<KeyValue>;

    #[doc(hidden)]
    fn add_text(arguments: &mut Self::Arguments, text: Option<&str>) -> Result<(), BoxDynError>;
    #[doc(hidden)]
    fn add_integer(arguments: &mut Self::Arguments, integer: i64) -> Result<(), BoxDynError>;
    #[doc(hidden)]
    fn add_id(arguments: &mut Self::Arguments, id: &IdValue) -> Result<(), BoxDynError>;
    /// Binds what [`get_key`](Self::get_key) gave, other than NULL, to be compared with the same column.
    #[doc(hidden)]
    fn add_key(arguments: &mut Self::Arguments, value: &KeyValue) -> Result<(), BoxDynError>;
    /// Writes down all that was bound, for a fingerprint.
    #[doc(hidden)]
    fn write_arguments(arguments: &Self::Arguments, to: &mut dyn fmt::Write) -> fmt::Result;
    /// Binds a batch of log rows as `sql::log` writes them: a column an argument, or a value an argument.
    #[doc(hidden)]
    fn add_log_rows(arguments: &mut Self::Arguments, kind: IdKind, rows: &[LogRow]) -> Result<(), BoxDynError>;

    #[doc(hidden)]
    fn fetch_optional(
        wire: Wire<'_, Self>,
        query: Query<Self>,
    ) -> impl Future<Output = sqlx::Result<Option<Self::Row>>> + Send;
    /// The row that a write returns, when it has been carried out to its end. By itself, outside of a transaction, a
    /// statement of SQLite is committed, or refused, only after it has given its last row.
    #[doc(hidden)]
    fn fetch_written(
        wire: Wire<'_, Self>,
        query: Query<Self>,
    ) -> impl Future<Output = sqlx::Result<Option<Self::Row>>> + Send;
    #[doc(hidden)]
    fn fetch_all(wire: Wire<'_, Self>, query: Query<Self>)
    -> impl Future<Output = sqlx::Result<Vec<Self::Row>>> + Send;
    /// The rows one by one, as they come.
    #[doc(hidden)]
    fn fetch(wire: Wire<'_, Self>, query: Query<Self>) -> RowsOf<'_, Self>;
    /// Runs a statement and tells how many rows it touched.
    #[doc(hidden)]
    fn execute(wire: Wire<'_, Self>, query: Query<Self>) -> impl Future<Output = sqlx::Result<u64>> + Send;
    /// Runs several statements without arguments, as one message.
    #[doc(hidden)]
    fn execute_script(wire: Wire<'_, Self>, script: SqlStr) -> impl Future<Output = sqlx::Result<()>> + Send;
}
