//! The proof that a child's parent belongs to the child's owner, in the statement that writes the child.

use sqlx::error::BoxDynError;

use super::rows::{State, row};
use super::{SqlText, arguments};
use crate::backend::{Backend, Dialect, Query};
use crate::entity::{ColumnSet, Entity, ParentDefinition};
use crate::identifier::{IdKind, IdValue};

/// Writes `EXISTS (…)` for every parent whose column is in `written`, after `keyword`, then after ` AND `. `value` writes
/// where the value of one of the child's columns stands, be it the parent's id or the owner.
///
/// The parent's row is locked against deletion until the statement's transaction ends; without that, and
/// without a foreign key, an orphan could slip in. SQLite has one writer at a time.
pub(super) fn prove_parents(
    text: &mut SqlText,
    keyword: &'static str,
    child: &Entity,
    written: ColumnSet,
    value: &dyn Fn(&mut SqlText, usize),
) {
    let proven = child.definition().parents.iter().filter(|parent| written.contains(parent.column));
    for (index, parent) in proven.enumerate() {
        text.sql(if index == 0 { keyword } else { " AND " });
        prove(text, child, parent, value);
    }
}

fn prove(text: &mut SqlText, child: &Entity, parent: &ParentDefinition, value: &dyn Fn(&mut SqlText, usize)) {
    if parent.nullable {
        text.sql("(");
        value(text, parent.column);
        text.sql(" IS NULL OR ");
    }
    let entity = (parent.entity)();
    text.sql("EXISTS (SELECT 1 FROM ").table(entity).sql(" AS ").our("parent").sql(" WHERE ");
    text.our("parent").sql(".").name(entity.id_column()).sql(" = ");
    convert(text, Storage::of_link(child, parent), Storage::of_id(entity), &|text| value(text, parent.column));
    text.sql(" AND ").our("parent").sql(".").name(entity.owner_column()).sql(" = ");
    let owner = child.definition().owner;
    convert(text, Storage::of_owner(child), Storage::of_owner(entity), &|text| value(text, owner));
    if let Some(deleted_at) = entity.definition().deleted_at {
        text.sql(" AND ").our("parent").sql(".").column(entity, deleted_at).sql(" IS NULL");
    }
    if text.dialect() == Dialect::Postgres {
        text.sql(" FOR KEY SHARE");
    }
    text.sql(if parent.nullable { "))" } else { ")" });
}

/// Whether `owner` has this parent row. Columns: any.
pub(crate) fn is_own_parent<DB: Backend>(
    parent: &Entity,
    id: &IdValue,
    owner: &IdValue,
) -> Result<Query<DB>, BoxDynError> {
    let (mut text, mut arguments) = (SqlText::new(DB::DIALECT), arguments::<DB>(2));
    text.sql("SELECT 1 FROM ").table(parent).sql(" WHERE ");
    row(&mut text, parent, false, State::Live);
    for (value, storage) in [(id, Storage::of_id(parent)), (owner, Storage::of_owner(parent))] {
        if storage.as_text {
            DB::add_text(&mut arguments, Some(&value.to_string()))?;
        } else {
            DB::add_id(&mut arguments, value)?;
        }
    }
    Ok(Query { text: text.into_sql(), arguments, keep: true })
}

/// How a table stores an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Storage {
    kind: IdKind,
    as_text: bool,
}

impl Storage {
    pub(super) fn of_id(entity: &Entity) -> Self {
        Self { kind: entity.definition().id_kind, as_text: is_text(entity, entity.definition().id) }
    }

    pub(super) fn of_owner(entity: &Entity) -> Self {
        Self { kind: entity.definition().owner_kind, as_text: is_text(entity, entity.definition().owner) }
    }

    /// Of the column that names a parent.
    pub(super) fn of_link(entity: &Entity, parent: &ParentDefinition) -> Self {
        Self { kind: (parent.entity)().definition().id_kind, as_text: is_text(entity, parent.column) }
    }
}

fn is_text(entity: &Entity, column: usize) -> bool {
    entity.definition().columns.get(column).is_some_and(|column| column.as_text)
}

/// Writes `value`, which is stored in one way, as it is stored in another: one table may keep as VARCHAR what another
/// keeps as UUID.
pub(super) fn convert(text: &mut SqlText, from: Storage, to: Storage, value: &dyn Fn(&mut SqlText)) {
    let (kind, wanted_as_text) = (to.kind, to.as_text);
    if from.as_text == wanted_as_text || kind == IdKind::Text {
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
            uuid_as_text(text, value);
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

/// The five groups of a UUID, from its 16 bytes.
pub(super) fn uuid_as_text(text: &mut SqlText, value: &dyn Fn(&mut SqlText)) {
    text.sql("lower(");
    text.list(" || '-' || ", ["1, 8", "9, 4", "13, 4", "17, 4", "21, 12"], |text, range| {
        text.sql("substr(hex(");
        value(text);
        text.sql("), ").sql(range).sql(")");
    });
    text.sql(")");
}
