//! The values of a row as a JSON object, made by the database, which alone knows how to write each of its types.

use super::SqlText;
use super::parent::uuid_as_text;
use crate::backend::Dialect;
use crate::entity::{ColumnSet, Entity};
use crate::identifier::IdKind;

/// What is recorded of a row that is new or gone: all but id and owner, which the log has anyway.
pub(super) fn of_a_row(entity: &Entity) -> ColumnSet {
    let definition = entity.definition();
    let columns = (0..definition.columns.len()).filter(|column| ![definition.id, definition.owner].contains(column));
    columns.fold(ColumnSet::EMPTY, ColumnSet::with)
}

/// Functions take a hundred arguments or so, and a column needs two.
const COLUMNS_OF_ONE_CALL: usize = 40;

/// Writes a JSON object of `columns`; what is redacted is masked.
pub(super) fn object(text: &mut SqlText, entity: &Entity, columns: ColumnSet) {
    let columns: Vec<usize> = columns.iter().collect();
    match text.dialect() {
        Dialect::Postgres => {
            text.list(" || ", columns.chunks(COLUMNS_OF_ONE_CALL), |text, columns| {
                text.sql("jsonb_build_object(");
                pairs(text, entity, columns);
                text.sql(")");
            });
        }
        // There is nothing that joins two objects and keeps a null.
        Dialect::Sqlite => {
            text.sql("'{' || ");
            text.list(" || ',' || ", columns.chunks(COLUMNS_OF_ONE_CALL), |text, columns| {
                text.sql("rtrim(ltrim(json_object(");
                pairs(text, entity, columns);
                text.sql("), '{'), '}')");
            });
            text.sql(" || '}'");
        }
    }
}

fn pairs(text: &mut SqlText, entity: &Entity, columns: &[usize]) {
    text.list(", ", columns, |text, column| {
        text.literal(entity.column_name(*column)).sql(", ");
        if entity.definition().columns.get(*column).is_some_and(|column| column.redact) {
            text.sql("'[redacted]'");
        } else {
            value(text, entity, *column);
        }
    });
}

/// SQLite's JSON holds no bytes: a UUID is written as text, anything else in hexadecimal. Nor does any JSON hold infinity:
/// PostgreSQL writes it as a text by itself.
fn value(text: &mut SqlText, entity: &Entity, column: usize) {
    if text.dialect() == Dialect::Postgres {
        text.column(entity, column);
        return;
    }
    let parent = entity.definition().parents.iter().find(|parent| parent.column == column);
    let is_uuid = parent.is_some_and(|parent| (parent.entity)().definition().id_kind == IdKind::Uuid);
    text.sql("CASE typeof(").column(entity, column).sql(") WHEN 'blob' THEN ");
    if is_uuid {
        uuid_as_text(text, &|text| {
            text.column(entity, column);
        });
    } else {
        text.sql("lower(hex(").column(entity, column).sql("))");
    }
    text.sql(" WHEN 'real' THEN CASE ").column(entity, column);
    text.sql(" WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE ").column(entity, column).sql(" END");
    text.sql(" ELSE ").column(entity, column).sql(" END");
}
