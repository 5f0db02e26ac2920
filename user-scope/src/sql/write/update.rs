//! Changes to one row.

use sqlx::Database;
use sqlx::error::BoxDynError;

use super::{Binding, Rowwise, set};
use crate::backend::{Backend, Dialect, Query};
use crate::entity::{ColumnSet, Entity, Shape};
use crate::sql::log::{Record, bind_log};
use crate::sql::parent::prove_parents;
use crate::sql::rows::{OneRow, State, row};
use crate::sql::{SqlText, arguments, values};

/// What an update does.
pub(crate) struct Revision<'a, DB: Database> {
    /// The columns that it sets, `updated_at` among them; not empty.
    pub(crate) columns: ColumnSet,
    /// Those of them that the application set, if their values are recorded.
    pub(crate) values: ColumnSet,
    /// Binds a value for each of the columns.
    pub(crate) changes: Binding<'a, DB>,
}

/// Whether what a row was before must be known. PostgreSQL then locks it in the same statement: without that, what is
/// recorded as the old value is often another one, and a stale write is not told from one that finds nothing.
const fn looks_first(entity: &Entity, values: ColumnSet) -> bool {
    entity.definition().version.is_some() || !values.is_empty()
}

/// SQLite has no lock to take inside of a transaction, and no statement inside of a statement: what the row is before the
/// update, if that must be known. Columns: version, old values.
pub(crate) fn look<DB: Backend>(of: &OneRow<'_, DB>, columns: ColumnSet) -> Result<Option<Query<DB>>, BoxDynError> {
    let entity = of.reach.entity();
    if DB::DIALECT == Dialect::Postgres || !looks_first(entity, columns) {
        return Ok(None);
    }
    let everyone = of.reach.scope.is_everyone();
    let text = entity.cache().text(DB::DIALECT, Shape::Look { everyone, columns }, || {
        let mut text = SqlText::new(DB::DIALECT);
        text.sql("SELECT ");
        match entity.definition().version {
            Some(version) => text.column(entity, version),
            None => text.sql("NULL"),
        };
        text.sql(", ");
        if columns.is_empty() {
            text.sql("NULL");
        } else {
            values::object(&mut text, entity, columns);
        }
        text.sql(" FROM ").table(entity).sql(" WHERE ");
        row(&mut text, entity, everyone, State::Live);
        text.finish()
    });
    let mut arguments = arguments::<DB>(2);
    of.bind(&mut arguments)?;
    Ok(Some(Query { text: text.into(), arguments, keep: true }))
}

/// `UPDATE … SET … WHERE id = $1 AND owner = $2 RETURNING …`, with versions or values on PostgreSQL
/// `WITH user_scope_before AS (SELECT … FOR NO KEY UPDATE), user_scope_changed AS (UPDATE …) SELECT … FROM
/// user_scope_before LEFT JOIN user_scope_changed ON true`.
///
/// `expected` is the version that it rests on. Columns: those of the entity; then old and new values, if they are recorded
/// beside it; then, on PostgreSQL, the version that was found.
pub(crate) fn update<DB: Backend>(
    of: &OneRow<'_, DB>,
    revision: Revision<'_, DB>,
    expected: Option<i64>,
    record: Record<'_>,
) -> Result<Query<DB>, BoxDynError> {
    let entity = of.reach.entity();
    let everyone = of.reach.scope.is_everyone();
    let Revision { columns, values, mut changes } = revision;
    let shape = Shape::Update { everyone, recorded: record.shape(entity), columns };
    let text = entity.cache().text(DB::DIALECT, shape, || {
        let mut text = SqlText::new(DB::DIALECT);
        let rowwise = Rowwise { entity, record, everyone, values };
        if DB::DIALECT == Dialect::Postgres && looks_first(entity, values) {
            write_with_old(&mut text, &rowwise, columns);
        } else {
            rowwise.write(&mut text, |text| write_update(text, entity, columns, everyone, false));
        }
        text.finish()
    });
    let mut arguments = arguments::<DB>(columns.iter().count() + 5);
    of.bind(&mut arguments)?;
    changes(&mut arguments)?;
    if let Some(version) = expected {
        DB::add_integer(&mut arguments, version)?;
    }
    bind_log::<DB>(&mut arguments, record.in_statement())?;
    Ok(Query { text: text.into(), arguments, keep: true })
}

fn write_with_old(text: &mut SqlText, rowwise: &Rowwise<'_>, columns: ColumnSet) {
    let Rowwise { entity, everyone, values, .. } = *rowwise;
    let version = entity.definition().version;
    text.sql("WITH ").our("before").sql(" AS (SELECT ").name(entity.id_column()).sql(" AS ").our("id");
    if let Some(version) = version {
        text.sql(", ").column(entity, version).sql("::bigint AS ").our("version");
    }
    if !values.is_empty() {
        text.sql(", ");
        values::object(text, entity, values);
        text.sql(" AS ").our("old");
    }
    text.sql(" FROM ").table(entity).sql(" WHERE ");
    row(text, entity, everyone, State::Live);
    text.sql(" FOR NO KEY UPDATE), ").our("changed").sql(" AS (");
    write_update(text, entity, columns, everyone, true);
    text.sql(" RETURNING ").columns(entity).sql(")");
    if rowwise.record.in_statement().is_some() {
        text.sql(", ");
        let old: &dyn Fn(&mut SqlText) = &|text| {
            text.our("old");
        };
        rowwise.write_log(text, (!values.is_empty()).then_some(("old", old)));
        text.sql(" FROM ").our("changed").sql(", ").our("before").sql(")");
    }
    text.sql(" SELECT ").columns(entity);
    rowwise.write_values(text, |text| {
        text.our("old");
    });
    if version.is_some() {
        text.sql(", ").our("version");
    }
    text.sql(" FROM ").our("before").sql(" LEFT JOIN ").our("changed").sql(" ON true");
}

/// `locked`: the row's two parameters have stood in `old` already.
fn write_update(text: &mut SqlText, entity: &Entity, columns: ColumnSet, everyone: bool, locked: bool) {
    let of_row = if everyone { 1 } else { 2 };
    let parameter = |column| of_row + 1 + columns.iter().take_while(|position| *position < column).count();
    text.sql("UPDATE ").table(entity);
    set(text, entity, columns, |text, column| {
        text.parameter_again(parameter(column));
    });
    if locked {
        text.sql(" FROM ").our("before").sql(" WHERE ").name(entity.id_column()).sql(" = ").our("id").sql(" AND ");
        text.name(entity.id_column()).sql(" = $1");
        if !everyone {
            text.sql(" AND ").name(entity.owner_column()).sql(" = $2");
        }
    } else {
        text.sql(" WHERE ");
        row(text, entity, everyone, State::Live);
    }
    text.skip_parameters(columns.iter().count());
    if let Some(version) = entity.definition().version {
        text.sql(" AND ").name(entity.table()).sql(".").column(entity, version).sql(" = ").parameter();
    }
    prove_parents(text, " AND ", entity, columns, &|text, column| {
        if column != entity.definition().owner {
            text.parameter_again(parameter(column));
        } else if everyone {
            text.table(entity).sql(".").column(entity, column);
        } else {
            text.parameter_again(2);
        }
    });
}
