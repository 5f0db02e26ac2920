//! New rows. Their parents are proven in the same statement, which writes all of them or none.

use sqlx::error::BoxDynError;

use super::{Binding, Rowwise};
use crate::backend::{Backend, Query};
use crate::entity::{ColumnSet, Definition, Entity, Shape};
use crate::sql::log::{Record, bind_log};
use crate::sql::parent::prove_parents;
use crate::sql::rows::Reach;
use crate::sql::{SqlText, arguments, values};

/// `INSERT INTO … VALUES (…) RETURNING …`; with parents `INSERT INTO … SELECT … WHERE EXISTS (…) RETURNING …`,
/// which inserts nothing if one is not the owner's.
pub(crate) fn insert<DB: Backend>(
    reach: &Reach<'_, DB>,
    new: &mut Binding<'_, DB>,
    record: Record<'_>,
) -> Result<Query<DB>, BoxDynError> {
    let (entity, everyone) = (reach.entity(), reach.scope.is_everyone());
    let shape = Shape::Insert { everyone, recorded: record.shape(entity) };
    let text = entity.cache().text(DB::DIALECT, shape, || {
        let mut text = SqlText::new(DB::DIALECT);
        rowwise(entity, record, everyone).write(&mut text, |text| write_insert(text, entity));
        text.finish()
    });
    let mut arguments = arguments::<DB>(entity.column_names().len() + 2);
    new(&mut arguments)?;
    bind_log::<DB>(&mut arguments, record.in_statement())?;
    Ok(Query { text: text.into(), arguments, keep: true })
}

pub(super) fn rowwise<'a>(entity: &'a Entity, record: Record<'a>, everyone: bool) -> Rowwise<'a> {
    let values = if entity.definition().audit.values { values::of_a_row(entity) } else { ColumnSet::EMPTY };
    Rowwise { entity, record, everyone, values }
}

/// The columns that an insert names, in order: a parameter each.
pub(super) fn inserted(definition: &Definition) -> ColumnSet {
    let columns = (0..definition.columns.len()).fold(ColumnSet::EMPTY, ColumnSet::with);
    if definition.id_by_database { columns.without(definition.id) } else { columns }
}

/// Writes an insert of one row, whose values are the first parameters.
pub(super) fn write_insert(text: &mut SqlText, entity: &Entity) {
    let columns = inserted(entity.definition());
    let has_parents = !entity.definition().parents.is_empty();
    write_columns(text, entity, columns);
    text.sql(if has_parents { " SELECT " } else { " VALUES (" });
    text.list(", ", columns.iter(), |text, _| {
        text.parameter();
    });
    if has_parents {
        prove_parents(text, " WHERE ", entity, columns, &|text, column| {
            text.parameter_again(columns.iter().take_while(|before| *before != column).count() + 1);
        });
    } else {
        text.sql(")");
    }
}

fn write_columns(text: &mut SqlText, entity: &Entity, columns: ColumnSet) {
    text.sql("INSERT INTO ").table(entity).sql(" (");
    text.list(", ", columns.iter(), |text, column| {
        text.column(entity, column);
    });
    text.sql(")");
}

/// How many new rows one statement can take.
pub(crate) fn most_rows<DB: Backend>(entity: &Entity) -> usize {
    let columns = inserted(entity.definition()).iter().count();
    (DB::DIALECT.max_parameters() - 2) / columns.max(1)
}

/// A connection keeps statements of up to so many rows prepared: longer ones are unlikely to come again.
const ROWS_KEPT: usize = 100;

/// `INSERT INTO … VALUES (…), (…) RETURNING …`; with parents `INSERT INTO … SELECT … FROM (VALUES …) WHERE NOT EXISTS
/// (one whose parent is not the owner's)`: all rows or none.
pub(crate) fn insert_many<DB: Backend>(
    reach: &Reach<'_, DB>,
    count: usize,
    new: &mut Binding<'_, DB>,
    record: Record<'_>,
) -> Result<Query<DB>, BoxDynError> {
    let entity = reach.entity();
    let mut text = SqlText::new(DB::DIALECT);
    rowwise(entity, record, reach.scope.is_everyone()).write(&mut text, |text| write_many(text, entity, count));
    let mut arguments = arguments::<DB>(count * entity.column_names().len() + 2);
    for _ in 0..count {
        new(&mut arguments)?;
    }
    bind_log::<DB>(&mut arguments, record.in_statement())?;
    Ok(Query { text: text.into_sql(), arguments, keep: count <= ROWS_KEPT })
}

fn write_many(text: &mut SqlText, entity: &Entity, count: usize) {
    let columns = inserted(entity.definition());
    let write_rows = |text: &mut SqlText| {
        text.sql("VALUES ");
        text.list(", ", 0..count, |text, _| {
            text.sql("(");
            text.list(", ", columns.iter(), |text, _| {
                text.one_of_many();
            });
            text.sql(")");
        });
    };
    if entity.definition().parents.is_empty() {
        write_columns(text, entity, columns);
        text.sql(" ");
        return write_rows(text);
    }
    text.sql("WITH ").our("given").sql(" (");
    text.list(", ", columns.iter(), |text, column| {
        text.column(entity, column);
    });
    text.sql(") AS (");
    write_rows(text);
    text.sql(") ");
    write_columns(text, entity, columns);
    text.sql(" SELECT ");
    text.list(", ", columns.iter(), |text, column| {
        text.column(entity, column);
    });
    text.sql(" FROM ").our("given").sql(" WHERE NOT EXISTS (SELECT 1 FROM ").our("given").sql(" AS ").our("row");
    prove_parents(text, " WHERE NOT (", entity, columns, &|text, column| {
        text.our("row").sql(".").column(entity, column);
    });
    text.sql("))");
}
