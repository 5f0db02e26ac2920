//! The same changes as scripts that a migration tool runs: nobody looks and decides between the statements, so each script says
//! itself what it waits for, and what it refuses.

use super::backfill::{self, Part, Source};
use super::postgres;
use crate::backend::Dialect;
use crate::identifier::IdValue;
use crate::sql::SqlText;
use crate::sql::isolation::{Table, TableName};

/// What tells sqlx to run a script as it is. It has to be the first line, and the script one statement.
pub(crate) const ALONE: &str = "-- no-transaction\n";

fn write(dialect: Dialect, sql: impl FnOnce(&mut SqlText)) -> String {
    let mut text = SqlText::new(dialect);
    sql(&mut text);
    text.finish()
}

/// Before statements that take locks, in the transaction of the tool: nobody waits longer for them than this, and the tool is run
/// again if they could not be had. Nobody is filtered.
pub(crate) fn briefly(dialect: Dialect, patience: std::time::Duration) -> String {
    match dialect {
        Dialect::Postgres => {
            format!("SET LOCAL lock_timeout = {};\nSET LOCAL row_security = off;\n", postgres::millis(patience))
        }
        Dialect::Sqlite => String::new(),
    }
}

/// Refuses to go on if the question counts any rows.
pub(crate) fn none_of(dialect: Dialect, question: &str, what: &str) -> String {
    match dialect {
        Dialect::Postgres => {
            let body = write(dialect, |text| {
                text.sql("DECLARE user_scope_found text := (").as_the_catalogue_writes_it(question).sql(");\nBEGIN\n");
                text.sql("    IF user_scope_found <> '0' THEN RAISE EXCEPTION '% %', user_scope_found, ")
                    .quoted_text(what);
                text.sql("; END IF;\nEND");
            });
            write(dialect, |text| {
                text.sql("DO ").quoted_text(&body);
            })
        }
        // Nothing raises an error outside of a trigger, but a check that fails.
        Dialect::Sqlite => write(dialect, |text| {
            text.sql("CREATE TABLE temp.user_scope_found (found TEXT, CONSTRAINT ").quoted_name(what);
            text.sql(" CHECK (found = '0'));\nINSERT INTO temp.user_scope_found ").as_the_catalogue_writes_it(question);
            text.sql(";\nDROP TABLE temp.user_scope_found");
        }),
    }
}

/// Gives all rows their owner. On PostgreSQL in batches that are committed one by one, and whether it has to be alone for that.
pub(crate) fn fill(
    dialect: Dialect,
    table: &Table,
    at: &TableName,
    source: &Source,
    owners: &[(String, IdValue)],
) -> (String, bool) {
    match (dialect, source) {
        (_, Source::Mapping(_)) => {
            let mut parts = vec![backfill::mapping(dialect, table.owner_kind)];
            parts.extend(owners.chunks(backfill::PAIRS).map(|pairs| backfill::mapped(dialect, table, pairs)));
            parts.push(backfill::fill(dialect, table, at, source, Part::All));
            parts.push(backfill::drop_mapping(dialect));
            (parts.join(";\n"), false)
        }
        (Dialect::Sqlite, _) => (backfill::fill(dialect, table, at, source, Part::All), false),
        (Dialect::Postgres, _) => (in_batches(table, at, source), true),
    }
}

fn in_batches(table: &Table, at: &TableName, source: &Source) -> String {
    let body = write(Dialect::Postgres, |text| {
        text.sql("\nDECLARE\n    user_scope_place bigint := 0;\n    user_scope_blocks bigint := pg_relation_size(");
        text.quoted_text(&at.quoted()).sql(") / current_setting('block_size')::bigint;\nBEGIN\n");
        text.sql("    WHILE user_scope_place <= user_scope_blocks LOOP\n        ");
        text.as_the_catalogue_writes_it(&backfill::fill(Dialect::Postgres, table, at, source, Part::Window));
        text.sql(";\n        COMMIT;\n        user_scope_place := user_scope_place + 32;\n    END LOOP;\nEND ");
    });
    write(Dialect::Postgres, |text| {
        text.sql("DO ").quoted_text(&body);
    })
}
