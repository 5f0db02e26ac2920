//! What PostgreSQL locks before a touch, by statements of their own.
//!
//! A statement sees what was committed when it began. If it waits for a row, it looks at that row again, and at nothing
//! else: a child that whoever held the row has inserted below it stays unseen, and so does a row of a tree that was moved.
//! No statement can see more than its own beginning, so here are several: from the top of the family down, each waits for
//! those who are at work below its rows, and the next one sees what they have done. A child's insert locks its parent
//! (`FOR KEY SHARE`), so below a row that is locked nobody comes along any more.
//!
//! It costs round trips, and so it is done where nothing else helps: a foreign key finds a child that a delete did not see,
//! but neither a live child of a row that is marked, nor a row that belongs to another tree by now, nor one that is the
//! old owner's below a row of the new one.

use sqlx::error::BoxDynError;

use super::family::{Deed, Family};
use super::postgres::name_the_caller;
use crate::backend::{Backend, Dialect, Query};
use crate::sql::rows::Target;
use crate::sql::{SqlText, arguments};

/// The parts of a family that are locked first, from the top down.
pub(crate) struct Locks<'a, DB: Backend> {
    target: Target<'a, DB>,
    family: Family,
    parts: Vec<usize>,
}

/// How much is locked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    /// What nothing else would hold together.
    Usual,
    /// Whatever has children: a foreign key has refused already, for the sake of one that came meanwhile.
    Full,
}

impl<'a, DB: Backend> Locks<'a, DB> {
    pub(super) fn of(family: &Family, target: Target<'a, DB>, care: Care) -> Self {
        let is_tree = |part: &usize| family.is_tree(*part);
        let is_above = |part: &usize| {
            let mut below = family.branches.iter().chain(&family.blockers);
            is_tree(part) || below.any(|branch| branch.above == *part)
        };
        let all = 0..=family.branches.len();
        let parts = match (DB::DIALECT, family.deed) {
            // It has one writer at a time.
            (Dialect::Sqlite, _) | (_, Deed::Revise) => Vec::new(),
            // A parent of any of them may stay behind.
            (_, Deed::Transfer) => all.collect(),
            (_, Deed::Mark) => all.filter(is_above).collect(),
            (_, Deed::Delete | Deed::Unmark) if care == Care::Full || all.clone().any(|part| is_tree(&part)) => {
                all.filter(is_above).collect()
            }
            (_, Deed::Delete | Deed::Unmark) => Vec::new(),
        };
        Self { target, family: family.clone(), parts }
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = usize> {
        self.parts.iter().copied()
    }

    /// Whether there may be more of its rows, below those that were waited for, once they are locked.
    pub(crate) fn may_grow(&self, part: usize) -> bool {
        self.family.is_tree(part)
    }

    /// `SELECT 1 FROM … WHERE … ORDER BY … FOR UPDATE`: in an order, so that two who lock the same rows do not wait for each
    /// other.
    pub(crate) fn lock(&self, part: usize) -> Result<Query<DB>, BoxDynError> {
        let (mut text, mut arguments) = (SqlText::new(Dialect::Postgres), arguments::<DB>(4));
        let entity = self.family.entity(part);
        text.sql("SELECT 1 FROM ").table(entity);
        if part == 0 && !self.family.is_tree(0) {
            self.target.write(&mut text, &mut arguments)?;
        } else {
            let mut family = self.family.clone();
            family.owner = name_the_caller(&family, &self.target, &mut text, &mut arguments)?;
            text.sql(" WHERE (").name(entity.id_column()).sql(", ").name(entity.owner_column()).sql(") IN (SELECT ");
            text.our("id").sql(", ").our("owner").sql(" FROM ");
            let mut root = |text: &mut SqlText| family.root_rows(text, &mut arguments, &self.target);
            family.rows(&mut text, part, &mut root)?;
            text.sql(" AS ").our("above").sql(")");
            family.of_the_caller(&mut text, entity, &|text, column| {
                text.column(entity, column);
            });
        }
        text.sql(" ORDER BY ").name(entity.id_column()).sql(", ").name(entity.owner_column()).sql(" FOR UPDATE");
        let keep = text.keep();
        Ok(Query { text: text.into_sql(), arguments, keep })
    }
}
