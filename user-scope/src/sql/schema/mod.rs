//! The library's own tables, in steps that are never changed once released: a database knows how far it has come.

use sqlx::SqlStr;

use super::isolation::Change;
use super::text::script;
use crate::backend::{Backend, Dialect};
use crate::identifier::IdKind;

/// The steps for a database, in order; the first is number 1.
const fn steps(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Postgres => &[include_str!("postgres_1.sql"), include_str!("postgres_2.sql")],
        Dialect::Sqlite => &[include_str!("sqlite_1.sql"), include_str!("sqlite_2.sql")],
    }
}

/// What a database at step `done` still needs, each step with the note that it is done.
pub(crate) fn pending(dialect: Dialect, owner: IdKind, done: i64) -> Vec<SqlStr> {
    let owner = match owner {
        IdKind::Uuid => "uuid",
        IdKind::Integer => "bigint",
        IdKind::Text => "text",
    };
    let numbered = (1_i64..).zip(steps(dialect)).filter(|(number, _)| *number > done);
    numbered
        .map(|(number, step)| {
            let note = format!("INSERT INTO user_scope_schema (step) VALUES ({number});");
            script(step.replace("{owner}", owner) + &note)
        })
        .collect()
}

/// The library's own tables from step `done` on, as a change that nothing takes back: the log is data.
pub(crate) fn made<DB: Backend>(owner: IdKind, done: i64) -> Change {
    let steps = pending(DB::DIALECT, owner, done);
    let texts: Vec<&str> = std::iter::once(begin(DB::DIALECT)).chain(steps.iter().map(|step| step.as_str())).collect();
    Change { sql: texts.join(";\n"), undo: String::new() }
}

/// The number of the last step that there is.
pub(crate) fn last(dialect: Dialect) -> i64 {
    i64::try_from(steps(dialect).len()).unwrap_or(i64::MAX)
}

/// Whether the table of steps is there: 1 or 0.
pub(crate) const fn is_begun(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "SELECT count(*) FROM pg_class WHERE oid = to_regclass('user_scope_schema')",
        Dialect::Sqlite => "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'user_scope_schema'",
    }
}

/// The last step that was done.
pub(crate) const DONE: &str = "SELECT coalesce(max(step), 0) FROM user_scope_schema";

/// 1 if there is an audit table that this library did not make.
pub(crate) const fn is_foreign(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => {
            "SELECT count(*) FROM pg_class WHERE oid = to_regclass('user_access_log') AND NOT EXISTS \
             (SELECT 1 FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'event_id')"
        }
        Dialect::Sqlite => {
            "SELECT count(*) FROM sqlite_schema WHERE name = 'user_access_log' AND NOT EXISTS \
             (SELECT 1 FROM pragma_table_info('user_access_log') WHERE name = 'event_id')"
        }
    }
}

/// 1 if the audit table holds users of another type. SQLite's holds them all as text.
pub(crate) const fn is_of_another_owner(dialect: Dialect, owner: IdKind) -> &'static str {
    match (dialect, owner) {
        (Dialect::Sqlite, _) => "SELECT 0",
        (Dialect::Postgres, IdKind::Uuid) => {
            "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('user_access_log') \
             AND attname = 'user_id' AND atttypid <> 'uuid'::regtype"
        }
        (Dialect::Postgres, IdKind::Integer) => {
            "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('user_access_log') \
             AND attname = 'user_id' AND atttypid <> 'bigint'::regtype"
        }
        (Dialect::Postgres, IdKind::Text) => {
            "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('user_access_log') \
             AND attname = 'user_id' AND atttypid NOT IN ('text'::regtype, 'varchar'::regtype)"
        }
    }
}

/// Makes the table of steps, alone: on PostgreSQL two servers that start at once must wait for one another.
pub(crate) const fn begin(dialect: Dialect) -> &'static str {
    match dialect {
        // "user_scope", as a number that nobody else is likely to lock.
        Dialect::Postgres => {
            "SELECT pg_advisory_xact_lock(7310582924); \
             CREATE TABLE IF NOT EXISTS user_scope_schema (step bigint PRIMARY KEY)"
        }
        Dialect::Sqlite => "CREATE TABLE IF NOT EXISTS user_scope_schema (step INTEGER PRIMARY KEY)",
    }
}
