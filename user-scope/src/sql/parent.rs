//! The proof that a child's parent belongs to the child's owner, in the statement that writes the child.

use super::SqlText;
use crate::backend::Dialect;
use crate::entity::{ColumnSet, Definition, Entity, ParentDefinition};
use crate::identifier::IdKind;

/// Where the child's owner stands.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    /// In a parameter, as the child's column stores it.
    Parameter(usize),
    /// In the child's row: all that a system context knows.
    Row,
}

/// Writes `EXISTS (…)` for every parent whose column is in `written`, after `keyword`, then after ` AND `;
/// `parameter_of` tells where its value stands.
///
/// The parent's row is locked against deletion until the statement's transaction ends; without that, and
/// without a foreign key, an orphan could slip in. SQLite has one writer at a time.
pub(super) fn prove_parents(
    text: &mut SqlText,
    keyword: &'static str,
    child: &Entity,
    written: ColumnSet,
    owner: Owner,
    parameter_of: impl Fn(usize) -> usize,
) {
    let proven = child.definition().parents.iter().filter(|parent| written.contains(parent.column));
    for (index, parent) in proven.enumerate() {
        text.sql(if index == 0 { keyword } else { " AND " });
        prove(text, child, parent, owner, parameter_of(parent.column));
    }
}

fn prove(text: &mut SqlText, child: &Entity, parent: &ParentDefinition, owner: Owner, parameter: usize) {
    if parent.nullable {
        text.sql("(").parameter_again(parameter).sql(" IS NULL OR ");
    }
    let entity = (parent.entity)();
    text.sql("EXISTS (SELECT 1 FROM ").table(entity).sql(" AS ").name(PARENT).sql(" WHERE ");
    parent_column(text, entity.id_column());
    text.sql(" = ");
    let stored_as_text = is_text(child.definition(), parent.column);
    convert(text, stored_as_text, entity.definition(), entity.definition().id, |text| {
        text.parameter_again(parameter);
    });
    text.sql(" AND ");
    parent_column(text, entity.owner_column());
    text.sql(" = ");
    let stored_as_text = is_text(child.definition(), child.definition().owner);
    convert(text, stored_as_text, entity.definition(), entity.definition().owner, |text| match owner {
        Owner::Parameter(number) => {
            text.parameter_again(number);
        }
        Owner::Row => {
            text.table(child).sql(".").name(child.owner_column());
        }
    });
    if text.dialect() == Dialect::Postgres {
        text.sql(" FOR KEY SHARE");
    }
    text.sql(")");
    if parent.nullable {
        text.sql(")");
    }
}

/// A parent may be of the child's own table, and a table may be called "parent".
const PARENT: &str = "user_scope_parent";

fn parent_column(text: &mut SqlText, column: &'static str) {
    text.name(PARENT).sql(".").name(column);
}

fn is_text(definition: &Definition, column: usize) -> bool {
    definition.columns.get(column).is_some_and(|column| column.as_text)
}

/// Writes `value`, which is stored as text or not, as `column` of the parent stores it: one table may keep as
/// VARCHAR what another keeps as UUID.
fn convert(text: &mut SqlText, stored_as_text: bool, parent: &Definition, column: usize, value: impl Fn(&mut SqlText)) {
    let kind = if column == parent.id { parent.id_kind } else { parent.owner_kind };
    let wanted_as_text = is_text(parent, column);
    if stored_as_text == wanted_as_text || kind == IdKind::Text {
        return value(text);
    }
    match (text.dialect(), kind, wanted_as_text) {
        (Dialect::Postgres, _, true) => {
            value(text);
            text.sql("::text");
        }
        (Dialect::Postgres, IdKind::Uuid, false) => {
            value(text);
            text.sql("::uuid");
        }
        (Dialect::Postgres, _, false) => {
            value(text);
            text.sql("::bigint");
        }
        (Dialect::Sqlite, IdKind::Uuid, true) => {
            // The five groups of a UUID, from its 16 bytes.
            text.sql("lower(");
            text.list(" || '-' || ", [("1, 8"), ("9, 4"), ("13, 4"), ("17, 4"), ("21, 12")], |text, range| {
                text.sql("substr(hex(");
                value(text);
                text.sql("), ").sql(range).sql(")");
            });
            text.sql(")");
        }
        (Dialect::Sqlite, IdKind::Uuid, false) => {
            text.sql("unhex(replace(");
            value(text);
            text.sql(", '-', ''))");
        }
        (Dialect::Sqlite, _, wanted_as_text) => {
            text.sql("CAST(");
            value(text);
            text.sql(if wanted_as_text { " AS TEXT)" } else { " AS INTEGER)" });
        }
    }
}
