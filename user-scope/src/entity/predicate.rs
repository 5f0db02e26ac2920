//! Conditions and orders of one entity: those of [`condition`](super::condition), which cannot be mistaken for another's.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Not;

use super::condition::{Condition, Direction, Key, Node};

/// A typed condition on the columns of the entity `T`, made by the methods of [`Column`](super::Column).
///
/// `!predicate` negates it. As in SQL, a comparison with a NULL column is neither true nor false, and so is its
/// negation.
pub struct Predicate<T> {
    pub(crate) condition: Condition,
    entity: PhantomData<fn() -> T>,
}

impl<T> Predicate<T> {
    pub(crate) const fn new(node: Node) -> Self {
        Self::of(Condition::new(node))
    }

    const fn of(condition: Condition) -> Self {
        Self { condition, entity: PhantomData }
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::of(self.condition.and(other.condition))
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::of(self.condition.or(other.condition))
    }
}

impl<T> Clone for Predicate<T> {
    fn clone(&self) -> Self {
        Self::of(self.condition.clone())
    }
}

impl<T> Not for Predicate<T> {
    type Output = Self;

    fn not(self) -> Self {
        Self::of(self.condition.negated())
    }
}

/// The shape of the condition; values are left out, they may be secret.
impl<T> fmt::Debug for Predicate<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Predicate").field(&self.condition).finish()
    }
}

/// A column of the entity `T` to order by, made by [`Column::asc`](super::Column::asc) and
/// [`Column::desc`](super::Column::desc).
pub struct Order<T> {
    pub(crate) key: Key,
    entity: PhantomData<fn() -> T>,
}

impl<T> Order<T> {
    pub(crate) const fn new(column: usize, direction: Direction, nullable: bool) -> Self {
        Self { key: Key { column, direction, nullable }, entity: PhantomData }
    }
}

impl<T> Clone for Order<T> {
    fn clone(&self) -> Self {
        Self { key: self.key, entity: PhantomData }
    }
}

impl<T> fmt::Debug for Order<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)
    }
}
