//! Brings tables that exist, and are in use, under isolation; looks how far they are; and takes it back.
//!
//! An [`Adoption`] is a list of tables, and for each where the rows that are there get their owner. It finds out what is
//! missing from the database itself, each time anew: that is how it goes on where it was killed, and how it knows that it is
//! done. What the database enforces in the end is that of an [`Isolation`](crate::Isolation), whose planner says what.
//!
//! | | *expand* | *contract* |
//! |---|---|---|
//! | what is done | columns, owners of existing rows, indexes, the audit table, privileges | no row without an owner, keys to parents, policies, triggers |
//! | writers who know nothing of owners | go on; their rows belong to nobody, and are counted | are refused |
//! | writers who say who is asking | go on; their rows are the caller's | go on |
//!
//! The way through a deployment is in [`guide::adoption`](crate::guide::adoption).
//!
//! On PostgreSQL no table is rewritten, and nobody waits longer than the [bound](Adoption::lock_bound): what needs a lock asks
//! for it briefly, and again. On SQLite, which has one writer, whoever writes waits as long as a step takes.
//!
//! ```
//! # #[cfg(feature = "postgres")]
//! # async fn f(owner: sqlx::PgPool) -> user_scope::Result<()> {
//! use user_scope::Uuid;
//! use user_scope::adoption::{AdoptedTable, Adoption, Backfill, Phase};
//!
//! let adoption = Adoption::of::<Uuid>()
//!     .table(AdoptedTable::new("customer").backfill(Backfill::expression("md5('customer' || customer_id)::uuid")))
//!     .table(AdoptedTable::new("invoice").backfill(Backfill::parent("customer", "customer_id")))
//!     .application("my_app");
//! println!("{}", adoption.plan(&owner).await?);                         // changes nothing
//! adoption.apply(&owner, Phase::Expand, &|_| ()).await?;                 // old writers go on
//! adoption.apply(&owner, Phase::Contract, &|_| ()).await?;               // once every writer says who is asking
//! assert!(adoption.verify(&owner).await?.is_isolated());
//! adoption.rollback(&owner, false).await?;                               // the schema that was before
//! # Ok(()) }
//! ```

mod batches;
mod migrations;
mod patience;
mod plan;
mod postgres;
mod proposal;
mod run;
mod sqlite;
mod survey;
mod table;
mod undo;
mod verify;

use std::time::Duration;

use sqlx::Pool;

pub use migrations::Migration;
pub use plan::{AdoptionPlan, AdoptionStep, Phase};
pub use proposal::{Origin, Proposal, ProposedTable};
pub use run::Event;
pub use table::{AdoptedTable, Backfill};
pub use verify::{CallerlessWriter, TableState, Verification};

use crate::backend::Backend;
use crate::error::Result;
use crate::identifier::{Identifier, RawIdentifier};
use crate::isolation::Settings;
use crate::isolation::plan::Plan;

/// Tables that are to come under isolation.
#[derive(Debug, Clone)]
#[must_use = "an adoption does nothing until it is applied"]
pub struct Adoption {
    tables: Vec<AdoptedTable>,
    settings: Settings,
    bound: Duration,
}

impl Adoption {
    /// Of users with ids of this type.
    pub fn of<Id: Identifier>() -> Self {
        let settings = Settings::of(<Id::Raw as RawIdentifier>::KIND);
        Self { tables: Vec::new(), settings, bound: Duration::from_millis(100) }
    }

    /// With this table. Where it refers to another of them by a key of one column, rows of both are to have the same owner.
    pub fn table(mut self, table: AdoptedTable) -> Self {
        self.tables.push(table);
        self
    }

    /// A login of the application on PostgreSQL, as with [`Isolation::application`](crate::Isolation::application).
    pub fn application(mut self, login: impl Into<String>) -> Self {
        self.settings.applications.push(login.into());
        self
    }

    /// The name of the role of system mode; `user_scope_system` unless set.
    pub fn system_role(mut self, role: impl Into<String>) -> Self {
        self.settings.system_role = role.into();
        self
    }

    /// For how long a writer may have to wait on PostgreSQL; 100 ms unless set. What cannot have its lock in that time lets
    /// everybody pass, and tries again.
    pub const fn lock_bound(mut self, bound: Duration) -> Self {
        self.bound = bound;
        self
    }

    /// What is missing, in order, with the lock that each step takes. It changes nothing, and without steps it is the proof that
    /// all stands.
    ///
    /// # Errors
    ///
    /// [`Error::Isolation`](crate::Error::Isolation) if a table is not there, or something stands in the way that a person has to
    /// decide.
    #[must_use = "a plan changes nothing; look at it, or apply the adoption"]
    pub async fn plan<DB: Backend>(&self, owner: &Pool<DB>) -> Result<AdoptionPlan> {
        run::plan(self, owner).await
    }

    /// Does what is missing up to the end of this phase, each step by itself, and tells what happens. Nothing is lost if it is
    /// killed: applied again, it goes on.
    ///
    /// # Errors
    ///
    /// Those of [`plan`](Self::plan), before anything is changed; if a lock cannot be had, with who has it; if rows are left without
    /// an owner; and what the database refuses. What was done stays, and is taken back by [`rollback`](Self::rollback).
    pub async fn apply<DB: Backend>(
        &self,
        owner: &Pool<DB>,
        phase: Phase,
        tell: &(dyn Fn(Event<'_>) + Send + Sync),
    ) -> Result<()> {
        run::apply(self, owner, phase, tell).await
    }

    /// How far each table is.
    ///
    /// # Errors
    ///
    /// Those of [`plan`](Self::plan).
    #[must_use = "a verification that nobody reads proves nothing"]
    pub async fn verify<DB: Backend>(&self, owner: &Pool<DB>) -> Result<Verification> {
        verify::verify(self, owner).await
    }

    /// Takes back all that was done to this database, the last change first, to the schema that was before; interrupted, it goes
    /// on when it is asked again. The audit log is data and stays, unless it is to be dropped. Roles on which other databases rest
    /// stay.
    ///
    /// # Errors
    ///
    /// What the database refuses, such as a column that a view has come to show.
    pub async fn rollback<DB: Backend>(&self, owner: &Pool<DB>, drop_audit_log: bool) -> Result<Plan> {
        undo::rollback(self, owner, drop_audit_log).await
    }
}

/// Looks at a schema, and says which of its tables seem to belong to users. It changes nothing; whether it is right, a person
/// decides.
///
/// # Errors
///
/// [`Error::Isolation`](crate::Error::Isolation) if nothing in the schema tells of users, and what the database refuses.
pub async fn propose<DB: Backend>(owner: &Pool<DB>) -> Result<Proposal> {
    proposal::propose(owner).await
}
