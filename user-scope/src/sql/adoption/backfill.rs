//! The owners of the rows that are there.

use sqlx::SqlStr;
use sqlx::error::BoxDynError;

use super::postgres::type_of;
use crate::backend::{Backend, Dialect, Query};
use crate::identifier::{IdKind, IdValue};
use crate::sql::SqlText;
use crate::sql::isolation::{Parent, Table, TableName, script};

/// Where a row gets its owner from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Value(IdValue),
    Expression(String),
    Parent(Parent),
    /// From the table of [`mapping`], by this column.
    Mapping(String),
}

/// Which rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    All,
    /// From the first block to before the second.
    Blocks(i64, i64),
    /// 32 blocks from the one that a variable `user_scope_place` names.
    Window,
    /// Behind the first row, or from the beginning, to the second, by this name of the rowid.
    Rows(&'static str, Option<i64>, i64),
}

fn write(dialect: Dialect, sql: impl FnOnce(&mut SqlText)) -> String {
    let mut text = SqlText::new(dialect);
    sql(&mut text);
    text.finish()
}

/// Gives the rows of a part their owner, of those that have none and can have one. On PostgreSQL a row that somebody works with
/// is left for the next time: to wait for him would make others wait for us.
pub(crate) fn fill(dialect: Dialect, table: &Table, at: &TableName, source: &Source, part: Part) -> String {
    write(dialect, |text| {
        text.sql("UPDATE ");
        at.write(text);
        text.sql(" SET ").quoted_name(&table.owner).sql(" = ");
        owner(text, table, source);
        if dialect == Dialect::Postgres {
            text.sql(" FROM (SELECT ctid AS user_scope_at FROM ");
            at.write(text);
        }
        text.sql(" WHERE ");
        lacks_one(text, table, source, part);
        if dialect == Dialect::Postgres {
            text.sql(" FOR UPDATE SKIP LOCKED) AS user_scope_batch WHERE ").quoted_name(&at.name);
            text.sql(".ctid = user_scope_batch.user_scope_at");
        }
    })
}

/// How many rows have no owner and could have one.
pub(crate) fn unfilled(dialect: Dialect, table: &Table, at: &TableName, source: &Source) -> String {
    write(dialect, |text| {
        text.sql("SELECT CAST(count(*) AS TEXT) FROM ");
        at.write(text);
        text.sql(" WHERE ");
        lacks_one(text, table, source, Part::All);
    })
}

/// How many rows have no owner and can have none.
pub(crate) fn unfillable(dialect: Dialect, table: &Table, at: &TableName, source: &Source) -> String {
    write(dialect, |text| {
        text.sql("SELECT CAST(count(*) AS TEXT) FROM ");
        at.write(text);
        text.sql(" WHERE ").quoted_name(&table.owner).sql(" IS NULL AND ");
        owner(text, table, source);
        text.sql(" IS NULL");
    })
}

/// How many rows have no owner.
pub(crate) fn without_owner(dialect: Dialect, table: &Table, at: &TableName) -> String {
    write(dialect, |text| {
        text.sql("SELECT CAST(count(*) AS TEXT) FROM ");
        at.write(text);
        text.sql(" WHERE ").quoted_name(&table.owner).sql(" IS NULL");
    })
}

/// Whether there is a row without an owner: `t`, or nothing.
pub(crate) fn any_without_owner(dialect: Dialect, table: &Table, at: &TableName) -> String {
    write(dialect, |text| {
        text.sql("SELECT 't' FROM ");
        at.write(text);
        text.sql(" WHERE ").quoted_name(&table.owner).sql(" IS NULL LIMIT 1");
    })
}

/// Whether a user has a row where a key of owners looks: `t`, or nothing.
pub(crate) fn is_there(
    dialect: Dialect,
    there: &TableName,
    columns: &[String],
    user: &IdValue,
    kind: IdKind,
) -> String {
    write(dialect, |text| {
        text.sql("SELECT 't' FROM ");
        there.write(text);
        text.sql(" WHERE ").list(" AND ", columns, |text, column| {
            text.quoted_name(column).sql(" = ");
            literal(text, user, kind);
        });
    })
}

/// Asks nothing, and fails where the expression cannot be an owner.
pub(crate) fn tried(dialect: Dialect, table: &Table, at: &TableName, expression: &str) -> String {
    write(dialect, |text| {
        text.sql("SELECT 't' FROM ");
        at.write(text);
        text.sql(" WHERE (").as_the_administrator_writes_it(expression).sql(")");
        if dialect == Dialect::Postgres {
            // NULL of the type takes nothing but that type, or what turns into it by itself.
            text.sql(" = NULL::").sql(type_of(table.owner_kind));
        } else {
            text.sql(" IS NULL");
        }
        text.sql(" LIMIT 0");
    })
}

/// On SQLite, which stores anything anywhere: how many rows have an owner that is none of this kind.
pub(crate) fn misshapen(table: &Table) -> String {
    write(Dialect::Sqlite, |text| {
        text.sql("SELECT CAST(count(*) AS TEXT) FROM ").quoted_name(&table.name.name).sql(" WHERE ");
        text.quoted_name(&table.owner).sql(" IS NOT NULL AND (typeof(").quoted_name(&table.owner).sql(") <> ");
        text.sql(match table.owner_kind {
            IdKind::Uuid => "'blob' OR length(",
            IdKind::Integer => "'integer' OR 0 = length(",
            IdKind::Text => "'text' OR 0 = length(",
        });
        text.quoted_name(&table.owner).sql(match table.owner_kind {
            IdKind::Uuid => ") <> 16)",
            IdKind::Integer | IdKind::Text => "))",
        });
    })
}

/// The rows that such a question counts, for a person to look at.
pub(crate) fn counted(question: &str) -> String {
    question.replacen("CAST(count(*) AS TEXT)", "*", 1)
}

/// On PostgreSQL: how many rows belong to another than their parent does.
pub(crate) fn at_odds(table: &Table, at: &TableName, parent: &Parent) -> String {
    let differ = table.owner_kind != parent.owner_kind;
    let as_text = |text: &mut SqlText| {
        if differ {
            text.sql("::text");
        }
    };
    write(Dialect::Postgres, |text| {
        text.sql("SELECT CAST(count(*) AS TEXT) FROM ");
        at.write(text);
        text.sql(" JOIN ");
        parent.table.write(text);
        text.sql(" AS user_scope_parent ON user_scope_parent.").quoted_name(&parent.id).sql(" = ");
        text.quoted_name(&at.name).sql(".").quoted_name(&parent.column).sql(" WHERE ");
        text.quoted_name(&at.name).sql(".").quoted_name(&table.owner);
        as_text(text);
        text.sql(" <> user_scope_parent.").quoted_name(&parent.owner);
        as_text(text);
    })
}

fn lacks_one(text: &mut SqlText, table: &Table, source: &Source, part: Part) {
    text.quoted_name(&table.owner).sql(" IS NULL AND ");
    owner(text, table, source);
    text.sql(" IS NOT NULL");
    match part {
        Part::All => {}
        Part::Blocks(from, to) => {
            text.sql(" AND ctid >= '(").integer(from).sql(",0)'::tid AND ctid < '(").integer(to).sql(",0)'::tid");
        }
        Part::Window => {
            text.sql(" AND ctid >= format('(%s,0)', user_scope_place)::tid AND ctid < format('(%s,0)', user_scope_place + 32)::tid");
        }
        Part::Rows(rowid, behind, last) => {
            if let Some(behind) = behind {
                text.sql(" AND ").sql(rowid).sql(" > ").integer(behind);
            }
            text.sql(" AND ").sql(rowid).sql(" <= ").integer(last);
        }
    }
}

/// The owner of a row, as an expression on it.
fn owner(text: &mut SqlText, table: &Table, source: &Source) {
    let dialect = text.dialect();
    match source {
        Source::Value(value) => literal(text, value, table.owner_kind),
        Source::Expression(expression) => {
            text.sql("(").as_the_administrator_writes_it(expression).sql(")");
        }
        Source::Parent(parent) => {
            text.sql("(SELECT user_scope_parent.").quoted_name(&parent.owner);
            if dialect == Dialect::Postgres && parent.owner_kind != table.owner_kind {
                text.sql("::").sql(type_of(table.owner_kind));
            }
            text.sql(" FROM ");
            parent.table.write(text);
            text.sql(" AS user_scope_parent WHERE user_scope_parent.").quoted_name(&parent.id).sql(" = ");
            text.quoted_name(&table.name.name).sql(".").quoted_name(&parent.column).sql(")");
        }
        Source::Mapping(key) => {
            text.sql("(SELECT user_scope_mapping.owner FROM ").sql(mapping_of(dialect));
            text.sql(" AS user_scope_mapping WHERE user_scope_mapping.id = CAST(");
            text.quoted_name(&table.name.name).sql(".").quoted_name(key).sql(" AS text))");
        }
    }
}

fn literal(text: &mut SqlText, value: &IdValue, kind: IdKind) {
    match (text.dialect(), value) {
        (Dialect::Sqlite, IdValue::Uuid(id)) if kind == IdKind::Uuid => {
            text.sql("x").quoted_text(&id.simple().to_string());
        }
        (Dialect::Sqlite, IdValue::Integer(id)) => {
            text.integer(*id);
        }
        (Dialect::Sqlite, _) => {
            text.quoted_text(&value.to_string());
        }
        (Dialect::Postgres, _) => {
            text.quoted_text(&value.to_string()).sql("::").sql(type_of(kind));
        }
    }
}

const fn mapping_of(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "pg_temp.user_scope_mapping",
        Dialect::Sqlite => "temp.user_scope_mapping",
    }
}

/// A table of ids and owners, which ends with the connection: whoever goes on reads the file again.
pub(crate) fn mapping(dialect: Dialect, kind: IdKind) -> String {
    write(dialect, |text| {
        text.sql("DROP TABLE IF EXISTS ").sql(mapping_of(dialect)).sql("; CREATE ");
        text.sql(if dialect == Dialect::Postgres { "TEMPORARY TABLE " } else { "TABLE " });
        text.sql(if dialect == Dialect::Postgres { "user_scope_mapping" } else { "temp.user_scope_mapping" });
        text.sql(" (id text PRIMARY KEY, owner ");
        text.sql(if dialect == Dialect::Sqlite && kind == IdKind::Uuid { "blob" } else { type_of(kind) })
            .sql(" NOT NULL)");
    })
}

/// Takes it away again.
pub(crate) fn drop_mapping(dialect: Dialect) -> String {
    format!("DROP TABLE {}", mapping_of(dialect))
}

/// How many pairs one statement takes: both databases take more values than twice this.
pub(crate) const PAIRS: usize = 500;

/// Writes pairs into it.
pub(crate) fn map<DB: Backend>(pairs: &[(String, IdValue)]) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = crate::sql::arguments::<DB>(pairs.len() * 2);
    text.sql("INSERT INTO ").sql(mapping_of(DB::DIALECT)).sql(" (id, owner) VALUES ");
    text.list(", ", pairs, |text, _| {
        text.sql("(").parameter().sql(", ").parameter().sql(")");
    });
    for (id, owner) in pairs {
        DB::add_text(&mut arguments, Some(id))?;
        DB::add_id(&mut arguments, owner)?;
    }
    Ok(Query { text: text.into_sql(), arguments, keep: false })
}

/// Writes pairs into it, in a script that takes no values.
pub(crate) fn mapped(dialect: Dialect, table: &Table, pairs: &[(String, IdValue)]) -> String {
    write(dialect, |text| {
        text.sql("INSERT INTO ").sql(mapping_of(dialect)).sql(" (id, owner) VALUES ");
        text.list(", ", pairs, |text, (id, owner)| {
            text.sql("(").quoted_text(id).sql(", ");
            literal(text, owner, table.owner_kind);
            text.sql(")");
        });
    })
}

/// A statement that was written for the occasion.
pub(crate) fn query<DB: Backend>(text: String) -> Query<DB> {
    let text: SqlStr = script(text);
    Query { text, arguments: DB::Arguments::default(), keep: false }
}
