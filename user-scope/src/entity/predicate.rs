//! Conditions and orders as data: columns by position, values boxed. They name no database and hold no SQL.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Not;
use std::sync::Arc;

/// A typed condition on the columns of the entity `T`, made by the methods of [`Column`](super::Column).
///
/// `!predicate` negates it. As in SQL, a comparison with a NULL column is neither true nor false, and so is its
/// negation.
pub struct Predicate<T> {
    node: Node,
    entity: PhantomData<fn() -> T>,
}

#[derive(Clone)]
pub(crate) enum Node {
    Compare { column: usize, comparison: Comparison, value: Value },
    In { column: usize, values: Vec<Value> },
    Between { column: usize, low: Value, high: Value },
    Like { column: usize, pattern: String },
    IsNull { column: usize },
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
}

type Value = Arc<dyn Any + Send + Sync>;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl<T> Predicate<T> {
    pub(crate) const fn new(node: Node) -> Self {
        Self { node, entity: PhantomData }
    }

    pub(crate) const fn node(&self) -> &Node {
        &self.node
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(match self.node {
            Node::All(mut nodes) => {
                nodes.push(other.node);
                Node::All(nodes)
            }
            node => Node::All(vec![node, other.node]),
        })
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::new(match self.node {
            Node::Any(mut nodes) => {
                nodes.push(other.node);
                Node::Any(nodes)
            }
            node => Node::Any(vec![node, other.node]),
        })
    }
}

impl<T> Clone for Predicate<T> {
    fn clone(&self) -> Self {
        Self::new(self.node.clone())
    }
}

impl<T> Not for Predicate<T> {
    type Output = Self;

    fn not(self) -> Self {
        Self::new(Node::Not(Box::new(self.node)))
    }
}

/// The shape of the condition; values are left out, they may be secret.
impl<T> fmt::Debug for Predicate<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Predicate").field(&self.node).finish()
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare { column, comparison, .. } => write!(f, "{comparison:?}({column})"),
            Self::In { column, values } => write!(f, "In({column}, {} values)", values.len()),
            Self::Between { column, .. } => write!(f, "Between({column})"),
            Self::Like { column, .. } => write!(f, "Like({column})"),
            Self::IsNull { column } => write!(f, "IsNull({column})"),
            Self::All(nodes) => f.debug_tuple("All").field(nodes).finish(),
            Self::Any(nodes) => f.debug_tuple("Any").field(nodes).finish(),
            Self::Not(node) => f.debug_tuple("Not").field(node).finish(),
        }
    }
}

/// Which end of a column comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

/// A column of the entity `T` to order by, made by [`Column::asc`](super::Column::asc) and
/// [`Column::desc`](super::Column::desc).
pub struct Order<T> {
    pub(crate) column: usize,
    pub(crate) direction: Direction,
    pub(crate) nullable: bool,
    entity: PhantomData<fn() -> T>,
}

impl<T> Order<T> {
    pub(super) const fn new(column: usize, direction: Direction, nullable: bool) -> Self {
        Self { column, direction, nullable, entity: PhantomData }
    }
}

impl<T> Clone for Order<T> {
    fn clone(&self) -> Self {
        Self::new(self.column, self.direction, self.nullable)
    }
}

impl<T> fmt::Debug for Order<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.direction, self.column)
    }
}
