//! A touch on its way into statements: which values of its rows are recorded, and what is done to those of the root.

use sqlx::error::BoxDynError;

use super::Touch;
use super::family::{Deed, Family};
use crate::backend::Backend;
use crate::entity::{ColumnSet, Entity};
use crate::sql::log::Record;
use crate::sql::rows::Target;
use crate::sql::write::set;
use crate::sql::write::update::Revision;
use crate::sql::{SqlText, values};

/// A touch on its way into statements.
pub(super) struct Plan<'a, DB: Backend> {
    pub(super) target: Target<'a, DB>,
    pub(super) touch: Touch<'a, DB>,
    pub(super) family: Family,
    pub(super) record: Record<'a>,
    /// The root's columns whose values are recorded.
    pub(super) values: ColumnSet,
}

impl<DB: Backend> Plan<'_, DB> {
    pub(super) const fn entity(&self) -> &'static Entity {
        self.target.reach.entity()
    }

    /// The columns of a part whose old values are recorded: a row that is gone, or marked, still gives them.
    pub(super) fn old_values(&self, part: usize) -> ColumnSet {
        match (self.family.branch(part), self.family.deed) {
            (None, Deed::Delete | Deed::Mark) if part == 0 => self.values,
            (Some(branch), Deed::Delete | Deed::Mark) if !branch.set_null => values_at_the_end(branch.entity),
            _ => ColumnSet::EMPTY,
        }
    }

    /// The root's columns whose new values are recorded.
    pub(super) fn new_values(&self) -> ColumnSet {
        if self.family.deed == Deed::Revise { self.values } else { ColumnSet::EMPTY }
    }

    /// Writes `UPDATE root SET …` or `DELETE FROM root`, and gives the number of the first parameter that it set.
    pub(super) fn write_deed(
        &mut self,
        text: &mut SqlText,
        arguments: &mut DB::Arguments,
    ) -> Result<(ColumnSet, usize), BoxDynError> {
        let (table, entity) = (self.target.reach.table, self.entity());
        let definition = entity.definition();
        text.sql(if matches!(self.touch, Touch::Delete) { "DELETE FROM " } else { "UPDATE " }).table(entity);
        let first = text.parameters() + 1;
        let parameter = |text: &mut SqlText, _| {
            text.parameter();
        };
        let one = |column| ColumnSet::EMPTY.with(column);
        let columns = match (&mut self.touch, definition.deleted_at) {
            (Touch::Delete, _) => ColumnSet::EMPTY,
            (Touch::Mark(moment), Some(deleted_at)) => {
                set(text, entity, one(deleted_at), parameter);
                table.bind_moment(deleted_at, *moment, arguments)?;
                one(deleted_at)
            }
            (Touch::Unmark, Some(deleted_at)) => {
                set(text, entity, one(deleted_at), |text, _| {
                    text.sql("NULL");
                });
                one(deleted_at)
            }
            (Touch::Transfer(to), _) => {
                set(text, entity, one(definition.owner), parameter);
                table.bind(definition.owner, *to, arguments)?;
                one(definition.owner)
            }
            (Touch::Revise(revision), _) => {
                let Revision { columns, changes, .. } = revision;
                let columns = *columns;
                set(text, entity, columns, parameter);
                changes(arguments)?;
                columns
            }
            (Touch::Mark(_) | Touch::Unmark, None) => return Err("this entity has no mark of deletion".into()),
        };
        Ok((columns, first))
    }
}

/// What is recorded of a row that is gone: a mark does not change the rest.
pub(super) fn values_at_the_end(entity: &Entity) -> ColumnSet {
    let definition = entity.definition();
    if !definition.audit.values {
        return ColumnSet::EMPTY;
    }
    let written = definition.deleted_at.into_iter().chain(definition.version);
    written.fold(values::of_a_row(entity), ColumnSet::without)
}
