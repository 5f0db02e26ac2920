//! How a pool comes to be: from one that exists, or by connecting with settings that suit the library.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use sqlx::pool::PoolOptions;
use sqlx::{Connection, Pool};

use crate::audit::AuditSettings;
use crate::backend::{Backend, Pooling};
use crate::connections::Connections;
use crate::enforcement::Enforcement;
use crate::error::{Doing, Error, Result};
use crate::identifier::Identifier;
use crate::isolation::Isolation;
use crate::isolation::fit::Guard;
use crate::loss::LastLoss;
use crate::pool::ScopedPool;
use crate::shelf::Shelf;

type ConnectOptions<DB> = <<DB as sqlx::Database>::Connection as Connection>::Options;

/// Where connections come from: a pool of sqlx, or connect options.
pub struct PoolSource<DB: Backend>(Source<DB>);

enum Source<DB: Backend> {
    Pool(Pool<DB>),
    Options(Box<ConnectOptions<DB>>),
}

impl<DB: Backend> From<Pool<DB>> for PoolSource<DB> {
    fn from(pool: Pool<DB>) -> Self {
        Self(Source::Pool(pool))
    }
}

#[cfg(feature = "postgres")]
impl From<sqlx::postgres::PgConnectOptions> for PoolSource<sqlx::Postgres> {
    fn from(options: sqlx::postgres::PgConnectOptions) -> Self {
        Self(Source::Options(Box::new(options)))
    }
}

#[cfg(feature = "sqlite")]
impl From<sqlx::sqlite::SqliteConnectOptions> for PoolSource<sqlx::Sqlite> {
    fn from(options: sqlx::sqlite::SqliteConnectOptions) -> Self {
        Self(Source::Options(Box::new(options)))
    }
}

impl<DB: Backend> fmt::Debug for PoolSource<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Pool(_) => write!(f, "a pool of {}", DB::NAME),
            // Options may hold a password.
            Source::Options(_) => write!(f, "connect options of {}", DB::NAME),
        }
    }
}

/// A connection that has lain idle for longer is pinged before it is used: a firewall may have forgotten it. So is one that
/// has lain idle since before the server was lost.
const PING_AFTER: Duration = Duration::from_secs(60);

/// For how long a connection that nobody uses stays out of sqlx's pool.
const AT_HAND: Duration = Duration::from_secs(1);

/// Builds a [`ScopedPool`]; see [`ScopedPool::builder`].
#[must_use = "a builder does nothing until `build` is awaited"]
pub struct ScopedPoolBuilder<DB: Backend, Id> {
    source: PoolSource<DB>,
    pool: PoolOptions<DB>,
    kept_statements: usize,
    at_hand: Duration,
    pooling: Pooling,
    audit: AuditSettings,
    guard: Guard,
    system: Option<PoolSource<DB>>,
    id: PhantomData<fn() -> Id>,
}

impl<DB: Backend, Id: Identifier> ScopedPoolBuilder<DB, Id> {
    pub(crate) fn new(source: PoolSource<DB>) -> Self {
        let pool = match DB::IS_REMOTE {
            true => PoolOptions::new(),
            false => PoolOptions::new().idle_timeout(None).max_lifetime(None),
        };
        Self {
            source,
            pool,
            kept_statements: 256,
            at_hand: AT_HAND,
            pooling: Pooling::default(),
            audit: AuditSettings::default(),
            guard: Guard::default(),
            system: None,
            id: PhantomData,
        }
    }

    /// The type that identifies users: `Uuid` unless set, or `i64`, `String`, or a newtype of one.
    pub fn owner<Owner: Identifier>(self) -> ScopedPoolBuilder<DB, Owner> {
        let Self { source, pool, kept_statements, at_hand, pooling, audit, guard, system, id: _ } = self;
        ScopedPoolBuilder { source, pool, kept_statements, at_hand, pooling, audit, guard, system, id: PhantomData }
    }

    /// How accesses are recorded.
    pub fn audit(mut self, settings: AuditSettings) -> Self {
        self.audit = settings;
        self
    }

    /// What keeps users apart beside the owner in every statement: nothing, unless the database is to
    /// [say so](Enforcement::Database) too.
    pub const fn enforcement(mut self, enforcement: Enforcement) -> Self {
        self.guard.enforcement = enforcement;
        self
    }

    /// What the application relies on to be isolated. With [`Enforcement::Database`] the pool refuses to start unless
    /// row-level security is active for its login on each of these tables.
    pub fn isolated(mut self, isolation: &Isolation<Id>) -> Self {
        self.guard.tables = isolation.table_names().cloned().collect();
        self
    }

    /// A login of its own for system mode, which the application's login then cannot become, whatever SQL it is made to
    /// run. Its pool is made by the same settings; for [`Enforcement::Database`].
    pub fn system_source(mut self, source: impl Into<PoolSource<DB>>) -> Self {
        self.system = Some(source.into());
        self
    }

    /// The role of system mode, where it is not `user_scope_system`; as in [`Isolation::system_role`].
    pub fn system_role(mut self, role: impl Into<String>) -> Self {
        self.guard.system_role = role.into();
        self
    }

    /// The pool leads to a pooler that gives the server's connections from client to client after every transaction, as
    /// PgBouncer does with `pool_mode = transaction`; needed before PgBouncer 1.21 with `max_prepared_statements`, and right
    /// behind any other.
    ///
    /// There a statement that was prepared by name is not found again, and one that was prepared without a name may be
    /// somebody else's by the time it is run: sqlx sends the two in separate messages. So every operation is in a transaction,
    /// which also says who is asking, and no statement has a name. One that is not in a transaction is refused.
    ///
    /// | round trips | a read | an audited write |
    /// |---|---|---|
    /// | without it, `Enforcement::Predicate` | 1 | 1 |
    /// | without it, `Enforcement::Database` | 2 | 3 |
    /// | with it, under either | 3 | 4 |
    ///
    /// Nothing that the library sets outlives a transaction, so nothing passes to the next client. Of what sqlx says when it
    /// connects, PgBouncer knows all but `extra_float_digits`, which is left out here unless a pool is given: build that with
    /// `extra_float_digits(None)`, or name it in PgBouncer's `ignore_startup_parameters`. `PgConnectOptions::options` it refuses;
    /// set for the login, by ALTER ROLE, what these would. An [`Isolation`] is applied, and the tables of the library are
    /// [migrated](ScopedPool::migrate), through it as well as past it. A [`DatabaseSink`](crate::audit::DatabaseSink) of the
    /// application's own has to be told, too.
    ///
    /// SQLite has no pooler: it changes nothing there.
    pub const fn transaction_pooling(mut self) -> Self {
        self.pooling = Pooling::Transaction;
        self
    }

    /// How many connections at most; sqlx's own default of 10 unless set. Only for a pool that is made from
    /// connect options, as all that follows. An in-memory SQLite database works with one.
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.pool = self.pool.max_connections(connections);
        self
    }

    /// How many prepared statements a connection keeps; 256 unless set. Each takes some memory on a server.
    pub const fn kept_statements(mut self, statements: usize) -> Self {
        self.kept_statements = statements;
        self
    }

    /// For how long a connection stays at hand when an operation has ended cleanly, if no other takes it up: a second if
    /// nothing is said, a minute at most. Meanwhile it is not in sqlx's pool, which asks the server after each operation
    /// whether the connection still works; a `get` takes half of the time without that.
    ///
    /// It goes back when nobody has used it for so long, after ten times as long in any case, and as soon as somebody waits
    /// for a connection. Only then sqlx looks at its `max_lifetime` and `idle_timeout`, and an `after_release` of your own sees
    /// it: zero gives each back at once. To a pool that exists already, and that others may use, all go back at once.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_scope::ScopedPool;
    /// # #[cfg(feature = "sqlite")]
    /// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// let options: sqlx::sqlite::SqliteConnectOptions = "sqlite:tasks.db".parse()?;
    /// let pool = ScopedPool::builder(options).at_hand_for(Duration::from_millis(100)).build().await?;
    /// # drop(pool); Ok(()) }
    /// ```
    pub const fn at_hand_for(mut self, idle: Duration) -> Self {
        self.at_hand = idle;
        self
    }

    /// Any other setting of sqlx's pool. Do not set `before_acquire` or `test_before_acquire`: these are how the
    /// library pings a connection only after it has lain idle for a minute, or since before the server was lost.
    pub fn pool_options(mut self, set: impl FnOnce(PoolOptions<DB>) -> PoolOptions<DB>) -> Self {
        self.pool = set(self.pool);
        self
    }

    /// Connects, unless a pool was given, and looks whether the database is guarded as the pool expects.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] or [`Error::Database`] if the database cannot be reached or refuses the login,
    /// [`Error::Isolation`] if the [`Enforcement`] does not fit it.
    pub async fn build(self) -> Result<ScopedPool<DB, Id>> {
        let failed = |error| Error::from_sqlx("connection", Doing::Reading, error);
        // One server, whoever logs in.
        let lost = LastLoss::default();
        let (kept, at_hand, pooling) = (self.kept_statements, self.at_hand, self.pooling);
        let connect = |source| connect(source, self.pool.clone(), lost.clone(), kept, at_hand, pooling);
        let users = connect(self.source).await.map_err(failed)?;
        let system = match self.system {
            Some(source) => Some(connect(source).await.map_err(failed)?),
            None => None,
        };
        let connections = Connections::new(users, system, self.guard, self.pooling);
        connections.check().await.map_err(failed)?;
        Ok(ScopedPool::assemble(connections, self.audit))
    }
}

/// Connects, unless a pool was given.
async fn connect<DB: Backend>(
    source: PoolSource<DB>,
    pool: PoolOptions<DB>,
    lost: LastLoss,
    kept_statements: usize,
    at_hand: Duration,
    pooling: Pooling,
) -> sqlx::Result<Shelf<DB>> {
    let options = match source.0 {
        // Others may use it as well.
        Source::Pool(pool) => return Ok(Shelf::none(pool)),
        Source::Options(options) => options,
    };
    let mut settings = pool.test_before_acquire(false);
    if DB::IS_REMOTE {
        let lost = lost.clone();
        settings = settings.before_acquire(move |connection, met| {
            // Not one async block for both: it would be as large as a ping, at every acquire.
            if met.idle_for <= PING_AFTER && !lost.is_after(met.idle_for) {
                return Box::pin(std::future::ready(Ok(true)));
            }
            let lost = lost.clone();
            Box::pin(async move { connection.ping().await.inspect_err(|_| lost.met()).map(|()| true) })
        });
    }
    let pool = settings.connect_with(DB::tune(*options, kept_statements, pooling)).await?;
    Ok(Shelf::new(pool, at_hand.min(PING_AFTER), lost))
}

impl<DB: Backend, Id> fmt::Debug for ScopedPoolBuilder<DB, Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedPoolBuilder")
            .field("source", &self.source)
            .field("kept_statements", &self.kept_statements)
            .field("at_hand", &self.at_hand)
            .field("pooling", &self.pooling)
            .field("audit", &self.audit)
            .finish_non_exhaustive()
    }
}
