//! Entity and table at odds, and entities at odds with one another.

use super::kinds;
use super::report::Report;
use crate::backend::Dialect;
use crate::identifier::IdKind;
use crate::isolation::run::Looked;
use crate::sql::isolation::Table;

pub(super) fn look(dialect: Dialect, tables: &[Table], there: &[Looked<'_>], report: &mut Report) {
    for Looked { table, facts } in there {
        for column in table.columns.iter().filter(|column| facts.column(column).is_none()) {
            report.add(&kinds::COLUMN_MISSING, &facts.name, column, "");
        }
        let Some(entity) = &table.entity else { continue };
        for (column, kind, at_odds) in
            [(&table.owner, table.owner_kind, &kinds::OWNER_TYPE), (&table.id, entity.id_kind, &kinds::ID_TYPE)]
        {
            if let Some(column) = facts.column(column)
                && !holds(dialect, kind, &column.type_name)
            {
                report.add(at_odds, &facts.name, &column.type_name, "");
            }
        }
    }
    for table in tables {
        for parent in &table.parents {
            let Some(above) = tables.iter().find(|other| other.name == parent.table) else {
                report.add(&kinds::PARENT_NOT_ISOLATED, &table.name, &parent.table.to_string(), "");
                continue;
            };
            // Who is in a tree of his own goes along without being listed.
            let is_listed = above.entity.as_ref().is_none_or(|entity| entity.children.contains(&table.name));
            if above.name != table.name && !is_listed {
                report.add(&kinds::CHILD_NOT_LISTED, &above.name, &table.name.to_string(), "");
            }
        }
    }
}

/// Whether a column of this type holds identifiers of this kind, as the library binds and reads them.
fn holds(dialect: Dialect, kind: IdKind, type_name: &str) -> bool {
    let name = type_name.to_lowercase();
    let holds_any = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    match (dialect, kind) {
        (Dialect::Postgres, IdKind::Uuid) => name == "uuid",
        (Dialect::Postgres, IdKind::Integer) => matches!(name.as_str(), "bigint" | "integer" | "smallint"),
        (Dialect::Postgres, IdKind::Text) => {
            matches!(name.as_str(), "text" | "character varying" | "character" | "citext")
        }
        // What a column of SQLite makes of a value depends on parts of the name of its type.
        (Dialect::Sqlite, IdKind::Uuid) => !holds_any(&["int", "char", "clob", "text", "real", "floa", "doub"]),
        (Dialect::Sqlite, IdKind::Integer) => !holds_any(&["char", "clob", "text", "blob"]) && !name.is_empty(),
        (Dialect::Sqlite, IdKind::Text) => holds_any(&["char", "clob", "text", "blob"]) || name.is_empty(),
    }
}
