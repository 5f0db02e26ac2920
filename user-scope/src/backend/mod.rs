//! The only rooms that know a driver.
//!
//! [`Backend`] gathers what sqlx leaves in `where`-clauses as methods: bounds of a trait are implied, its
//! `where`-clauses are not, so a public signature needs `DB: Backend` and no more. No entity and no audit
//! enters here.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use futures_core::Stream;
use sqlx::error::BoxDynError;
use sqlx::{Connection, Database, Decode, Encode, SqlStr, Type};

use crate::identifier::{IdKind, IdValue};

/// A type that the database `DB` can store: `Encode`, `Decode` and `Type` of sqlx in one name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in {DB}",
    label = "no column of {DB} holds a `{Self}`",
    note = "derive `sqlx::Type`, or implement `Type`, `Encode` and `Decode` for this database"
)]
pub trait Value<DB: Database>:
    for<'q> Encode<'q, DB> + for<'r> Decode<'r, DB> + Type<DB> + Send + Sync + 'static
{
}

#[diagnostic::do_not_recommend]
impl<DB, V> Value<DB> for V
where
    DB: Database,
    V: for<'q> Encode<'q, DB> + for<'r> Decode<'r, DB> + Type<DB> + Send + Sync + 'static,
{
}

/// How a database's SQL differs from another's.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    Postgres,
    Sqlite,
}

impl Dialect {
    pub(crate) const COUNT: usize = 2;

    /// SQLite takes a double-quoted name that no column has for a text, silently; it never does so with grave
    /// accents.
    pub(crate) const fn quote(self) -> char {
        match self {
            Self::Postgres => '"',
            Self::Sqlite => '`',
        }
    }

    /// Whether a write and its audit row fit in one statement.
    pub(crate) const fn logs_in_statement(self) -> bool {
        matches!(self, Self::Postgres)
    }

    /// Bind parameters that one statement can have.
    pub(crate) const fn max_parameters(self) -> usize {
        match self {
            Self::Postgres => 65_535,
            Self::Sqlite => 32_766,
        }
    }
}

/// A statement with its arguments, ready to run. Made by `sql` alone, which is where an owner is required.
#[doc(hidden)]
#[derive(Debug)]
pub struct Query<DB: Database> {
    pub(crate) text: SqlStr,
    pub(crate) arguments: DB::Arguments,
    /// Whether the connection keeps the prepared statement: not for texts that are unlikely to come again.
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
pub trait Backend: Database + sealed::Sealed {
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
    ) -> <Self::Connection as Connection>::Options;

    #[doc(hidden)]
    fn get<V: Value<Self>>(row: &Self::Row, position: usize) -> sqlx::Result<V>;
    /// `None` for NULL.
    #[doc(hidden)]
    fn get_optional<V: Value<Self>>(row: &Self::Row, position: usize) -> sqlx::Result<Option<V>>;
    #[doc(hidden)]
    fn is_null(row: &Self::Row, position: usize) -> bool;
    #[doc(hidden)]
    fn get_text(row: &Self::Row, position: usize) -> sqlx::Result<Option<String>>;
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
        connection: &mut Self::Connection,
        query: Query<Self>,
    ) -> impl Future<Output = sqlx::Result<Option<Self::Row>>> + Send;
    /// The row that a write returns, when it has been carried out to its end. By itself, outside of a transaction, a
    /// statement of SQLite is committed, or refused, only after it has given its last row.
    #[doc(hidden)]
    fn fetch_written(
        connection: &mut Self::Connection,
        query: Query<Self>,
    ) -> impl Future<Output = sqlx::Result<Option<Self::Row>>> + Send;
    #[doc(hidden)]
    fn fetch_all(
        connection: &mut Self::Connection,
        query: Query<Self>,
    ) -> impl Future<Output = sqlx::Result<Vec<Self::Row>>> + Send;
    /// The rows one by one, as they come.
    #[doc(hidden)]
    fn fetch(connection: &mut Self::Connection, query: Query<Self>) -> RowsOf<'_, Self>;
    /// Runs a statement and tells how many rows it touched.
    #[doc(hidden)]
    fn execute(connection: &mut Self::Connection, query: Query<Self>)
    -> impl Future<Output = sqlx::Result<u64>> + Send;
    /// Runs several statements without arguments, as one message.
    #[doc(hidden)]
    fn execute_script(
        connection: &mut Self::Connection,
        script: SqlStr,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;
}

/// The methods that read the same for every driver, and mean another type for each.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
macro_rules! methods_that_every_driver_has {
    () => {
        fn get<V: crate::backend::Value<Self>>(row: &Self::Row, position: usize) -> sqlx::Result<V> {
            sqlx::Row::try_get(row, position)
        }

        fn is_null(row: &Self::Row, position: usize) -> bool {
            sqlx::Row::try_get_raw(row, position).is_ok_and(|value| sqlx::ValueRef::is_null(&value))
        }

        fn get_optional<V: crate::backend::Value<Self>>(row: &Self::Row, position: usize) -> sqlx::Result<Option<V>> {
            sqlx::Row::try_get(row, position)
        }

        fn get_text(row: &Self::Row, position: usize) -> sqlx::Result<Option<String>> {
            sqlx::Row::try_get(row, position)
        }

        fn get_integer(row: &Self::Row, position: usize) -> sqlx::Result<i64> {
            sqlx::Row::try_get(row, position)
        }

        fn get_float(row: &Self::Row, position: usize) -> sqlx::Result<Option<f64>> {
            sqlx::Row::try_get(row, position)
        }

        /// NULL is no identifier; SQLite would take it for an empty one.
        fn get_id(row: &Self::Row, position: usize, kind: IdKind) -> sqlx::Result<IdValue> {
            let id = match kind {
                IdKind::Uuid => sqlx::Row::try_get::<Option<_>, _>(row, position)?.map(IdValue::Uuid),
                IdKind::Integer => sqlx::Row::try_get::<Option<_>, _>(row, position)?.map(IdValue::Integer),
                IdKind::Text => sqlx::Row::try_get::<Option<_>, _>(row, position)?.map(IdValue::Text),
            };
            id.ok_or_else(|| sqlx::Error::Decode("an identifier is NULL".into()))
        }

        fn add_text(arguments: &mut Self::Arguments, text: Option<&str>) -> Result<(), BoxDynError> {
            sqlx::Arguments::add(arguments, text)
        }

        fn add_integer(arguments: &mut Self::Arguments, integer: i64) -> Result<(), BoxDynError> {
            sqlx::Arguments::add(arguments, integer)
        }

        fn add_id(arguments: &mut Self::Arguments, id: &IdValue) -> Result<(), BoxDynError> {
            match id {
                IdValue::Uuid(id) => sqlx::Arguments::add(arguments, id),
                IdValue::Integer(id) => sqlx::Arguments::add(arguments, id),
                IdValue::Text(id) => sqlx::Arguments::add(arguments, id.as_str()),
            }
        }

        /// The arguments of both drivers show every byte of themselves in `Debug`, and have no other way to be read.
        fn write_arguments(arguments: &Self::Arguments, to: &mut dyn std::fmt::Write) -> std::fmt::Result {
            write!(to, "{arguments:?}")
        }

        async fn fetch_optional(
            connection: &mut Self::Connection,
            query: Query<Self>,
        ) -> sqlx::Result<Option<Self::Row>> {
            let statement = sqlx::query_with(query.text, query.arguments).persistent(query.keep);
            sqlx::Executor::fetch_optional(connection, statement).await
        }

        async fn fetch_all(connection: &mut Self::Connection, query: Query<Self>) -> sqlx::Result<Vec<Self::Row>> {
            let statement = sqlx::query_with(query.text, query.arguments).persistent(query.keep);
            sqlx::Executor::fetch_all(connection, statement).await
        }

        fn fetch(connection: &mut Self::Connection, query: Query<Self>) -> crate::backend::RowsOf<'_, Self> {
            let statement = sqlx::query_with(query.text, query.arguments).persistent(query.keep);
            sqlx::Executor::fetch(connection, statement)
        }

        async fn execute(connection: &mut Self::Connection, query: Query<Self>) -> sqlx::Result<u64> {
            let statement = sqlx::query_with(query.text, query.arguments).persistent(query.keep);
            Ok(sqlx::Executor::execute(connection, statement).await?.rows_affected())
        }

        async fn execute_script(connection: &mut Self::Connection, script: sqlx::SqlStr) -> sqlx::Result<()> {
            sqlx::Executor::execute(connection, sqlx::raw_sql(script)).await.map(drop)
        }
    };
}
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) use methods_that_every_driver_has;
