//! Conditions and orders as data: columns by position, values boxed. They name no entity and no database, and hold no SQL.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A condition on the columns of an entity whose type is forgotten.
#[derive(Clone)]
pub(crate) struct Condition {
    node: Node,
    /// How deep conditions lie within one another.
    depth: u16,
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

impl Condition {
    pub(crate) const fn new(node: Node) -> Self {
        Self { node, depth: 0 }
    }

    /// A condition around others, of which the deepest is `depth` deep. One that is too deep is let go here: it
    /// can neither be written nor negated any more.
    fn around(node: Node, depth: u16) -> Self {
        let depth = depth.saturating_add(1);
        Self { node: if depth > DEEPEST { Node::TooDeep } else { node }, depth }
    }

    pub(crate) const fn is_too_deep(&self) -> bool {
        self.depth > DEEPEST
    }

    pub(crate) const fn node(&self) -> &Node {
        &self.node
    }

    /// Both hold.
    pub(crate) fn and(self, other: Self) -> Self {
        match self.node {
            // A chain of any length is one level.
            Node::All(mut nodes) if other.depth < self.depth => {
                nodes.push(other.node);
                Self { node: Node::All(nodes), depth: self.depth }
            }
            node => Self::around(Node::All(vec![node, other.node]), self.depth.max(other.depth)),
        }
    }

    /// At least one holds.
    pub(crate) fn or(self, other: Self) -> Self {
        match self.node {
            // A chain of any length is one level.
            Node::Any(mut nodes) if other.depth < self.depth => {
                nodes.push(other.node);
                Self { node: Node::Any(nodes), depth: self.depth }
            }
            node => Self::around(Node::Any(vec![node, other.node]), self.depth.max(other.depth)),
        }
    }

    pub(crate) fn negated(self) -> Self {
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
impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
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

/// A column to order by.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    pub(crate) column: usize,
    pub(crate) direction: Direction,
    pub(crate) nullable: bool,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.direction, self.column)
    }
}
