//! How far each table is.

use std::fmt;
use std::pin::pin;

use sqlx::Pool;

use super::plan::{AdoptionPlan, AdoptionStep, Phase};
use super::survey::{self, Surveyed};
use super::{Adoption, run};
use crate::Finding;
use crate::backend::Backend;
use crate::error::Result;
use crate::isolation::doctor;
use crate::isolation::facts::{Texts, ask, ask_text};
use crate::isolation::run::failed;
use crate::lease::Lease;
use crate::observe::observed;
use crate::shelf::Shelf;
use crate::sql::adoption::{backfill, callerless};

/// What was found of all tables.
#[derive(Debug, Clone)]
pub struct Verification {
    tables: Vec<TableState>,
    missing: AdoptionPlan,
    findings: Vec<Finding>,
}

/// What the [doctor](crate::doctor()) finds that is of the tables, whoever looks: the rest depends on the login of the application.
const OF_TABLES: [&str; 13] = [
    "row-security-off",
    "row-security-not-forced",
    "policy-missing",
    "policy-altered",
    "policy-beside-ours",
    "trigger-missing",
    "trigger-off",
    "trigger-altered",
    "function-altered",
    "partition-reachable",
    "ancestor-unguarded",
    "dangerous-grant",
    "transfer-left-open",
];

/// What was found of a table.
#[derive(Debug, Clone)]
pub struct TableState {
    name: String,
    rows_without_owner: Option<u64>,
    callerless: Vec<CallerlessWriter>,
    missing: Vec<Missing>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Missing {
    phase: Phase,
    why: String,
    /// Rows that wait for their owner: as long as writers without a caller go on, there are always some.
    is_backfill: bool,
}

impl Missing {
    fn of(step: &AdoptionStep) -> Self {
        Self { phase: step.phase(), why: step.why().to_owned(), is_backfill: step.is_backfill() }
    }
}

/// Who was seen to write without saying who is asking, between the phases, on PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallerlessWriter {
    /// As whom it has logged in.
    pub login: String,
    /// What it calls itself: PostgreSQL's `application_name`.
    pub program: String,
    /// What it did: `INSERT`, `UPDATE`, `DELETE`, or several.
    pub operations: String,
    /// For how many seconds it has not done so any more, to the minute.
    pub seconds_ago: u64,
}

impl Verification {
    /// Whether all that keeps users apart is there, on every table.
    #[must_use]
    pub const fn is_isolated(&self) -> bool {
        self.missing.is_empty() && self.findings.is_empty()
    }

    /// What is there, and is not as it was applied, or reaches around it. Looked for when nothing is missing.
    pub fn findings(&self) -> impl ExactSizeIterator<Item = &Finding> {
        self.findings.iter()
    }

    /// The tables, parents first.
    pub fn tables(&self) -> impl ExactSizeIterator<Item = &TableState> {
        self.tables.iter()
    }

    /// All that is missing, of roles and the log as well.
    #[must_use]
    pub const fn missing(&self) -> &AdoptionPlan {
        &self.missing
    }
}

impl TableState {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many rows belong to nobody: between the phases, those that were written without a caller. None if there is no column
    /// for an owner yet.
    #[must_use]
    pub const fn rows_without_owner(&self) -> Option<u64> {
        self.rows_without_owner
    }

    /// Who has written to it without a caller since *expand*, on PostgreSQL: the last one first. Whoever is here, and not
    /// only long ago, is refused, or changes nothing, after *contract*.
    pub fn callerless(&self) -> impl ExactSizeIterator<Item = &CallerlessWriter> {
        self.callerless.iter()
    }

    /// What is missing, as words, each with the phase that brings it.
    pub fn missing(&self) -> impl ExactSizeIterator<Item = (Phase, &str)> {
        self.missing.iter().map(|missing| (missing.phase, missing.why.as_str()))
    }

    /// The last phase that is complete. None if not even the first is.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        let is_open = |missing: &&Missing| missing.phase == Phase::Contract || !missing.is_backfill;
        match self.missing.iter().filter(is_open).map(|missing| missing.phase).min() {
            None if self.missing.is_empty() => Some(Phase::Contract),
            None | Some(Phase::Contract) => Some(Phase::Expand),
            Some(Phase::Expand) => None,
        }
    }
}

impl fmt::Display for CallerlessWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { login, program, operations, seconds_ago } = self;
        let program = if program.is_empty() { "a program without a name" } else { program };
        write!(f, "{program} as {login}: {operations}, ")?;
        match seconds_ago {
            0..60 => f.write_str("in the last minute"),
            60..7200 => write!(f, "{} min ago", seconds_ago / 60),
            _ => write!(f, "{} h ago", seconds_ago / 3600),
        }
    }
}

impl fmt::Display for TableState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, .. } = self;
        match self.phase() {
            Some(Phase::Contract) => write!(f, "{name}: isolated"),
            Some(Phase::Expand) => write!(f, "{name}: expanded"),
            None => write!(f, "{name}: not isolated"),
        }?;
        match self.rows_without_owner {
            Some(rows) if rows > 0 => write!(f, "; {rows} rows without an owner"),
            _ => Ok(()),
        }
    }
}

pub(super) async fn verify<DB: Backend>(adoption: &Adoption, pool: &Pool<DB>) -> Result<Verification> {
    let mut verification =
        Verification { tables: Vec::new(), missing: AdoptionPlan::new(DB::DIALECT), findings: Vec::new() };
    let verified = async {
        let mut lease = run::acquire(pool).await?;
        let tables = survey::survey(&mut lease, adoption).await?;
        verification.missing = run::of_tables(&mut lease, adoption, &tables).await?;
        if verification.missing.is_empty() {
            let guarded: Vec<_> = tables.iter().map(|this| this.table.clone()).collect();
            let report = doctor::tables(&guarded, &adoption.settings, &Shelf::none(pool.clone()), None).await?;
            verification.findings = report.of(&OF_TABLES);
        }
        for this in tables {
            let at = this.facts.name.to_string();
            let of_it = verification.missing.steps().filter(|step| step.object() == at);
            let mut missing: Vec<_> = of_it.map(Missing::of).collect();
            missing.dedup();
            verification.tables.push(TableState {
                name: this.given.to_string(),
                rows_without_owner: rows_without_owner(&mut lease, &this).await?,
                callerless: writers(&mut lease, &this).await?,
                missing,
            });
        }
        Ok(())
    };
    observed("adoption", "verify", pin!(verified)).await?;
    Ok(verification)
}

async fn rows_without_owner<DB: Backend>(lease: &mut Lease<DB>, this: &Surveyed) -> Result<Option<u64>> {
    if !this.is_nullable() {
        return Ok(Some(0));
    }
    if !this.has_column() {
        return Ok(None);
    }
    let question = backfill::without_owner(DB::DIALECT, &this.table, &this.facts.name);
    Ok(ask_text(lease, question).await.map_err(failed)?.parse().ok())
}

pub(super) async fn writers<DB: Backend>(lease: &mut Lease<DB>, this: &Surveyed) -> Result<Vec<CallerlessWriter>> {
    if !this.notes_callerless() || ask(lease, callerless::ARE_NOTED, &[]).await.map_err(failed)?.is_empty() {
        return Ok(Vec::new());
    }
    let rows = ask(lease, callerless::WRITERS, &[&this.facts.name.quoted()]).await.map_err(failed)?;
    let read = rows.into_iter().map(|row| {
        let mut row = Texts(row);
        let (login, program, operations) = (row.text(), row.text(), row.text());
        CallerlessWriter { login, program, operations, seconds_ago: row.text().parse().unwrap_or(0) }
    });
    Ok(read.collect())
}
