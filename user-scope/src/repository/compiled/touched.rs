//! What is done to rows that gives none back.

use super::act::valued;
use super::{Act, Hindrance};
use crate::audit::{Details, Operation};
use crate::backend::Backend;
use crate::entity::{ColumnSet, Condition, Entity, Moment};
use crate::identifier::{AnyIdentifier, IdValue};
use crate::sql::{Binding, Revision, Rows, State, Touch};

/// Something that is done to rows.
#[doc(hidden)]
#[expect(missing_debug_implementations, reason = "it holds values")]
pub struct Touched<'f, DB: Backend> {
    pub(super) act: Act<'f>,
    pub(super) rows: Rows<'f>,
    pub(super) touch: Touch<'f, DB>,
}

impl<'f, DB: Backend> Touched<'f, DB> {
    /// They are deleted, or marked as deleted if the entity has a mark.
    pub(in crate::repository) fn deleted(entity: &'static Entity, rows: Rows<'f>) -> Self {
        let marks = entity.definition().deleted_at.is_some();
        let touch = if marks { Touch::Mark(Moment::now()) } else { Touch::Delete };
        Self { act: Act::deletion(entity, rows.id()), rows, touch }
    }

    /// They are removed for good, if they are marked as deleted.
    pub(in crate::repository) fn purged(entity: &'static Entity, rows: Rows<'f>) -> Self {
        let act = Act { operation: Operation::Purge, state: State::Deleted, ..Act::deletion(entity, rows.id()) };
        Self { act, rows, touch: Touch::Delete }
    }

    /// The mark is taken from a row.
    pub(in crate::repository) fn restored(entity: &'static Entity, id: &'f dyn AnyIdentifier) -> Self {
        let has_parents = !entity.definition().parents.is_empty();
        let act = Act {
            operation: Operation::Restore,
            id: Some(id),
            state: State::Deleted,
            hindrance: if has_parents { Hindrance::Parent } else { Hindrance::Nothing },
            ..Act::creation(Vec::new())
        };
        Self { act, rows: Rows::One(id), touch: Touch::Unmark }
    }

    /// A row is given to somebody else.
    pub(in crate::repository) fn transferred(id: &'f dyn AnyIdentifier, to: &'f dyn AnyIdentifier) -> Self {
        let details = Details { to: Some(to.to_id_value().into_text()), ..Details::default() };
        let act = Act { operation: Operation::Transfer, id: Some(id), details, ..Act::creation(Vec::new()) };
        Self { act, rows: Rows::One(id), touch: Touch::Transfer(to) }
    }

    /// Those for which the condition holds are changed.
    pub(in crate::repository) fn revised(
        entity: &'static Entity,
        condition: &'f Condition,
        columns: ColumnSet,
        parents: Vec<(usize, IdValue)>,
        changes: Binding<'f, DB>,
    ) -> Self {
        let values = valued(entity, columns);
        Self {
            act: Act::revision(entity, None, columns, parents),
            rows: Rows::Where(Some(condition)),
            touch: Touch::Revise(Revision { columns, values, changes }),
        }
    }
}
