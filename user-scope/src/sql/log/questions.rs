//! What an administrator asks of the log: rows of it, newest first or as they appear, and how often who did what.

use sqlx::SqlStr;
use sqlx::error::BoxDynError;

use super::appeared::{Span, appeared};
use super::{LOG, add_user};
use crate::backend::{Backend, Dialect, Query};
use crate::identifier::IdValue;
use crate::sql::SqlText;

/// Which rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) user: Option<IdValue>,
    pub(crate) entity_type: Option<String>,
    pub(crate) entity_id: Option<String>,
    pub(crate) operation: Option<&'static str>,
    /// In microseconds since 1970; the first counts, the last does not.
    pub(crate) from: Option<i64>,
    pub(crate) until: Option<i64>,
    /// Older than this row.
    pub(crate) before: Option<i64>,
}

/// What is selected of a row. Columns: id, user, entity type, entity id, operation, time, details; all but the id as text.
pub(super) fn row_columns(text: &mut SqlText) {
    text.sql(match text.dialect() {
        Dialect::Postgres => {
            "SELECT id, user_id::text, entity_type, entity_id, operation, \
             to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"'), details::text"
        }
        Dialect::Sqlite => "SELECT id, user_id, entity_type, entity_id, operation, timestamp, details",
    });
    text.sql(" FROM ").name(LOG);
}

/// The next parameter, microseconds since 1970, as the log's times are stored.
pub(super) fn moment<DB: Backend>(
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    micros: i64,
) -> Result<(), BoxDynError> {
    match DB::DIALECT {
        Dialect::Postgres => {
            text.sql("'epoch'::timestamptz + ").parameter().sql(" * interval '1 microsecond'");
            DB::add_integer(arguments, micros)
        }
        Dialect::Sqlite => {
            text.sql("strftime('%Y-%m-%dT%H:%M:%S', ").parameter().sql(", 'unixepoch') || printf('.%06d+00:00', ");
            text.parameter().sql(")");
            DB::add_integer(arguments, micros.div_euclid(1_000_000))?;
            DB::add_integer(arguments, micros.rem_euclid(1_000_000))
        }
    }
}

/// Rows, newest first.
pub(crate) fn select_rows<DB: Backend>(wanted: &Wanted, limit: u32) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    row_columns(&mut text);
    text.sql(" WHERE true");
    if let Some(operation) = wanted.operation {
        // A word of our own, and a literal: there are indexes of one operation alone.
        text.sql(" AND operation = ").literal(operation);
    }
    if let Some(user) = &wanted.user {
        text.sql(" AND user_id = ").parameter();
        add_user::<DB>(&mut arguments, user)?;
    }
    if let Some(entity_type) = &wanted.entity_type {
        text.sql(" AND entity_type = ").parameter();
        DB::add_text(&mut arguments, Some(entity_type))?;
    }
    if let Some(entity_id) = &wanted.entity_id {
        text.sql(" AND entity_id = ").parameter();
        DB::add_text(&mut arguments, Some(entity_id))?;
    }
    if let Some(from) = wanted.from {
        text.sql(" AND timestamp >= ");
        moment::<DB>(&mut text, &mut arguments, from)?;
    }
    if let Some(until) = wanted.until {
        text.sql(" AND timestamp < ");
        moment::<DB>(&mut text, &mut arguments, until)?;
    }
    if let Some(before) = wanted.before {
        text.sql(" AND id < ").parameter();
        DB::add_integer(&mut arguments, before)?;
    }
    // By that which the rows are found by: an order by id would walk through everybody's.
    let is_in_time = wanted.entity_id.is_none()
        && (wanted.user.is_some() || wanted.operation.is_some() || wanted.from.is_some() || wanted.until.is_some());
    text.sql(if is_in_time { " ORDER BY timestamp DESC, id DESC LIMIT " } else { " ORDER BY id DESC LIMIT " });
    text.parameter();
    DB::add_integer(&mut arguments, i64::from(limit))?;
    // Many shapes, each seldom.
    Ok(Query { text: text.into_sql(), arguments, keep: false })
}

/// The rows that have appeared, in the order of their ids.
pub(crate) fn select_appeared<DB: Backend>(span: &Span) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    row_columns(&mut text);
    text.sql(" WHERE ");
    appeared::<DB>(&mut text, &mut arguments, span)?;
    text.sql(" ORDER BY id");
    Ok(Query { text: text.into_sql(), arguments, keep: true })
}

/// Begins a transaction that sees the same rows from its first statement to its last, in nobody's name or in system mode. On
/// SQLite it does not lock out who writes, as the way in which all others begin would. On PostgreSQL what is built in is found
/// first, whatever stands before it in the path: a clock or a count of somebody's own would be believed.
pub(crate) fn begin_looking(dialect: Dialect, system_role: Option<&str>) -> SqlStr {
    const BUILT_IN_FIRST: &str = "; SELECT pg_catalog.set_config('search_path', pg_catalog.regexp_replace(\
                                  pg_catalog.current_setting('search_path'), '^(?=.)', 'pg_catalog, '), true)";
    let mut text = SqlText::new(dialect);
    match dialect {
        Dialect::Sqlite => text.sql("BEGIN"),
        Dialect::Postgres => {
            text.sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
            if let Some(role) = system_role {
                text.sql("; SET LOCAL ROLE ").quoted_name(role);
            }
            text.sql(BUILT_IN_FIRST)
        }
    };
    text.into_sql()
}
