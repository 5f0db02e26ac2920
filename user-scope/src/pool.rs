//! A sqlx pool, and with it everything that must not be forgotten: whose rows, and the audit.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use sqlx::Pool;
use uuid::Uuid;

use crate::audit::{Audit, AuditSettings, AuditStats, AuditTrail};
use crate::backend::{Backend, Pooling};
use crate::builder::{PoolSource, ScopedPoolBuilder};
use crate::connections::Connections;
use crate::context::UserContext;
use crate::entity::{Stores, UserScoped};
use crate::error::Result;
use crate::identifier::{IdValue, Identifier, RawIdentifier};
use crate::isolation::fit::Guard;
use crate::migration;
use crate::repository::ScopedRepository;
use crate::session::Source;
use crate::shelf::Shelf;
use crate::state::PoolState;
use crate::system::SystemRequest;
use crate::transaction::ScopedTransaction;

/// A database whose rows belong to users, who are identified by `Id`.
///
/// It wraps a pool of sqlx and does not hand it out: there is no way from here to a row without a caller. It is
/// cheap to clone, and a clone is the same pool.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// use user_scope::{ScopedPool, UserContext, Uuid};
///
/// let sqlite = sqlx::SqlitePool::connect("sqlite://tasks.db").await?;
/// let pool = ScopedPool::new(sqlite);
/// pool.migrate().await?;                                   // makes the audit table
/// let alice = UserContext::new(Uuid::now_v7())?;
/// # Ok(()) }
/// ```
///
/// A repository and a transaction borrow the pool and the caller. Into a task of its own, as for
/// `tokio::spawn`, take clones of both.
pub struct ScopedPool<DB: Backend, Id = Uuid> {
    state: Arc<PoolState<DB>>,
    id: PhantomData<fn() -> Id>,
}

impl<DB: Backend> ScopedPool<DB, Uuid> {
    /// Takes over a pool that exists, with users that are identified by UUIDs. Its settings stay as they are.
    ///
    /// The pool is to be the library's alone. Plain sqlx 0.9 on the same pool can hand over a connection with a
    /// transaction that it forgot, if its `begin` was cancelled (launchbadge/sqlx#4385); what is then written there, by
    /// whomever, may vanish with it. An in-memory SQLite database needs `max_connections(1)` and
    /// `test_before_acquire(false)`: sqlx loses it when a ping is cancelled.
    ///
    /// For users of another type, or a pool that connects by itself, see [`builder`](Self::builder). Such a pool is faster: it
    /// keeps connections [at hand](ScopedPoolBuilder::at_hand_for).
    pub fn new(pool: Pool<DB>) -> Self {
        Self::assemble(
            Connections::new(Shelf::none(pool), None, Guard::default(), Pooling::Session),
            AuditSettings::default(),
        )
    }

    /// Starts a pool from a pool of sqlx, or from connect options, whose connections are then made by settings
    /// that suit the library.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// use sqlx::sqlite::SqliteConnectOptions;
    /// use user_scope::{ScopedPool, UserContext, audit::{AuditSettings, ReadAudit}};
    ///
    /// let options: SqliteConnectOptions = "sqlite://tasks.db".parse()?;
    /// let pool = ScopedPool::builder(options)
    ///     .owner::<String>()                               // users are identified by texts
    ///     .max_connections(4)
    ///     .audit(AuditSettings::default().reads(ReadAudit::Off))
    ///     .build()
    ///     .await?;
    /// let alice = UserContext::new("auth0|5f7c8ec7c33c6c004bbafe82".to_owned())?;
    /// # drop((pool, alice)); Ok(()) }
    /// ```
    pub fn builder(source: impl Into<PoolSource<DB>>) -> ScopedPoolBuilder<DB, Uuid> {
        ScopedPoolBuilder::new(source.into())
    }
}

impl<DB: Backend, Id: Identifier> ScopedPool<DB, Id> {
    pub(crate) fn assemble(connections: Connections<DB>, audit: AuditSettings) -> Self {
        #[cfg(feature = "metrics")]
        crate::measure::describe();
        let audit = Audit::new(audit, connections.clone(), <Id::Raw as RawIdentifier>::KIND);
        Self { state: Arc::new(PoolState::new(connections, audit)), id: PhantomData }
    }

    pub(crate) const fn state(&self) -> &Arc<PoolState<DB>> {
        &self.state
    }

    /// The caller's rows of the entity `T`: `pool.repository::<Task>(&alice)`.
    pub fn repository<'a, T>(&'a self, caller: &'a UserContext<Id>) -> ScopedRepository<'a, T, DB>
    where
        T: UserScoped<Owner = Id>,
        DB: Stores<T>,
    {
        ScopedRepository::new(Source::Pool(&self.state), caller, self.state.audit())
    }

    /// Begins a transaction in the name of `caller`. On SQLite it takes the write lock at once.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`](crate::Error::Unavailable) if no connection can be had,
    /// [`Error::Database`](crate::Error::Database) if the database is locked for longer than its timeout.
    pub async fn begin(&self, caller: &UserContext<Id>) -> Result<ScopedTransaction<DB, UserContext<Id>>> {
        ScopedTransaction::begin(Arc::clone(&self.state), caller.clone()).await
    }

    /// Asks for system mode, which crosses users, because of `reason`; say next who asks:
    ///
    /// ```
    /// # async fn f<DB: user_scope::Backend>(pool: user_scope::ScopedPool<DB>, admin: user_scope::UserContext)
    /// # -> user_scope::Result<()> {
    /// let system = pool.system("nightly purge of expired tasks").requested_by(&admin).await?;
    /// # Ok(()) }
    /// ```
    pub fn system<'a>(&'a self, reason: &'a str) -> SystemRequest<'a, DB, Id> {
        SystemRequest::new(self, reason)
    }

    /// The caller's own audit trail, without denials and receipts.
    pub fn audit_trail(&self, caller: &UserContext<Id>) -> AuditTrail<'_, DB> {
        AuditTrail::new(self.state.connections(), Some(IdValue::of(caller.user())))
    }

    /// What the background audit has done so far.
    pub fn audit_stats(&self) -> AuditStats {
        self.state.audit().stats()
    }

    /// Waits until everything that has been handed to the background audit is recorded, or counted as failed.
    pub async fn flush_audit(&self) {
        self.state.audit().flush().await;
    }

    /// Makes the library's own tables, or brings them up to date. To be called as a login that may create tables;
    /// one that may not can call it when there is nothing to do. It can be called at every start, by several
    /// servers at once.
    ///
    /// # Errors
    ///
    /// [`Error::Database`](crate::Error::Database) if the login may not create tables,
    /// [`Error::Schema`](crate::Error::Schema) if there is a table of that name which the library did not make, or, on
    /// PostgreSQL, one for users of another type; SQLite's holds users of any type as text.
    pub async fn migrate(&self) -> Result<()> {
        let connections = self.state.connections();
        migration::run(connections.shelf(), connections.pooling(), <Id::Raw as RawIdentifier>::KIND).await
    }

    /// Shuts down: lets nothing begin any more, waits for the operations and transactions that are under way, then until
    /// the background audit has recorded everything, and closes the connections. Later calls on any clone fail.
    ///
    /// If the database is not there, it waits for one round of the audit's retries, some ten seconds.
    pub async fn close(&self) {
        self.state.close().await;
    }
}

impl<DB: Backend, Id> Clone for ScopedPool<DB, Id> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), id: PhantomData }
    }
}

impl<DB: Backend, Id> fmt::Debug for ScopedPool<DB, Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScopedPool({})", DB::NAME)
    }
}
