//! The texts of an entity's statements, written once and kept as long as the program runs.
//!
//! It lies in the static that the derive makes, one for each entity: a static in a generic function would be
//! shared between its instantiations.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::ColumnSet;
use crate::backend::Dialect;

/// A statement that has one text, or one for each set of columns or each operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    Get { everyone: bool },
    Exists { everyone: bool },
    Insert { everyone: bool, recorded: Recorded },
    Update { everyone: bool, recorded: Recorded, columns: ColumnSet },
    Look { everyone: bool, columns: ColumnSet },
    Log { operation: &'static str },
}

/// What of a write's record is in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Recorded {
    Nothing,
    Row,
    Values,
}

impl Shape {
    /// A place in the array of fixed texts, `None` for shapes of which there may be many.
    const fn slot(self) -> Option<usize> {
        match self {
            Self::Get { everyone } => Some(everyone as usize),
            Self::Exists { everyone } => Some(2 + everyone as usize),
            Self::Insert { everyone, recorded } => Some(4 + 3 * everyone as usize + recorded as usize),
            Self::Update { .. } | Self::Look { .. } | Self::Log { .. } => None,
        }
    }
}

const SLOTS: usize = 10;

/// An application updates a handful of different sets of columns, so they are looked for one after the other. A
/// client that sends every possible one must not fill the memory: beyond this many a text is written anew each time.
const UPDATES_KEPT: usize = 64;

#[derive(Debug)]
pub(crate) struct SqlCache {
    fixed: [[OnceLock<Box<str>>; SLOTS]; Dialect::COUNT],
    updates: RwLock<Vec<(Dialect, Shape, Arc<str>)>>,
}

/// A kept text.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    Static(&'static str),
    Shared(Arc<str>),
}

impl SqlCache {
    pub(super) const fn new() -> Self {
        Self { fixed: [const { [const { OnceLock::new() }; SLOTS] }; Dialect::COUNT], updates: RwLock::new(Vec::new()) }
    }

    /// The text of `shape`, written by `write` if this is the first time that it is wanted.
    pub(crate) fn text(&'static self, dialect: Dialect, shape: Shape, write: impl FnOnce() -> String) -> Text {
        let slot = shape.slot().and_then(|slot| self.fixed.get(dialect as usize)?.get(slot));
        match slot {
            Some(slot) => Text::Static(slot.get_or_init(|| write().into_boxed_str())),
            None => Text::Shared(self.shared(dialect, shape, write)),
        }
    }

    fn shared(&self, dialect: Dialect, shape: Shape, write: impl FnOnce() -> String) -> Arc<str> {
        let kept = self.updates.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, text)) = kept.iter().find(|(d, s, _)| (*d, *s) == (dialect, shape)) {
            return Arc::clone(text);
        }
        drop(kept);
        let text: Arc<str> = write().into();
        let mut kept = self.updates.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < UPDATES_KEPT {
            kept.push((dialect, shape, Arc::clone(&text)));
        }
        text
    }
}
