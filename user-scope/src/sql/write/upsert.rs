//! A row that is inserted, or changed because its key is there already.

use sqlx::error::BoxDynError;

use super::insert::{inserted, rowwise, write_insert};
use super::set;
use crate::backend::Query;
use crate::entity::{ColumnSet, Entity, Stamp, Stores, UserScoped};
use crate::sql::log::{Record, bind_log};
use crate::sql::{SqlText, arguments};

/// `INSERT INTO … ON CONFLICT (owner, key) DO UPDATE SET … WHERE table.owner = excluded.owner RETURNING …`.
///
/// `key` holds the columns beside the owner. Without one it is the id alone: if that is another's the statement does
/// nothing, and gives no row.
pub(crate) fn upsert<T: UserScoped, DB: Stores<T>>(
    new: T::New,
    stamp: Stamp<'_, T>,
    key: Option<ColumnSet>,
    record: Record<'_>,
) -> Result<Query<DB>, BoxDynError> {
    let entity = T::entity();
    let mut text = SqlText::new(DB::DIALECT);
    rowwise(entity, record, false).write(&mut text, |text| {
        write_insert(text, entity);
        write_conflict(text, entity, key);
    });
    let mut arguments = arguments::<DB>(entity.column_names().len() + 2);
    DB::bind_new(new, stamp, &mut arguments)?;
    bind_log::<DB>(&mut arguments, record.in_statement())?;
    Ok(Query { text: text.into_sql(), arguments, keep: true })
}

fn write_conflict(text: &mut SqlText, entity: &Entity, key: Option<ColumnSet>) {
    let definition = entity.definition();
    let key = match key {
        Some(columns) => columns.with(definition.owner),
        None => ColumnSet::EMPTY.with(definition.id),
    };
    text.sql(" ON CONFLICT (");
    text.list(", ", key.iter(), |text, column| {
        text.column(entity, column);
    });
    text.sql(") DO UPDATE");
    set(text, entity, replaced(entity, key), |text, column| {
        text.sql("excluded.").column(entity, column);
    });
    text.sql(" WHERE ").name(entity.table()).sql(".").name(entity.owner_column()).sql(" = excluded.");
    text.name(entity.owner_column());
}

/// What the new row has and the old one gets. A row that was marked as deleted is there again. Something has to be set, or
/// the row would not come back.
fn replaced(entity: &Entity, key: ColumnSet) -> ColumnSet {
    let definition = entity.definition();
    let kept = [Some(definition.id), Some(definition.owner), definition.created_at, definition.version];
    let replaced = kept.into_iter().flatten().fold(inserted(definition), ColumnSet::without);
    let replaced = key.iter().fold(replaced, ColumnSet::without);
    if replaced.is_empty() { ColumnSet::EMPTY.with(definition.owner) } else { replaced }
}
