//! A plan: what would be done, in order, and what takes it back.

use std::fmt;

use crate::sql::isolation::Change;

/// What is to be done, step by step, or what was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub(crate) steps: Vec<Step>,
}

/// One change of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub(crate) object: String,
    pub(crate) why: String,
    pub(crate) change: Change,
}

impl Plan {
    /// Whether there is nothing to do.
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The steps, in order.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = &Step> {
        self.steps.iter()
    }

    pub(super) fn add(&mut self, object: impl fmt::Display, why: impl Into<String>, change: Change) {
        self.steps.push(Step { object: object.to_string(), why: why.into(), change });
    }
}

impl Step {
    /// The table or role that is changed.
    pub fn object(&self) -> &str {
        &self.object
    }

    /// What it is good for.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// The SQL that does it.
    pub fn sql(&self) -> &str {
        &self.change.sql
    }

    /// The SQL that takes it back.
    pub fn undo(&self) -> &str {
        &self.change.undo
    }
}

/// As a script that can be read, and run.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("-- nothing to do\n");
        }
        for step in &self.steps {
            writeln!(f, "-- {}: {}\n{};", step.object, step.why, step.change.sql)?;
        }
        Ok(())
    }
}
