//! A write, as those who carry it out need to know it. What is written, and what it is called, is said by those who make
//! one.

use crate::audit::{Details, Operation};
use crate::entity::UserScoped;
use crate::error::{Doing, Error};
use crate::identifier::IdValue;
use crate::sql::State;

/// A write, as the audit and the errors need to know it.
pub(super) struct Act<'a, T: UserScoped> {
    pub(super) operation: Operation,
    pub(super) doing: Doing,
    pub(super) details: Details,
    /// The row that it is about, if it is about one that should be there.
    pub(super) id: Option<&'a T::Id>,
    pub(super) state: State,
    /// The parents that it names.
    pub(super) parents: Vec<(usize, IdValue)>,
    /// What it means if nothing is written although the row is there.
    pub(super) hindrance: Hindrance,
    /// The version that it rests on.
    pub(super) version: Option<i64>,
}

impl<T: UserScoped> Clone for Act<'_, T> {
    fn clone(&self) -> Self {
        Self { details: self.details.clone(), parents: self.parents.clone(), ..*self }
    }
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
