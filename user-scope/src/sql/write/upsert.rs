//! A row that is inserted, or changed because its key is there already.
//!
//! An upsert never brings a row back that is marked as deleted: what was marked together with it would stay behind, and no
//! restore would find it any more. Such a row is left alone, and the statement gives none.

use sqlx::error::BoxDynError;

use super::insert::{inserted, rowwise, write_insert};
use super::{Binding, set};
use crate::backend::{Backend, Query};
use crate::entity::{ColumnSet, Definition, Entity};
use crate::sql::log::{Record, bind_log};
use crate::sql::rows::{Reach, State, state};
use crate::sql::{SqlText, arguments};

/// `INSERT INTO … ON CONFLICT (owner, key) DO UPDATE SET … WHERE table.owner = excluded.owner RETURNING …`.
///
/// `key` holds the columns beside the owner. Without one it is the id alone: if that is another's the statement does
/// nothing, and gives no row. Nor does it if the row is marked as deleted.
pub(crate) fn upsert<DB: Backend>(
    reach: &Reach<'_, DB>,
    new: &mut Binding<'_, DB>,
    key: Option<ColumnSet>,
    record: Record<'_>,
) -> Result<Query<DB>, BoxDynError> {
    let entity = reach.entity();
    let mut text = SqlText::new(DB::DIALECT);
    rowwise(entity, record, false).write(&mut text, |text| {
        write_insert(text, entity);
        write_conflict(text, entity, key);
    });
    let mut arguments = arguments::<DB>(entity.column_names().len() + 2);
    new(&mut arguments)?;
    bind_log::<DB>(&mut arguments, record.in_statement())?;
    Ok(Query { text: text.into_sql(), arguments, keep: true })
}

/// `CREATE UNIQUE INDEX … ON … (owner, key)`: what [`upsert`] needs, to be shown to people. It is never run.
pub(crate) fn index_for<DB: Backend>(entity: &Entity, key: Option<ColumnSet>) -> String {
    let mut text = SqlText::new(DB::DIALECT);
    let columns: Vec<usize> = key_columns(entity, key).collect();
    text.sql("CREATE UNIQUE INDEX ").name_of(entity, &columns).sql(" ON ").table(entity).sql(" ");
    write_key(&mut text, entity, key);
    text.finish()
}

/// The owner first: an index on it serves every other statement as well.
fn key_columns(entity: &Entity, key: Option<ColumnSet>) -> impl Iterator<Item = usize> {
    let definition = entity.definition();
    let (owner, others) = match key {
        Some(columns) => (Some(definition.owner), columns.without(definition.owner)),
        None => (None, ColumnSet::EMPTY.with(definition.id)),
    };
    owner.into_iter().chain(others.iter())
}

/// Writes `(owner, key)`. Where rows are marked as deleted, with `WHERE deleted_at IS NULL`: both databases then take an
/// index of the live rows, and one of all rows as well.
fn write_key(text: &mut SqlText, entity: &Entity, key: Option<ColumnSet>) {
    text.sql("(").list(", ", key_columns(entity, key), |text, column| {
        text.column(entity, column);
    });
    text.sql(")");
    if key.is_some() {
        state(text, entity, " WHERE ", State::Live);
    }
}

fn write_conflict(text: &mut SqlText, entity: &Entity, key: Option<ColumnSet>) {
    text.sql(" ON CONFLICT ");
    write_key(text, entity, key);
    text.sql(" DO UPDATE");
    let key = key_columns(entity, key).fold(ColumnSet::EMPTY, ColumnSet::with);
    set(text, entity, replaced(entity, key), |text, column| {
        text.sql("excluded.").column(entity, column);
    });
    text.sql(" WHERE ").name(entity.table()).sql(".").name(entity.owner_column()).sql(" = excluded.");
    text.name(entity.owner_column());
    if let Some(deleted_at) = entity.definition().deleted_at {
        text.sql(" AND ").name(entity.table()).sql(".").column(entity, deleted_at).sql(" IS NULL");
    }
}

/// What the new row has and the old one gets. Something has to be set, or the row would not come back.
fn replaced(entity: &Entity, key: ColumnSet) -> ColumnSet {
    let definition = entity.definition();
    let Definition { id, owner, created_at, deleted_at, version, .. } = *definition;
    let kept = [Some(id), Some(owner), created_at, deleted_at, version];
    let replaced = kept.into_iter().flatten().fold(inserted(definition), ColumnSet::without);
    let replaced = key.iter().fold(replaced, ColumnSet::without);
    if replaced.is_empty() { ColumnSet::EMPTY.with(definition.owner) } else { replaced }
}
