//! The changes on PostgreSQL. None rewrites a table, and none makes a writer wait while rows are read.

use crate::backend::Dialect;
use crate::identifier::{IdKind, IdValue};
use crate::sql::SqlText;
use crate::sql::isolation::catalogue::Question;
use crate::sql::isolation::postgres::{alter, derived, drop_constraint, the_callers};
use crate::sql::isolation::{Change, TableName};

/// A table, by its quoted name, and the column of its owner. Kind, child tables, persistence, its owner, whether we may act as him,
/// whether it has rules, whether it is of a type, permissive policies of others, about how many rows, triggers of others that an update fires, the owner's default, whether he is generated, whether the check
/// of [`check`] is there and validated.
pub(crate) const SURVEY: Question = Question { text: include_str!("survey.sql"), columns: 14 };

/// A name of a table that differs from this one in nothing but upper and lower case.
pub(crate) const LIKELY: Question = Question {
    text: "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
           WHERE lower(c.relname) = lower($1) AND c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1 LIMIT 1",
    columns: 1,
};

/// Who works with a table, other than we ourselves: of the oldest transaction. Process, login, program, state, seconds.
pub(crate) const HOLDERS: Question = Question {
    text: "SELECT a.pid::text, coalesce(a.usename, '')::text, coalesce(nullif(a.application_name, ''), '?'), \
           coalesce(a.state, '?'), coalesce(extract(epoch FROM clock_timestamp() - a.xact_start)::bigint, 0)::text \
           FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND a.pid IN \
           (SELECT pid FROM pg_locks WHERE locktype = 'relation' AND granted AND relation = to_regclass($1) AND database = \
           (SELECT oid FROM pg_database WHERE datname = current_database())) ORDER BY a.xact_start LIMIT 1",
    columns: 5,
};

/// For whom this process waits. The same columns.
pub(crate) const BLOCKERS: Question = Question {
    text: "SELECT a.pid::text, coalesce(a.usename, '')::text, coalesce(nullif(a.application_name, ''), '?'), \
           coalesce(a.state, '?'), coalesce(extract(epoch FROM clock_timestamp() - a.xact_start)::bigint, 0)::text \
           FROM pg_stat_activity a WHERE a.pid = ANY (pg_blocking_pids($1::int)) ORDER BY a.xact_start LIMIT 1",
    columns: 5,
};

/// Which process of the server's serves us.
pub(crate) const OURSELVES: Question = Question { text: "SELECT pg_backend_pid()::text", columns: 1 };

/// Whether an index is there that a concurrent build has left behind, half made.
pub(crate) const IS_BROKEN: Question =
    Question { text: "SELECT 'true' FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid", columns: 1 };

/// Whether a role owns a table, or may act as who does.
pub(crate) const OWNS: Question = Question {
    text: "SELECT pg_get_userbyid(c.relowner)::text FROM pg_class c, pg_roles r WHERE c.oid = to_regclass($1) \
           AND r.rolname = $2 AND pg_has_role(r.oid, c.relowner, 'MEMBER')",
    columns: 1,
};

/// Whether we may make roles, and change others.
pub(crate) const MAY_CHANGE_ROLES: Question = Question {
    text: "SELECT (rolsuper OR rolcreaterole)::text FROM pg_roles WHERE rolname = current_user",
    columns: 1,
};

/// Whether a name is taken.
pub(crate) const IS_TAKEN: Question = Question { text: "SELECT 'true' WHERE to_regclass($1) IS NOT NULL", columns: 1 };

/// How many blocks a table has.
pub(crate) const BLOCKS: Question = Question {
    text: "SELECT (pg_relation_size(to_regclass($1)) / current_setting('block_size')::bigint)::text",
    columns: 1,
};

/// These tables, by their quoted names, and those that their keys refer to, as far as we may change them.
pub(crate) const TOGETHER: Question = Question {
    text: "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p') AND pg_has_role(relowner, 'USAGE') AND oid IN \
           (WITH given AS (SELECT to_regclass(name) AS oid FROM unnest(string_to_array($1, chr(31))) AS name) \
            SELECT oid FROM given UNION SELECT k.confrelid FROM pg_constraint k JOIN given g ON g.oid = k.conrelid \
            WHERE k.contype = 'f') ORDER BY oid",
    columns: 1,
};

/// Only one may change a schema at a time; it holds until the connection is closed. "user_scope", as a number, and one.
pub(crate) const CLAIM: Question = Question { text: "SELECT pg_try_advisory_lock(7310582925)::text", columns: 1 };

/// The check that stands in for NOT NULL until all rows were looked at.
pub(crate) const NOT_NULL: &str = "user_scope_owner_not_null";

fn write(sql: impl FnOnce(&mut SqlText)) -> String {
    let mut text = SqlText::new(Dialect::Postgres);
    sql(&mut text);
    text.finish()
}

/// The type of a column that holds owners.
pub(crate) const fn type_of(kind: IdKind) -> &'static str {
    match kind {
        IdKind::Uuid => "uuid",
        IdKind::Integer => "bigint",
        IdKind::Text => "text",
    }
}

/// A transaction in which no lock is waited for longer than this, and nobody is filtered.
pub(crate) fn begin(patience: std::time::Duration) -> String {
    format!("BEGIN; SET LOCAL row_security = off; SET LOCAL lock_timeout = {}", millis(patience))
}

/// Of a connection that adopts: it is filtered from no rows, but fails where it would be; what the server sets to end long
/// statements and waits is not meant for it; and it is no writer without a caller.
pub(crate) fn prepared() -> String {
    let settings = "SET row_security = off; SET lock_timeout = 0; SET statement_timeout = 0; \
                    SET idle_in_transaction_session_timeout = 0; SET jit = off";
    format!("{settings}; {}", super::callerless::ADOPTING)
}

/// Commits what has been done, in the same message. Another transaction follows, for whoever commits it by himself.
pub(crate) fn and_commit(sql: &str) -> String {
    format!("{sql};\nCOMMIT AND CHAIN")
}

/// While batches of rows are written, each a statement by itself. None is held for longer than this; it finds them where they are,
/// and does not read the whole table for them, however many it takes them for; and it does not wait for a disk while it holds
/// them: what a crash takes back is done again.
pub(crate) fn filling(longest: std::time::Duration) -> String {
    format!(
        "SET lock_timeout = {0}; SET statement_timeout = {0}; SET enable_hashjoin = off; SET enable_mergejoin = off; \
         SET synchronous_commit = off",
        millis(longest)
    )
}

/// Afterwards.
pub(crate) fn filled() -> String {
    format!("RESET enable_hashjoin; RESET enable_mergejoin; RESET synchronous_commit; {}", prepared())
}

/// Takes a lock that no writer notices, and waits for it longer than for one that they do. Who has it is alone with the tables
/// but for readers and writers: a vacuum of theirs has gone, which lets nobody pass before it has been waited for a second.
pub(crate) fn reserve(tables: &[String], longest: std::time::Duration, then: std::time::Duration) -> String {
    write(|text| {
        text.sql("SET LOCAL lock_timeout = ").integer(millis(longest)).sql("; LOCK TABLE ");
        text.list(", ", tables, |text, table| {
            text.as_the_catalogue_writes_it(table);
        });
        text.sql(" IN SHARE UPDATE EXCLUSIVE MODE; SET LOCAL lock_timeout = ").integer(millis(then));
    })
}

/// The server takes 0 for no bound at all.
pub(super) fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX).max(1)
}

/// The column of the owner. Where all rows that are there get the same one, he is a default for the moment in which the
/// column is added: the catalogue keeps him, and no row is written. Rows that come later belong to the caller of their
/// transaction, or, as long as that is allowed, to nobody.
pub(crate) fn owner_column(at: &TableName, owner: &str, kind: IdKind, everybody: Option<&IdValue>) -> Change {
    let mut sql = alter(at, |text| {
        text.sql("ADD COLUMN ").quoted_name(owner).sql(" ").sql(type_of(kind));
        if let Some(everybody) = everybody {
            text.sql(" DEFAULT ").quoted_text(&everybody.to_string()).sql("::").sql(type_of(kind));
        }
    });
    sql.push_str(";\n");
    sql.push_str(&bridge(at, owner, kind).sql);
    let undo = alter(at, |text| {
        text.sql("DROP COLUMN ").quoted_name(owner);
    });
    Change { sql, undo }
}

/// New rows belong to the caller.
pub(crate) fn bridge(at: &TableName, owner: &str, kind: IdKind) -> Change {
    let sql = alter(at, |text| {
        text.sql("ALTER COLUMN ").quoted_name(owner).sql(" SET DEFAULT ");
        the_callers(text, kind);
    });
    let undo = alter(at, |text| {
        text.sql("ALTER COLUMN ").quoted_name(owner).sql(" DROP DEFAULT");
    });
    Change { sql, undo }
}

/// An index with its name: the key that children refer to, or that by which an owner's rows are found.
pub(crate) fn owner_index(at: &TableName, owner: &str, id: Option<&str>) -> (TableName, Change) {
    let name = derived(&at.name, if id.is_some() { "_user_scope_key" } else { "_user_scope_owner" });
    let index = TableName { schema: at.schema.clone(), name };
    let sql = write(|text| {
        text.sql(if id.is_some() { "CREATE UNIQUE INDEX CONCURRENTLY " } else { "CREATE INDEX CONCURRENTLY " });
        text.quoted_name(&index.name).sql(" ON ");
        at.write(text);
        text.sql(" (").quoted_name(owner);
        if let Some(id) = id {
            text.sql(", ").quoted_name(id);
        }
        text.sql(")");
    });
    // It is noted before it is made: nothing that is made outside of a transaction could be noted with it.
    let undo = write(|text| {
        text.sql("DROP INDEX IF EXISTS ");
        index.write(text);
    });
    (index, Change { sql, undo })
}

/// What a concurrent build has left behind is taken away before the next.
pub(crate) fn drop_broken(index: &TableName) -> String {
    write(|text| {
        text.sql("DROP INDEX CONCURRENTLY ");
        index.write(text);
    })
}

/// From now on every row has an owner; those that are there are not looked at.
pub(crate) fn check(at: &TableName, owner: &str) -> Change {
    let sql = alter(at, |text| {
        text.sql("ADD CONSTRAINT ").sql(NOT_NULL).sql(" CHECK (").quoted_name(owner).sql(" IS NOT NULL) NOT VALID");
    });
    let undo = alter(at, |text| {
        text.sql("DROP CONSTRAINT IF EXISTS ").sql(NOT_NULL);
    });
    Change { sql, undo }
}

/// Now that the check has looked at all rows, the column need not.
pub(crate) fn not_null(at: &TableName, owner: &str) -> Change {
    let set = |word: &'static str| {
        alter(at, |text| {
            text.sql("ALTER COLUMN ").quoted_name(owner).sql(word);
        })
    };
    Change { sql: format!("{};\n{}", set(" SET NOT NULL"), drop_constraint(at, NOT_NULL)), undo: set(" DROP NOT NULL") }
}

/// Looks at all rows, while writers go on.
pub(crate) fn validate(at: &TableName, constraint: &str) -> Change {
    let sql = alter(at, |text| {
        text.sql("VALIDATE CONSTRAINT ").quoted_name(constraint);
    });
    Change { sql, undo: String::new() }
}

/// Whether the default is the one of [`bridge`].
pub(crate) fn is_bridge(default: &str) -> bool {
    default.contains(crate::sql::SETTING)
}

/// Takes away the audit log, which is data.
pub(crate) const DROP_LOG: [&str; 6] = [
    "DROP TABLE IF EXISTS user_access_log",
    "DROP TABLE IF EXISTS user_access_daily",
    "DROP TABLE IF EXISTS user_access_by_user",
    "DROP TABLE IF EXISTS user_access_rolled_up",
    "DROP TABLE IF EXISTS user_access_seals",
    "DROP TABLE IF EXISTS user_scope_schema",
];
