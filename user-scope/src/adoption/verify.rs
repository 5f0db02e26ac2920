//! How far each table is.

use std::fmt;
use std::pin::pin;

use sqlx::Pool;

use super::plan::{AdoptionPlan, Phase};
use super::{Adoption, run, survey};
use crate::backend::{Backend, Pooling};
use crate::error::Result;
use crate::isolation::facts::ask_text;
use crate::isolation::run::failed;
use crate::lease::Lease;
use crate::observe::observed;
use crate::sql::adoption::backfill;

/// What was found of all tables.
#[derive(Debug, Clone, Default)]
pub struct Verification {
    tables: Vec<TableState>,
    missing: AdoptionPlan,
}

/// What was found of a table.
#[derive(Debug, Clone)]
pub struct TableState {
    name: String,
    rows_without_owner: Option<u64>,
    missing: Vec<(Phase, String)>,
}

impl Verification {
    /// Whether all that keeps users apart is there, on every table.
    #[must_use]
    pub const fn is_isolated(&self) -> bool {
        self.missing.is_empty()
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

    /// What is missing, as words, each with the phase that brings it.
    pub fn missing(&self) -> impl ExactSizeIterator<Item = (Phase, &str)> {
        self.missing.iter().map(|(phase, why)| (*phase, why.as_str()))
    }

    /// The last phase that is complete. None if not even the first is.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        match self.missing.iter().map(|(phase, _)| *phase).min() {
            None => Some(Phase::Contract),
            Some(Phase::Contract) => Some(Phase::Expand),
            Some(Phase::Expand) => None,
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
    let mut verification = Verification::default();
    let verified = async {
        verification.missing = run::plan(adoption, pool).await?;
        let mut lease = Lease::of(pool, Pooling::Session).await.map_err(failed)?;
        for this in survey::survey(&mut lease, adoption).await? {
            let at = &this.facts.name;
            let rows = if !this.is_nullable() {
                Some(0)
            } else if this.has_column() {
                let question = backfill::without_owner(DB::DIALECT, &this.table, at);
                ask_text(&mut lease, question).await.map_err(failed)?.parse().ok()
            } else {
                None
            };
            let of_it = verification.missing.steps().filter(|step| step.object() == at.to_string());
            let mut missing: Vec<_> = of_it.map(|step| (step.phase(), step.why().to_owned())).collect();
            missing.dedup();
            verification.tables.push(TableState { name: this.given.to_string(), rows_without_owner: rows, missing });
        }
        Ok(())
    };
    observed("adoption", "verify", pin!(verified)).await?;
    Ok(verification)
}
