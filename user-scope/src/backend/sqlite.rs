//! SQLite.

use std::fmt::Write as _;

use sqlx::encode::IsNull;
use sqlx::error::{BoxDynError, UnexpectedNullError};
use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteConnectOptions, SqliteJournalMode};
use sqlx::{Decode, Row, Sqlite, TypeInfo, ValueRef};

use super::{Backend, Dialect, KeyValue, LogRow, Pooling, Query, Value, Wire, methods_that_every_driver_has};
use crate::identifier::{IdKind, IdValue};

impl Backend for Sqlite {
    const DIALECT: Dialect = Dialect::Sqlite;
    const BEGIN: &'static str = "BEGIN IMMEDIATE";
    const CANCELLED_BEGIN_LEAKS: bool = false;
    const IS_REMOTE: bool = false;

    /// With a write-ahead log readers do not wait for the writer, nor he for them.
    fn tune(options: SqliteConnectOptions, kept_statements: usize, _pooling: Pooling) -> SqliteConnectOptions {
        options.journal_mode(SqliteJournalMode::Wal).statement_cache_capacity(kept_statements)
    }

    methods_that_every_driver_has!();

    /// SQLite gives 0 and "" for NULL if a number or a text is asked for.
    fn get_fitting<V: Value<Self>>(row: &Self::Row, position: usize) -> sqlx::Result<V> {
        let value = row.try_get(position)?;
        if Self::is_null(row, position) && !is_stored_as_null(&value)? {
            return Err(sqlx::Error::ColumnDecode {
                index: position.to_string(),
                source: Box::new(UnexpectedNullError),
            });
        }
        Ok(value)
    }

    /// A column of texts holds whatever was put there: bytes that are no UTF-8, or no text at all. These are shown as SQL writes
    /// them.
    fn get_text_lossily(row: &Self::Row, position: usize) -> sqlx::Result<Option<String>> {
        let value = row.try_get_raw(position)?;
        if value.is_null() {
            return Ok(None);
        }
        let is_blob = value.type_info().name() == "BLOB";
        let bytes = <&[u8] as Decode<'_, Sqlite>>::decode(value).map_err(sqlx::Error::Decode)?;
        if !is_blob {
            return Ok(Some(String::from_utf8_lossy(bytes).into_owned()));
        }
        let mut shown = String::with_capacity(bytes.len() * 2 + 3);
        shown.push_str("X'");
        for byte in bytes {
            // Writing to a String cannot fail.
            let _ = write!(shown, "{byte:02X}");
        }
        shown.push('\'');
        Ok(Some(shown))
    }

    async fn fetch_written(wire: Wire<'_, Self>, query: Query<Self>) -> sqlx::Result<Option<Self::Row>> {
        Ok(Self::fetch_all(wire, query).await?.into_iter().next())
    }

    /// The storage class of the value counts, not the type of the column.
    fn get_key(row: &Self::Row, position: usize) -> sqlx::Result<KeyValue> {
        let value = row.try_get_raw(position)?;
        if value.is_null() {
            return Ok(KeyValue::Null);
        }
        match value.type_info().name() {
            "INTEGER" => row.try_get(position).map(KeyValue::Integer),
            "REAL" => row.try_get(position).map(|real: f64| KeyValue::Real(real.to_bits())),
            "TEXT" => row.try_get(position).map(KeyValue::Text),
            _ => row.try_get(position).map(KeyValue::Bytes),
        }
    }

    fn add_key(arguments: &mut Self::Arguments, value: &KeyValue) -> Result<(), BoxDynError> {
        match value {
            KeyValue::Null => Err("NULL is compared with nothing".into()),
            KeyValue::Integer(integer) => Self::add_integer(arguments, *integer),
            KeyValue::Real(bits) => sqlx::Arguments::add(arguments, f64::from_bits(*bits)),
            KeyValue::Text(text) => Self::add_text(arguments, Some(text)),
            KeyValue::Bytes(bytes) => sqlx::Arguments::add(arguments, bytes.as_slice()),
        }
    }

    /// One argument a value, row by row. A user is stored as text, so that the monitoring queries print it.
    fn add_log_rows(arguments: &mut Self::Arguments, _kind: IdKind, rows: &[LogRow]) -> Result<(), BoxDynError> {
        use sqlx::Arguments as _;
        for row in rows {
            arguments.add(row.event_id.to_string())?;
            arguments.add(row.user.to_string())?;
            arguments.add(row.entity_type.as_str())?;
            arguments.add(row.entity_id.as_deref())?;
            arguments.add(row.operation)?;
            arguments.add(row.details.as_deref())?;
            // Once for the seconds, once for what is behind them.
            arguments.add(row.occurred_at)?;
            arguments.add(row.occurred_at)?;
        }
        Ok(())
    }
}

/// Whether a value is one that NULL stands for. An `Option` is not the only type that has one: there are newtypes of it.
fn is_stored_as_null<V: Value<Sqlite>>(value: &V) -> sqlx::Result<bool> {
    let is_null = value.encode_by_ref(&mut SqliteArgumentsBuffer::default()).map_err(sqlx::Error::Encode)?;
    Ok(matches!(is_null, IsNull::Yes))
}
