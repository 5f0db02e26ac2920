//! Audit rows alone: beside a write, of a receipt, and in batches.

use sqlx::SqlStr;
use sqlx::error::BoxDynError;

use super::{LOG, LogEntry, add_user};
use crate::backend::{Backend, Dialect, LogRow, Query};
use crate::entity::{Entity, Shape};
use crate::identifier::IdKind;
use crate::sql::{SqlText, arguments};

/// As many audit rows as one statement takes, in powers of two, so that a connection can keep the statements prepared.
pub(crate) fn batches(mut entries: &[LogEntry]) -> impl Iterator<Item = &[LogEntry]> {
    std::iter::from_fn(move || {
        let (batch, rest) = entries.split_at_checked(rows_at_once(Dialect::Sqlite, entries.len()))?;
        entries = rest;
        Some(batch).filter(|batch| !batch.is_empty())
    })
}

/// The audit rows of a write to `entity`, beside it. It returns nothing: a login that may only insert can run it.
pub(crate) fn insert_log_rows_beside<DB: Backend>(
    entity: &'static Entity,
    entries: &[LogEntry],
) -> Result<Query<DB>, BoxDynError> {
    if let [entry] = entries
        && entry.entity == entity.name()
    {
        return insert_log_row::<DB>(entity, entry);
    }
    let mut text = SqlText::new(DB::DIALECT);
    text.sql("INSERT INTO ").name(LOG).sql(" (user_id, entity_type, entity_id, operation, details) VALUES ");
    text.list(", ", 0..entries.len(), |text, _| {
        text.sql("(");
        text.list(", ", 0..5, |text, _| {
            text.one_of_many();
        });
        text.sql(")");
    });
    let mut arguments = arguments::<DB>(5 * entries.len());
    for entry in entries {
        add_user::<DB>(&mut arguments, &entry.user)?;
        DB::add_text(&mut arguments, Some(entry.entity))?;
        DB::add_text(&mut arguments, entry.entity_id.as_deref())?;
        DB::add_text(&mut arguments, Some(entry.operation))?;
        DB::add_text(&mut arguments, entry.details.as_deref())?;
    }
    Ok(Query { text: text.into_sql(), arguments, keep: true })
}

fn insert_log_row<DB: Backend>(entity: &'static Entity, log: &LogEntry) -> Result<Query<DB>, BoxDynError> {
    let text = entity.cache().text(DB::DIALECT, Shape::Log { operation: log.operation }, || {
        let mut text = SqlText::new(DB::DIALECT);
        text.sql("INSERT INTO ").name(LOG).sql(" (user_id, entity_type, entity_id, operation, details) VALUES (");
        text.parameter().sql(", ").literal(entity.name()).sql(", ").parameter();
        text.sql(", ").literal(log.operation).sql(", ").parameter().sql(")");
        text.finish()
    });
    bind_row::<DB>(text.into(), log)
}

/// The receipt of a system context.
pub(crate) fn insert_receipt<DB: Backend>(log: &LogEntry) -> Result<Query<DB>, BoxDynError> {
    let text = match DB::DIALECT {
        Dialect::Postgres => {
            "INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, details) \
             VALUES ($1, 'system_context', $2, 'system_access', $3::jsonb)"
        }
        Dialect::Sqlite => {
            "INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, details) \
             VALUES ($1, 'system_context', $2, 'system_access', $3)"
        }
    };
    bind_row::<DB>(SqlStr::from_static(text), log)
}

fn bind_row<DB: Backend>(text: SqlStr, log: &LogEntry) -> Result<Query<DB>, BoxDynError> {
    let mut arguments = arguments::<DB>(3);
    add_user::<DB>(&mut arguments, &log.user)?;
    DB::add_text(&mut arguments, log.entity_id.as_deref())?;
    DB::add_text(&mut arguments, log.details.as_deref())?;
    Ok(Query { text, arguments, keep: true })
}

/// A batch. What a lost connection makes the writer send `again` is stored once, by its event id; sent for the first time, it
/// fails if any of it is there.
pub(crate) fn insert_log_rows<DB: Backend>(
    kind: IdKind,
    rows: &[LogRow],
    again: bool,
) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    text.sql("INSERT INTO ").name(LOG);
    text.sql(" (event_id, user_id, entity_type, entity_id, operation, details, occurred_at) ");
    match DB::DIALECT {
        Dialect::Postgres => unnest(&mut text, kind),
        Dialect::Sqlite => values(&mut text, rows.len()),
    }
    if again {
        text.sql(" ON CONFLICT DO NOTHING");
    }
    let mut arguments = DB::Arguments::default();
    DB::add_log_rows(&mut arguments, kind, rows)?;
    Ok(Query { text: text.into_sql(), arguments, keep: true })
}

/// How many of `waiting` rows one statement takes. PostgreSQL's text is the same for any number of rows; SQLite's comes in
/// powers of two, so that a connection can keep them all prepared.
pub(crate) const fn rows_at_once(dialect: Dialect, waiting: usize) -> usize {
    let most = if waiting < FULL_BATCH { waiting } else { FULL_BATCH };
    match dialect {
        Dialect::Sqlite if most > 0 => 1 << most.ilog2(),
        _ => most,
    }
}

/// How many rows the writer sends at once, at most.
pub(crate) const FULL_BATCH: usize = 1_000;

fn unnest(text: &mut SqlText, kind: IdKind) {
    text.sql("SELECT event_id, user_id, entity_type, entity_id, operation, details::jsonb, ");
    text.sql("'epoch'::timestamptz + occurred_at * interval '1 microsecond' FROM UNNEST(");
    let users = match kind {
        IdKind::Uuid => "::uuid[]",
        IdKind::Integer => "::bigint[]",
        IdKind::Text => "::text[]",
    };
    let casts = ["::uuid[]", users, "::text[]", "::text[]", "::text[]", "::text[]", "::bigint[]"];
    text.list(", ", casts, |text, cast| {
        text.parameter().sql(cast);
    });
    text.sql(") AS event (event_id, user_id, entity_type, entity_id, operation, details, occurred_at)");
}

fn values(text: &mut SqlText, rows: usize) {
    text.sql("VALUES ");
    text.list(", ", 0..rows, |text, _| {
        text.sql("(");
        text.list(", ", 0..6, |text, _| {
            text.one_of_many();
        });
        text.sql(", strftime('%Y-%m-%dT%H:%M:%S', ").one_of_many().sql(" / 1000000, 'unixepoch')");
        text.sql(" || printf('.%06d+00:00', ").one_of_many().sql(" % 1000000))");
    });
}
