//! The library's own tables, in steps that are never changed once released: a database knows how far it has come.

use sqlx::SqlStr;

use super::text::script;
use crate::backend::Dialect;
use crate::identifier::IdKind;

/// The steps for a database, in order; the first is number 1.
const fn steps(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Postgres => &[include_str!("postgres_1.sql")],
        Dialect::Sqlite => &[include_str!("sqlite_1.sql")],
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
