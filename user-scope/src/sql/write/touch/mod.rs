//! Writes that give no rows back, only what they touched: deletes, marks and their removal, transfers, and changes by a
//! condition. Whoever goes with a row goes in the same statement on PostgreSQL, and in the same transaction on SQLite.
//!
//! Who goes along is said in [`family`], who loses a parent in [`losers`], and how their rows are found in [`kin`]. A touch is
//! a [`plan`] first, then a statement of parts ([`postgres`]), before which rows are locked if it needs to be ([`locks`]), or
//! statements of a transaction ([`sqlite`]).

mod branches;
mod family;
mod guards;
mod kin;
mod locks;
mod losers;
mod plan;
mod postgres;
mod sqlite;
mod touched;

use sqlx::error::BoxDynError;

use self::family::{Deed, Family};
pub(crate) use self::locks::{Care, Locks};
use self::losers::{Loss, losses};
use self::plan::{Plan, values_at_the_end};
use self::postgres::one_statement;
use self::sqlite::statements;
use super::update::Revision;
use crate::audit::Operation;
use crate::backend::{Backend, Dialect, Query};
use crate::entity::{ColumnSet, Entity, Moment};
use crate::identifier::AnyIdentifier;
use crate::sql::log::Record;
use crate::sql::rows::Target;

/// What is done to the rows of a target.
pub(crate) enum Touch<'a, DB: Backend> {
    /// They are deleted; those that are marked only if the entity has no mark, or to be rid of them.
    Delete,
    /// They are marked as deleted.
    Mark(Moment),
    /// They are not marked any more.
    Unmark,
    /// They belong to somebody else.
    Transfer(&'a dyn AnyIdentifier),
    /// They are changed.
    Revise(Revision<'a, DB>),
}

/// The statements of a touch, and what their rows are about.
pub(crate) struct Touching<'a, DB: Backend> {
    /// What is locked before.
    pub(crate) locks: Locks<'a, DB>,
    /// What the rows are before, and whether there are any, where a statement has to ask by itself.
    /// Columns: id, owner, old values.
    pub(crate) look: Option<Query<DB>>,
    /// In this order, the root's last. Columns: number of the part, id, owner, old and new values, all but the first as
    /// text on PostgreSQL; or, if the statement records itself, how many rows of the root there are.
    pub(crate) steps: Vec<Query<DB>>,
    /// By number.
    pub(crate) parts: Vec<Part>,
    /// Whether foreign keys hold again only after the last step; they are then looked at when the transaction is committed.
    pub(crate) defers_keys: bool,
}

/// A part of a touch, as the audit needs to know it.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) entity: &'static Entity,
    pub(crate) operation: Operation,
    /// Whether its rows are recorded, if those of any part are.
    pub(crate) recorded: bool,
    /// The parents that its rows have lost, and nothing else.
    loss: Option<Loss>,
}

impl Part {
    /// The columns that lost their parents.
    pub(crate) fn emptied(&self) -> ColumnSet {
        self.loss.as_ref().map_or(ColumnSet::EMPTY, |loss| loss.columns)
    }
}

/// Who takes part in a touch.
pub(crate) struct Outline {
    family: Family,
    /// By number: the root, those who go along, those who lose a parent.
    pub(crate) parts: Vec<Part>,
}

impl Outline {
    pub(crate) fn of<DB: Backend>(entity: &'static Entity, touch: &Touch<'_, DB>, operation: Operation) -> Self {
        let family = Family::of(entity, touch.deed());
        let part = |entity, operation, loss| Part { entity, operation, recorded: true, loss };
        let going = family.branches.iter().filter(|branch| !branch.set_null).map(|branch| branch.entity);
        let going = std::iter::once(entity).chain(going).map(|entity| part(entity, operation, None));
        let losing = losses(&family).into_iter().map(|loss| part(loss.entity, Operation::Update, Some(loss)));
        let parts = going.chain(losing).collect();
        Self { family, parts }
    }
}

impl<DB: Backend> Touch<'_, DB> {
    const fn deed(&self) -> Deed {
        match self {
            Self::Delete => Deed::Delete,
            Self::Mark(_) => Deed::Mark,
            Self::Unmark => Deed::Unmark,
            Self::Transfer(_) => Deed::Transfer,
            Self::Revise(_) => Deed::Revise,
        }
    }
}

/// Writes all statements of `touch`.
pub(crate) fn touch<'a, DB: Backend>(
    target: Target<'a, DB>,
    touch: Touch<'a, DB>,
    care: Care,
    outline: Outline,
    record: Record<'_>,
) -> Result<Touching<'a, DB>, BoxDynError> {
    let Outline { family, parts } = outline;
    let values = match &touch {
        Touch::Revise(revision) => revision.values,
        Touch::Delete | Touch::Mark(_) => values_at_the_end(target.reach.entity()),
        Touch::Unmark | Touch::Transfer(_) => ColumnSet::EMPTY,
    };
    let locks = Locks::of(&family, target, care);
    let plan = Plan { target, touch, family, record, values };
    match DB::DIALECT {
        Dialect::Postgres => {
            let steps = vec![one_statement(plan, &parts)?];
            Ok(Touching { locks, look: None, steps, parts, defers_keys: false })
        }
        Dialect::Sqlite => statements(plan, parts, locks),
    }
}
