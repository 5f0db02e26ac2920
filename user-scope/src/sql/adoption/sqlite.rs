//! The changes on SQLite, where there is one writer: whoever changes the schema, or fills rows, is it.

use crate::backend::Dialect;
use crate::identifier::IdKind;
use crate::sql::SqlText;
use crate::sql::isolation::catalogue::Question;
use crate::sql::isolation::sqlite::as_text;
use crate::sql::isolation::{Change, Parent, Table};

/// A table by its name. What it is, whether it has no rowid, and names of its triggers.
pub(crate) const SURVEY: Question = Question {
    text: "SELECT type, CASE WHEN wr THEN 'true' ELSE 'false' END, \
           (SELECT group_concat(name, char(31)) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = $1 COLLATE NOCASE \
            AND name NOT LIKE 'user\\_scope\\_%' ESCAPE '\\' AND upper(sql) LIKE '%UPDATE%') \
           FROM pragma_table_list($1) WHERE schema = 'main'",
    columns: 3,
};

fn write(sql: impl FnOnce(&mut SqlText)) -> String {
    let mut text = SqlText::new(Dialect::Sqlite);
    sql(&mut text);
    text.finish()
}

/// The column of the owner, which may be empty: a default that is not would stay for ever, and give forgotten rows to whom it
/// names.
pub(crate) fn owner_column(table: &str, owner: &str, kind: IdKind) -> Change {
    let sql = write(|text| {
        text.sql("ALTER TABLE ").quoted_name(table).sql(" ADD COLUMN ").quoted_name(owner);
        text.sql(match kind {
            IdKind::Uuid => " BLOB",
            IdKind::Integer => " INTEGER",
            IdKind::Text => " TEXT",
        });
    });
    let undo = write(|text| {
        text.sql("ALTER TABLE ").quoted_name(table).sql(" DROP COLUMN ").quoted_name(owner);
    });
    Change { sql, undo }
}

/// How many rows a table has.
pub(crate) fn rows(table: &str) -> String {
    write(|text| {
        text.sql("SELECT CAST(count(*) AS TEXT) FROM ").quoted_name(table);
    })
}

/// The last of the next so many rows behind this one, or of the first.
pub(crate) fn end_of_batch(table: &str, rowid: &'static str, behind: Option<i64>, rows: i64) -> String {
    write(|text| {
        text.sql("SELECT CAST(max(user_scope_row) AS TEXT) FROM (SELECT ").sql(rowid).sql(" AS user_scope_row FROM ");
        text.quoted_name(table);
        if let Some(behind) = behind {
            text.sql(" WHERE ").sql(rowid).sql(" > ").integer(behind);
        }
        text.sql(" ORDER BY ").sql(rowid).sql(" LIMIT ").integer(rows).sql(")");
    })
}

/// How many rows belong to another than their parent does.
pub(crate) fn at_odds(table: &Table, parent: &Parent) -> String {
    write(|text| {
        text.sql("SELECT CAST(count(*) AS TEXT) FROM ").quoted_name(&table.name.name).sql(" AS user_scope_row JOIN ");
        text.quoted_name(&parent.table.name).sql(" AS user_scope_parent ON user_scope_parent.").quoted_name(&parent.id);
        text.sql(" = user_scope_row.").quoted_name(&parent.column).sql(" WHERE ");
        as_text(text, table.owner_kind, parent.owner_kind, |text| {
            text.sql("user_scope_row.").quoted_name(&table.owner);
        });
        text.sql(" <> ");
        as_text(text, parent.owner_kind, table.owner_kind, |text| {
            text.sql("user_scope_parent.").quoted_name(&parent.owner);
        });
    })
}
