//! Writes. On PostgreSQL a statement writes its audit row too, and whatever goes with a row; on SQLite these are
//! statements beside it.
//!
//! One file each for what is done: [`insert`], [`update`], [`upsert`], and what gives no rows back, in a room of its own:
//! [`touch`].

use sqlx::error::BoxDynError;
use sqlx::{Database, SqlStr};

mod insert;
mod touch;
mod update;
mod upsert;

pub(crate) use insert::{insert, insert_many, most_rows};
pub(crate) use touch::{Care, Locks, Outline, Part, Touch, Touching, touch};
pub(crate) use update::{Revision, look, update};
pub(crate) use upsert::{index_for, upsert};

use super::SqlText;
use super::log::{Addition, LogParameters, Record, log_into, log_select};
use super::values;
use crate::backend::Dialect;
use crate::entity::{ColumnSet, Entity};

/// SQLite looks at foreign keys when the transaction is committed. On PostgreSQL the end of the statement is enough. It must
/// not be switched off before: SQLite then forgets the keys that do not hold.
pub(crate) const fn defer_keys() -> SqlStr {
    SqlStr::from_static("PRAGMA defer_foreign_keys = ON")
}

/// Binds the next of some new rows, or changes, whose type is forgotten.
pub(crate) type Binding<'f, DB> =
    Box<dyn FnMut(&mut <DB as Database>::Arguments) -> Result<(), BoxDynError> + Send + 'f>;

/// A statement whose rows are given as they are read, and recorded one by one.
struct Rowwise<'a> {
    entity: &'a Entity,
    record: Record<'a>,
    /// The caller cannot know whose row it is, so the statement adds the owner to the details.
    everyone: bool,
    /// The columns whose values are recorded.
    values: ColumnSet,
}

impl Rowwise<'_> {
    /// Writes `write`, which returns all columns, and its audit row with it if that is in the statement: `WITH
    /// user_scope_changed AS (…), user_scope_logged AS (INSERT INTO user_access_log … FROM user_scope_changed) SELECT … FROM
    /// user_scope_changed`. No row changed, no audit row.
    fn write(&self, text: &mut SqlText, write: impl FnOnce(&mut SqlText)) {
        let Some(_) = self.record.in_statement() else {
            write(text);
            text.sql(" RETURNING ").columns(self.entity);
            return self.write_values(text, |text| {
                text.sql("NULL");
            });
        };
        text.sql("WITH ").our("changed").sql(" AS (");
        write(text);
        text.sql(" RETURNING ").columns(self.entity).sql("), ");
        self.write_log(text, None);
        text.sql(" FROM ").our("changed").sql(") SELECT ").columns(self.entity).sql(" FROM ").our("changed");
    }

    /// Writes `user_scope_logged AS (INSERT INTO user_access_log … SELECT …`, up to where its rows come from.
    fn write_log(&self, text: &mut SqlText, old: Option<Addition<'_>>) {
        let Some(log) = self.record.in_statement() else { return };
        let owner: Addition<'_> = ("owner", &|text| {
            text.name(self.entity.owner_column()).sql("::text");
        });
        let new: Addition<'_> = ("new", &|text| values::object(text, self.entity, self.values));
        let additions: Vec<Addition<'_>> =
            [self.everyone.then_some(owner), old, (!self.values.is_empty()).then_some(new)]
                .into_iter()
                .flatten()
                .collect();
        let id = |text: &mut SqlText| {
            text.name(self.entity.id_column());
        };
        log_into(text);
        let parameters = LogParameters::next(text);
        log_select(text, self.entity, log.operation, parameters, &id, &additions);
    }

    /// Writes `, old, new`, as text, if they are recorded beside the statement.
    fn write_values(&self, text: &mut SqlText, old: impl FnOnce(&mut SqlText)) {
        if !self.record.is_beside() || self.values.is_empty() {
            return;
        }
        text.sql(", ");
        old(text);
        as_text(text);
        text.sql(", ");
        if text.dialect() == Dialect::Postgres {
            text.sql("(");
        }
        values::object(text, self.entity, self.values);
        if text.dialect() == Dialect::Postgres {
            text.sql(")");
        }
        as_text(text);
    }
}

/// SQLite's JSON is text anyway.
fn as_text(text: &mut SqlText) {
    text.sql(if text.dialect() == Dialect::Postgres { "::text" } else { "" });
}

/// Writes `SET …` of `columns`, of which `value` writes each, and counts the version.
fn set(text: &mut SqlText, entity: &Entity, columns: ColumnSet, value: impl Fn(&mut SqlText, usize)) {
    text.sql(" SET ");
    text.list(", ", columns.iter(), |text, column| {
        text.column(entity, column).sql(" = ");
        value(text, column);
    });
    count_version(text, entity, !columns.is_empty());
}

/// Writes `version = version + 1`, if the entity counts them.
///
/// No column of SQLite is too narrow for the next number, but the field of the struct is, and nobody could read the row any
/// more: the statement is refused there as PostgreSQL refuses it, by the one function that fails with "integer overflow".
fn count_version(text: &mut SqlText, entity: &Entity, follows: bool) {
    let Some(version) = entity.definition().version else { return };
    let before = |text: &mut SqlText| {
        text.name(entity.table()).sql(".").column(entity, version);
    };
    text.sql(if follows { ", " } else { "" }).column(entity, version).sql(" = ");
    before(text);
    if text.dialect() == Dialect::Postgres {
        text.sql(" + 1");
        return;
    }
    text.sql(" + CASE WHEN ");
    before(text);
    text.sql(" < ").integer(entity.definition().last_version);
    text.sql(" THEN 1 ELSE abs(-9223372036854775808) END");
}
