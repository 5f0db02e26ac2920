//! PostgreSQL.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgConnectOptions, PgTypeInfo};
use sqlx::{Encode, Postgres, Row, Type, ValueRef};

use super::{Backend, Dialect, KeyValue, LogRow, Pooling, Query, Value, Wire, methods_that_every_driver_has};
use crate::identifier::{IdKind, IdValue};

impl Backend for Postgres {
    const DIALECT: Dialect = Dialect::Postgres;
    const BEGIN: &'static str = "BEGIN";
    const CANCELLED_BEGIN_LEAKS: bool = true;
    const IS_REMOTE: bool = true;

    /// A pooler refuses what it does not know at the start of a connection. Since PostgreSQL 12 floats are exact without it.
    fn tune(options: PgConnectOptions, kept_statements: usize, pooling: Pooling) -> PgConnectOptions {
        let options = options.statement_cache_capacity(kept_statements);
        match pooling {
            Pooling::Session => options,
            Pooling::Transaction => options.extra_float_digits(None),
        }
    }

    methods_that_every_driver_has!();

    fn get_fitting<V: Value<Self>>(row: &Self::Row, position: usize) -> sqlx::Result<V> {
        row.try_get_unchecked(position)
    }

    /// sqlx reads on until the server is ready for the next statement.
    async fn fetch_written(wire: Wire<'_, Self>, query: Query<Self>) -> sqlx::Result<Option<Self::Row>> {
        Self::fetch_optional(wire, query).await
    }

    fn get_key(row: &Self::Row, position: usize) -> sqlx::Result<KeyValue> {
        let value = row.try_get_raw(position)?;
        if value.is_null() {
            return Ok(KeyValue::Null);
        }
        Ok(KeyValue::Bytes(value.as_bytes().map_err(sqlx::Error::Decode)?.to_vec()))
    }

    fn add_key(arguments: &mut Self::Arguments, value: &KeyValue) -> Result<(), BoxDynError> {
        match value {
            KeyValue::Bytes(bytes) => sqlx::Arguments::add(arguments, AsItCame(bytes)),
            _ => Err("a value that PostgreSQL did not give".into()),
        }
    }

    /// One array a column, for `UNNEST`: the same text for any number of rows.
    fn add_log_rows(arguments: &mut Self::Arguments, kind: IdKind, rows: &[LogRow]) -> Result<(), BoxDynError> {
        use sqlx::Arguments as _;
        arguments.add(rows.iter().map(|row| row.event_id).collect::<Vec<_>>())?;
        match kind {
            IdKind::Uuid => arguments.add(users(rows, |user| match user {
                IdValue::Uuid(id) => Some(*id),
                _ => None,
            })?)?,
            IdKind::Integer => arguments.add(users(rows, |user| match user {
                IdValue::Integer(id) => Some(*id),
                _ => None,
            })?)?,
            IdKind::Text => arguments.add(users(rows, |user| Some(user.to_string()))?)?,
        }
        arguments.add(rows.iter().map(|row| row.entity_type.as_str()).collect::<Vec<_>>())?;
        arguments.add(rows.iter().map(|row| row.entity_id.as_deref()).collect::<Vec<_>>())?;
        arguments.add(rows.iter().map(|row| row.operation).collect::<Vec<_>>())?;
        arguments.add(rows.iter().map(|row| row.details.as_deref()).collect::<Vec<_>>())?;
        arguments.add(rows.iter().map(|row| row.occurred_at).collect::<Vec<_>>())
    }
}

/// A value in the binary format of its type, which the server finds out from the column that it is compared with.
struct AsItCame<'a>(&'a [u8]);

impl Type<Postgres> for AsItCame<'_> {
    /// 0 stands for a type that is not said.
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for AsItCame<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.0);
        Ok(IsNull::No)
    }
}

/// The users of all rows, as the one type that the log's column has.
fn users<V>(rows: &[LogRow], get: impl Fn(&IdValue) -> Option<V>) -> Result<Vec<V>, BoxDynError> {
    rows.iter()
        .map(|row| get(&row.user).ok_or_else(|| "an event's user is not of the pool's owner type".into()))
        .collect()
}
