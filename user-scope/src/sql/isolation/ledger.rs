//! The ledger: which changes of a schema are the library's, and what takes each of them back. It is in the database that
//! was changed, so that whoever takes them back needs nothing else.

use sqlx::SqlStr;
use sqlx::error::BoxDynError;

use super::arguments_of;
use super::catalogue::Question;
use crate::backend::{Backend, Dialect, Query};

pub(crate) const NAME: &str = "user_scope_isolation";

/// Makes the ledger. What it holds is executed when the isolation is taken back, so that nobody but the owner of the tables
/// may write to it, whatever was granted by default: row-level security without a policy.
pub(crate) const fn begin(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => {
            "CREATE TABLE IF NOT EXISTS user_scope_isolation (\
             step bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, object text NOT NULL, change text NOT NULL, \
             undo text NOT NULL, done_at timestamptz NOT NULL DEFAULT now()); \
             ALTER TABLE user_scope_isolation ENABLE ROW LEVEL SECURITY"
        }
        Dialect::Sqlite => {
            "CREATE TABLE IF NOT EXISTS user_scope_isolation (\
             step INTEGER PRIMARY KEY AUTOINCREMENT, object TEXT NOT NULL, change TEXT NOT NULL, undo TEXT NOT NULL, \
             done_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')))"
        }
    }
}

/// Whose the ledger is that is found, if one is: whether it is a table that we have made, or the owner of one of these tables; its
/// owner; and schemas that hold another. What stands in it is executed, so that one that somebody else has made is none.
pub(crate) const FOUND: Question = Question {
    text: "SELECT (c.relkind = 'r' AND c.relrowsecurity AND (pg_get_userbyid(c.relowner) = current_user OR c.relowner IN (SELECT \
           relowner FROM pg_class WHERE oid IN (SELECT to_regclass(name) FROM unnest(string_to_array($1, chr(31))) AS name))))::text, \
           pg_get_userbyid(c.relowner)::text, \
           (SELECT string_agg(n.nspname, ', ') FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace \
            WHERE o.relname = 'user_scope_isolation' AND o.relkind = 'r' AND o.oid IS DISTINCT FROM c.oid) \
           FROM (SELECT to_regclass('user_scope_isolation') AS oid) AS named LEFT JOIN pg_class c ON c.oid = named.oid",
    columns: 3,
};

/// Notes a change that was made.
pub(crate) fn note<DB: Backend>(object: &str, change: &str, undo: &str) -> Result<Query<DB>, BoxDynError> {
    let text = SqlStr::from_static("INSERT INTO user_scope_isolation (object, change, undo) VALUES ($1, $2, $3)");
    Ok(Query { text, arguments: arguments_of::<DB>(&[object, change, undo])?, keep: false })
}

/// What takes all changes back, the last one first. Columns: object, change, undo.
pub(crate) const UNDONE: Question =
    Question { text: "SELECT object, change, undo FROM user_scope_isolation ORDER BY step DESC", columns: 3 };

/// The last change that was not taken back: its number, object, change, undo.
#[cfg(feature = "adoption")]
pub(crate) const LAST: Question = Question {
    text: "SELECT CAST(l.step AS TEXT), l.object, l.change, l.undo FROM user_scope_isolation AS l ORDER BY l.step DESC LIMIT 1",
    columns: 4,
};

/// Notes that a change was taken back, or what is left to be done for that.
#[cfg(feature = "adoption")]
pub(crate) fn undone<DB: Backend>(number: &str, rest: Option<&str>) -> Result<Query<DB>, BoxDynError> {
    let (text, arguments) = match rest {
        None => ("DELETE FROM user_scope_isolation WHERE step = CAST($1 AS BIGINT)", arguments_of::<DB>(&[number])?),
        Some(rest) => (
            "UPDATE user_scope_isolation SET undo = $2 WHERE step = CAST($1 AS BIGINT)",
            arguments_of::<DB>(&[number, rest])?,
        ),
    };
    Ok(Query { text: SqlStr::from_static(text), arguments, keep: false })
}

/// Forgets the ledger, once all is taken back.
pub(crate) const FORGET: &str = "DROP TABLE user_scope_isolation";
