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
    /// How deep conditions lie within one another.
    depth: u16,
    entity: PhantomData<fn() -> T>,
}

/// No condition that a person writes comes near; one that a program puts together from input must not be able to
/// use up the stack.
const DEEPEST: u16 = 256;

#[derive(Clone)]
pub(crate) enum Node {
    Compare {
        column: usize,
        comparison: Comparison,
        value: Value,
    },
    In {
        column: usize,
        values: Vec<Value>,
    },
    Between {
        column: usize,
        low: Value,
        high: Value,
    },
    Like {
        column: usize,
        pattern: String,
    },
    IsNull {
        column: usize,
    },
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    /// What is left of a condition that went too deep; matches nothing.
    TooDeep,
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
        Self { node, depth: 0, entity: PhantomData }
    }

    /// A condition around others, of which the deepest is `depth` deep. One that is too deep is let go here: it
    /// can neither be written nor negated any more.
    fn around(node: Node, depth: u16) -> Self {
        let depth = depth.saturating_add(1);
        Self { node: if depth > DEEPEST { Node::TooDeep } else { node }, depth, entity: PhantomData }
    }

    pub(crate) const fn is_too_deep(&self) -> bool {
        self.depth > DEEPEST
    }

    pub(crate) const fn node(&self) -> &Node {
        &self.node
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self.node {
            // A chain of any length is one level.
            Node::All(mut nodes) if other.depth < self.depth => {
                nodes.push(other.node);
                Self { node: Node::All(nodes), depth: self.depth, entity: PhantomData }
            }
            node => Self::around(Node::All(vec![node, other.node]), self.depth.max(other.depth)),
        }
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self.node {
            // A chain of any length is one level.
            Node::Any(mut nodes) if other.depth < self.depth => {
                nodes.push(other.node);
                Self { node: Node::Any(nodes), depth: self.depth, entity: PhantomData }
            }
            node => Self::around(Node::Any(vec![node, other.node]), self.depth.max(other.depth)),
        }
    }
}

impl<T> Clone for Predicate<T> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone(), depth: self.depth, entity: PhantomData }
    }
}

impl<T> Not for Predicate<T> {
    type Output = Self;

    fn not(self) -> Self {
        Self::around(Node::Not(Box::new(self.node)), self.depth)
    }
}

impl Node {
    /// Whether the condition is about a column for which `test` holds.
    pub(crate) fn has_column(&self, test: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Self::Compare { column, .. }
            | Self::In { column, .. }
            | Self::Between { column, .. }
            | Self::Like { column, .. }
            | Self::IsNull { column } => test(*column),
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(|node| node.has_column(test)),
            Self::Not(node) => node.has_column(test),
            Self::TooDeep => false,
        }
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
            Self::TooDeep => f.write_str("TooDeep"),
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
    pub(crate) const fn new(column: usize, direction: Direction, nullable: bool) -> Self {
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
