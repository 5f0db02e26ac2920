//! Writes of one row: insert, update, delete, and on PostgreSQL their audit row in the same statement.

use sqlx::error::BoxDynError;

use super::log::{LogEntry, bind_log, with_log};
use super::parent::{Owner, prove_parents};
use super::select::{bind_row, row};
use super::{SqlText, arguments};
use crate::backend::Query;
use crate::context::Scope;
use crate::entity::{ColumnSet, Entity, Moment, Shape, Stamp, Stores, UserScoped};

/// `INSERT INTO … VALUES (…) RETURNING …`; with parents `INSERT INTO … SELECT … WHERE EXISTS (…) RETURNING …`,
/// which inserts nothing if one is not the owner's.
pub(crate) fn insert<T: UserScoped, DB: Stores<T>>(
    new: T::New,
    stamp: Stamp<'_, T>,
    everyone: bool,
    log: Option<&LogEntry>,
) -> Result<Query<DB>, BoxDynError> {
    let entity = T::entity();
    let text = entity.cache().text(DB::DIALECT, Shape::Insert { everyone, logged: log.is_some() }, || {
        let mut text = SqlText::new(DB::DIALECT);
        with_log(&mut text, entity, log, everyone, |text| write_insert(text, entity), |text| all(text, entity));
        text.finish()
    });
    let mut arguments = arguments::<DB>(entity.column_names().len() + 2);
    DB::bind_new(new, stamp, &mut arguments)?;
    bind_log::<DB>(&mut arguments, log)?;
    Ok(Query { text: text.into(), arguments, keep: true })
}

fn write_insert(text: &mut SqlText, entity: &Entity) {
    let definition = entity.definition();
    let inserted: Vec<usize> = (0..definition.columns.len())
        .filter(|position| !(definition.id_by_database && *position == definition.id))
        .collect();
    let parameter_of = |column| inserted.iter().take_while(|position| **position != column).count() + 1;

    text.sql("INSERT INTO ").table(entity).sql(" (");
    text.list(", ", &inserted, |text, position| {
        text.column(entity, *position);
    });
    let has_parents = !definition.parents.is_empty();
    text.sql(if has_parents { ") SELECT " } else { ") VALUES (" });
    text.list(", ", &inserted, |text, _| {
        text.parameter();
    });
    if has_parents {
        let written = inserted.iter().fold(ColumnSet::EMPTY, |set, position| set.with(*position));
        let owner = Owner::Parameter(parameter_of(definition.owner));
        prove_parents(text, " WHERE ", entity, written, owner, parameter_of);
    } else {
        text.sql(")");
    }
}

/// A written row is returned as it is read.
fn all(text: &mut SqlText, entity: &Entity) {
    text.columns(entity);
}

/// `UPDATE … SET … WHERE id = $1 AND owner = $2 RETURNING …`. `columns` holds what `changes` sets, and is not
/// empty.
pub(crate) fn update<T: UserScoped, DB: Stores<T>>(
    scope: &Scope<'_, T::Owner>,
    id: &T::Id,
    columns: ColumnSet,
    changes: T::Changes,
    moment: Moment,
    log: Option<&LogEntry>,
) -> Result<Query<DB>, BoxDynError> {
    let entity = T::entity();
    let everyone = scope.is_everyone();
    let shape = Shape::Update { everyone, logged: log.is_some(), columns };
    let text = entity.cache().text(DB::DIALECT, shape, || {
        let mut text = SqlText::new(DB::DIALECT);
        let write = |text: &mut SqlText| write_update(text, entity, columns, everyone);
        with_log(&mut text, entity, log, everyone, write, |text| all(text, entity));
        text.finish()
    });
    let mut arguments = arguments::<DB>(columns.iter().count() + 4);
    bind_row::<T, DB>(&mut arguments, scope, id)?;
    DB::bind_changes(changes, moment, &mut arguments)?;
    bind_log::<DB>(&mut arguments, log)?;
    Ok(Query { text: text.into(), arguments, keep: true })
}

fn write_update(text: &mut SqlText, entity: &Entity, columns: ColumnSet, everyone: bool) {
    // The row is named first, so that its parameters are the same as in every statement about one row.
    let (owner, first) = if everyone { (Owner::Row, 2) } else { (Owner::Parameter(2), 3) };
    let parameter_of = |column| first + columns.iter().take_while(|position| *position < column).count();

    text.sql("UPDATE ").table(entity).sql(" SET ");
    text.list(", ", columns.iter(), |text, position| {
        text.column(entity, position).sql(" = ").parameter_again(parameter_of(position));
    });
    text.sql(" WHERE ");
    row(text, entity, everyone);
    prove_parents(text, " AND ", entity, columns, owner, parameter_of);
    text.skip_parameters(columns.iter().count());
}

/// `DELETE … WHERE id = $1 AND owner = $2 RETURNING id, owner`.
pub(crate) fn delete<T: UserScoped, DB: Stores<T>>(
    scope: &Scope<'_, T::Owner>,
    id: &T::Id,
    log: Option<&LogEntry>,
) -> Result<Query<DB>, BoxDynError> {
    let entity = T::entity();
    let everyone = scope.is_everyone();
    let text = entity.cache().text(DB::DIALECT, Shape::Delete { everyone, logged: log.is_some() }, || {
        let mut text = SqlText::new(DB::DIALECT);
        let write = |text: &mut SqlText| {
            text.sql("DELETE FROM ").table(entity).sql(" WHERE ");
            row(text, entity, everyone);
        };
        with_log(&mut text, entity, log, everyone, write, |text| {
            text.name(entity.id_column()).sql(", ").name(entity.owner_column());
        });
        text.finish()
    });
    let mut arguments = arguments::<DB>(4);
    bind_row::<T, DB>(&mut arguments, scope, id)?;
    bind_log::<DB>(&mut arguments, log)?;
    Ok(Query { text: text.into(), arguments, keep: true })
}
