//! Statements about the audit table, `user_access_log`: rows written with a write, alone, and in batches; and
//! what the audit asks.

use sqlx::SqlStr;
use sqlx::error::BoxDynError;

use super::{SqlText, arguments};
use crate::backend::{Backend, Dialect, LogRow, Query};
use crate::entity::{Entity, Recorded, Shape};
use crate::identifier::{IdKind, IdValue};

const LOG: &str = "user_access_log";

/// An audit row that is written together with what it records.
#[derive(Debug)]
pub(crate) struct LogEntry {
    pub(crate) user: IdValue,
    pub(crate) entity: &'static str,
    pub(crate) entity_id: Option<String>,
    pub(crate) operation: &'static str,
    /// A JSON object.
    pub(crate) details: Option<String>,
}

/// How a write is recorded, as far as its statement is concerned.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Record<'a> {
    /// Not at all.
    Nothing,
    /// By the statement itself.
    InStatement(&'a LogEntry),
    /// By a statement beside it, or later: it returns what that one needs to know.
    Beside,
}

impl<'a> Record<'a> {
    pub(crate) const fn in_statement(self) -> Option<&'a LogEntry> {
        match self {
            Self::InStatement(log) => Some(log),
            Self::Nothing | Self::Beside => None,
        }
    }

    /// What of it is in the text.
    pub(crate) const fn shape(self, entity: &Entity) -> Recorded {
        match self {
            Self::InStatement(_) => Recorded::Row,
            Self::Beside if entity.definition().audit.values => Recorded::Values,
            Self::Nothing | Self::Beside => Recorded::Nothing,
        }
    }

    pub(crate) const fn is_beside(self) -> bool {
        matches!(self, Self::Beside)
    }
}

/// What the database adds to the details of an audit row, since nobody else can know it.
pub(super) type Addition<'a> = (&'static str, &'a dyn Fn(&mut SqlText));

/// Writes `logged AS (INSERT INTO user_access_log (…) `; what is selected has to follow.
pub(super) fn log_into(text: &mut SqlText) {
    text.sql("logged AS (INSERT INTO ").name(LOG).sql(" (user_id, entity_type, entity_id, operation, details) ");
}

/// The parameters that [`bind_log`] binds.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogParameters {
    user: usize,
    details: usize,
}

impl LogParameters {
    pub(super) const fn next(text: &mut SqlText) -> Self {
        let user = text.parameters() + 1;
        text.skip_parameters(2);
        Self { user, details: user + 1 }
    }
}

/// Writes `SELECT user, entity, id, operation, details || additions`; what it selects from has to follow.
pub(super) fn log_select(
    text: &mut SqlText,
    entity: &Entity,
    operation: &'static str,
    parameters: LogParameters,
    id: &dyn Fn(&mut SqlText),
    additions: &[Addition<'_>],
) {
    text.sql("SELECT ").parameter_again(parameters.user).sql(", ").literal(entity.name()).sql(", ");
    id(text);
    text.sql("::text, ").literal(operation).sql(", ");
    if additions.is_empty() {
        text.parameter_again(parameters.details).sql("::jsonb");
        return;
    }
    text.sql("coalesce(").parameter_again(parameters.details).sql("::jsonb, '{}') || jsonb_build_object(");
    text.list(", ", additions, |text, (key, value)| {
        text.literal(key).sql(", ");
        value(text);
    });
    text.sql(")");
}

/// Binds what [`LogParameters`] stands for.
pub(super) fn bind_log<DB: Backend>(arguments: &mut DB::Arguments, log: Option<&LogEntry>) -> Result<(), BoxDynError> {
    let Some(log) = log else { return Ok(()) };
    add_user::<DB>(arguments, &log.user)?;
    DB::add_text(arguments, log.details.as_deref())
}

/// SQLite's log holds users as text, so that the monitoring queries print them.
fn add_user<DB: Backend>(arguments: &mut DB::Arguments, user: &IdValue) -> Result<(), BoxDynError> {
    match DB::DIALECT {
        Dialect::Postgres => DB::add_id(arguments, user),
        Dialect::Sqlite => DB::add_text(arguments, Some(&user.clone().into_text())),
    }
}

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

/// A batch. What a lost connection makes the writer send twice is stored once, by its event id.
pub(crate) fn insert_log_rows<DB: Backend>(kind: IdKind, rows: &[LogRow]) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    text.sql("INSERT INTO ").name(LOG);
    text.sql(" (event_id, user_id, entity_type, entity_id, operation, details, occurred_at) ");
    match DB::DIALECT {
        Dialect::Postgres => unnest(&mut text, kind),
        Dialect::Sqlite => values(&mut text, rows.len()),
    }
    text.sql(" ON CONFLICT DO NOTHING");
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
pub(crate) const FULL_BATCH: usize = 500;

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
    text.list(", ", 0..rows, |text, row| {
        text.sql("(");
        text.list(", ", 0..6, |text, _| {
            text.parameter();
        });
        let micros = row * 7 + 7;
        text.sql(", strftime('%Y-%m-%dT%H:%M:%S', ").parameter().sql(" / 1000000, 'unixepoch')");
        text.sql(" || printf('.%06d+00:00', ").parameter_again(micros).sql(" % 1000000))");
    });
}

/// Ids and owners of those rows among `ids` that are there: how misses are told from denials, afterwards and in
/// the audit's own name. Columns: id, owner.
pub(crate) fn owners_of<DB: Backend>(entity: &Entity, ids: &[IdValue]) -> Result<Query<DB>, BoxDynError> {
    let as_text = entity.stored_id_kind() == IdKind::Text;
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    text.sql("SELECT ").name(entity.id_column()).sql(", ").name(entity.owner_column());
    text.sql(" FROM ").table(entity).sql(" WHERE ").name(entity.id_column()).sql(" IN (");
    for (index, id) in ids.iter().enumerate() {
        text.sql(if index > 0 { ", " } else { "" }).parameter();
        if as_text {
            DB::add_text(&mut arguments, Some(&id.to_string()))?;
        } else {
            DB::add_id(&mut arguments, id)?;
        }
    }
    text.sql(")");
    Ok(Query { text: text.into_sql(), arguments, keep: false })
}

/// The trail, newest first: a user's own, without what only administrators see, or everybody's.
/// Columns: id, user, entity type, entity id, operation, time, details; all but the id as text.
pub(crate) fn select_trail<DB: Backend>(user: Option<&IdValue>, limit: u32) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    text.sql(match DB::DIALECT {
        Dialect::Postgres => {
            "SELECT id, user_id::text, entity_type, entity_id, operation, \
             to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"'), details::text"
        }
        Dialect::Sqlite => "SELECT id, user_id, entity_type, entity_id, operation, timestamp, details",
    });
    text.sql(" FROM ").name(LOG);
    if let Some(user) = user {
        text.sql(" WHERE user_id = ").parameter();
        text.sql(" AND operation NOT IN ('unauthorized_access', 'system_access')");
        add_user::<DB>(&mut arguments, user)?;
    }
    text.sql(" ORDER BY id DESC LIMIT ").parameter();
    DB::add_integer(&mut arguments, i64::from(limit))?;
    Ok(Query { text: text.into_sql(), arguments, keep: true })
}
