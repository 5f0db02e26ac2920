//! What is to be done, in order, for a person and for a program.

use std::fmt;

use crate::backend::Dialect;
use crate::sql::adoption::backfill::Source;
use crate::sql::adoption::kind;
use crate::sql::isolation::{Change, Table, TableName};

/// How far an adoption goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Everything is there, and nobody is refused.
    Expand,
    /// The database refuses what has no owner, or another's.
    Contract,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Expand => "expand",
            Self::Contract => "contract",
        })
    }
}

/// What is missing in a database.
#[derive(Debug, Clone)]
pub struct AdoptionPlan {
    pub(super) dialect: Dialect,
    pub(super) steps: Vec<AdoptionStep>,
    pub(super) notes: Vec<String>,
}

/// One step.
#[derive(Debug, Clone)]
pub struct AdoptionStep {
    pub(super) phase: Phase,
    pub(super) object: String,
    pub(super) why: String,
    pub(super) change: Change,
    pub(super) how: How,
    /// The tables that it changes or looks at.
    pub(super) tables: Vec<TableName>,
    pub(super) lock: &'static str,
    /// What it costs, where that depends on the table.
    pub(super) cost: String,
}

/// How a step is carried out.
#[derive(Debug, Clone)]
pub(super) enum How {
    /// In one transaction, with the note that it is done.
    AtOnce,
    /// By itself, outside of a transaction: this index.
    Concurrently(TableName),
    /// Looks at rows; there is nothing to take back.
    Looking,
    /// Counts rows that stand in the way, and goes no further if there are any. This is said behind their number.
    Comparing(String),
    /// The owners of existing rows, batch by batch.
    Filling(Box<Filling>),
}

/// Rows that are to get their owner.
#[derive(Debug, Clone)]
pub(super) struct Filling {
    pub(super) table: Table,
    pub(super) at: TableName,
    pub(super) source: Source,
    pub(super) owners: Vec<(String, crate::IdValue)>,
    /// The name of the rowid on SQLite, if it has one that can be named.
    pub(super) rowid: Option<&'static str>,
    pub(super) reach: Reach,
}

/// When it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// A few rows may be left, since writers go on, and those that get no owner by this.
    Most,
    /// A few rows may be left, and each could have an owner.
    Possible,
    /// Every row has one.
    All,
}

impl AdoptionPlan {
    pub(super) const fn new(dialect: Dialect) -> Self {
        Self { dialect, steps: Vec::new(), notes: Vec::new() }
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The steps, in order.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = &AdoptionStep> {
        self.steps.iter()
    }

    /// What a person should know before.
    pub fn notes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.notes.iter().map(String::as_str)
    }

    pub(super) fn add(&mut self, phase: Phase, object: impl fmt::Display, why: &str, change: Change, how: How) {
        let lock = match self.dialect {
            Dialect::Postgres => kind::lock(&change.sql),
            Dialect::Sqlite => "the one writer's",
        };
        let (object, why) = (object.to_string(), why.to_owned());
        self.steps.push(AdoptionStep {
            phase,
            object,
            why,
            change,
            how,
            tables: Vec::new(),
            lock,
            cost: String::new(),
        });
    }

    /// Of the last step.
    pub(super) fn costs(&mut self, cost: String) {
        if let Some(step) = self.steps.last_mut() {
            step.cost = cost;
        }
    }
}

impl AdoptionStep {
    /// To which phase it belongs.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The table or role that is changed.
    #[must_use]
    pub fn object(&self) -> &str {
        &self.object
    }

    /// What it is good for.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }

    /// The SQL that does it. Of rows that get their owner batch by batch, the whole as one statement.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.change.sql
    }

    /// The SQL that takes it back; empty if nothing has to be.
    #[must_use]
    pub fn undo(&self) -> &str {
        &self.change.undo
    }

    /// The lock that it takes, and whom it holds up.
    #[must_use]
    pub const fn lock(&self) -> &str {
        self.lock
    }

    /// What it costs, where that depends on the table: how many rows, and on SQLite for how long others wait.
    #[must_use]
    pub fn cost(&self) -> &str {
        &self.cost
    }

    /// Whether it writes rows, batch by batch.
    #[must_use]
    pub const fn is_backfill(&self) -> bool {
        matches!(self.how, How::Filling(_))
    }
}

/// As a script that can be read.
impl fmt::Display for AdoptionPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for note in &self.notes {
            writeln!(f, "-- note: {note}")?;
        }
        if self.is_empty() {
            return f.write_str("-- nothing to do\n");
        }
        for step in &self.steps {
            let AdoptionStep { phase, object, why, change, lock, cost, .. } = step;
            let costs = if cost.is_empty() { String::new() } else { format!("; {cost}") };
            let sql = change.sql.trim_end().trim_end_matches(';');
            writeln!(f, "-- {phase}: {object}: {why}\n-- lock: {lock}{costs}\n{sql};")?;
        }
        let of = |phase| self.steps.iter().filter(|step| step.phase == phase).count();
        writeln!(f, "-- {} steps of expand, {} of contract", of(Phase::Expand), of(Phase::Contract))
    }
}
