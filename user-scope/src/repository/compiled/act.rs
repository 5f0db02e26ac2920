//! A write, as those who carry it out need to know it.

use crate::audit::{Details, Operation};
use crate::entity::{ColumnSet, Entity, OnDelete};
use crate::error::{Doing, Error};
use crate::identifier::{AnyIdentifier, IdValue};
use crate::sql::State;

/// A write, as the audit and the errors need to know it.
#[derive(Clone)]
pub(super) struct Act<'a> {
    pub(super) operation: Operation,
    pub(super) doing: Doing,
    pub(super) details: Details,
    /// The row that it is about, if it is about one that should be there.
    pub(super) id: Option<&'a dyn AnyIdentifier>,
    pub(super) state: State,
    /// The parents that it names.
    pub(super) parents: Vec<(usize, IdValue)>,
    /// What it means if nothing is written although the row is there.
    pub(super) hindrance: Hindrance,
    /// The version that it rests on.
    pub(super) version: Option<i64>,
}

impl<'a> Act<'a> {
    /// New rows, which name these parents.
    pub(super) fn creation(parents: Vec<(usize, IdValue)>) -> Self {
        Self {
            operation: Operation::Create,
            doing: Doing::Writing,
            details: Details::default(),
            id: None,
            state: State::Live,
            hindrance: Hindrance::Parent,
            parents,
            version: None,
        }
    }

    /// Changes to these columns, which name these parents.
    pub(super) fn revision(
        entity: &'static Entity,
        id: Option<&'a dyn AnyIdentifier>,
        columns: ColumnSet,
        parents: Vec<(usize, IdValue)>,
    ) -> Self {
        Self {
            operation: Operation::Update,
            details: Details::default().changing(entity, named(entity, columns)),
            id,
            hindrance: if parents.is_empty() { Hindrance::Nothing } else { Hindrance::Parent },
            ..Self::creation(parents)
        }
    }

    /// The end of a row, or of rows.
    pub(super) fn deletion(entity: &'static Entity, id: Option<&'a dyn AnyIdentifier>) -> Self {
        let is_kept = keeps_its_parent(entity, &mut Vec::new());
        Self {
            operation: Operation::Delete,
            doing: Doing::Deleting,
            id,
            hindrance: if is_kept { Hindrance::Child } else { Hindrance::Nothing },
            ..Self::creation(Vec::new())
        }
    }
}

/// What the audit names: what the application set.
fn named(entity: &Entity, columns: ColumnSet) -> ColumnSet {
    entity.definition().updated_at.map_or(columns, |position| columns.without(position))
}

/// Those of them whose values are recorded.
pub(super) fn valued(entity: &Entity, columns: ColumnSet) -> ColumnSet {
    if entity.definition().audit.values { named(entity, columns) } else { ColumnSet::EMPTY }
}

/// Whether some child, or a child of one that goes along, may keep a row from being deleted. `seen` ends a circle of
/// entities that are each other's parents.
fn keeps_its_parent(entity: &'static Entity, seen: &mut Vec<&'static Entity>) -> bool {
    if seen.iter().any(|seen| std::ptr::eq(*seen, entity)) {
        return false;
    }
    seen.push(entity);
    entity.definition().children.iter().map(|child| child()).any(|child| {
        let mut links = child.definition().parents.iter().filter(|link| std::ptr::eq((link.entity)(), entity));
        links.any(|link| match link.on_delete {
            OnDelete::Restrict => true,
            OnDelete::Cascade => keeps_its_parent(child, seen),
            OnDelete::Database | OnDelete::SetNull => false,
        })
    })
}

/// What can keep a write from being done beside the absence of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hindrance {
    Nothing,
    /// A parent that is not there.
    Parent,
    /// A child that must not lose it.
    Child,
    /// A row with the same id, which is another's; or a parent that is not there.
    Key,
}

impl Hindrance {
    pub(super) const fn error(self, entity: &'static str) -> Error {
        match self {
            Self::Child => Error::Referenced { entity, source: None },
            Self::Nothing | Self::Parent | Self::Key => Error::ParentNotFound { entity, source: None },
        }
    }
}
