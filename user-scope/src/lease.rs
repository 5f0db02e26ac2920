//! A connection of the pool that goes back clean, whenever its borrower is dropped.
//!
//! sqlx 0.9.0 forgets a transaction whose BEGIN was cancelled on its way: the next borrower's writes then vanish
//! with it, and under row-level security he would be somebody else (launchbadge/sqlx#4385). A lease knows
//! whether a BEGIN is under way. It rests on no hook of the pool: hooks replace one another, and a pool that
//! exists takes none.

use sqlx::{Pool, SqlStr};
use sqlx_core::transaction::TransactionManager;
use tokio::runtime::Handle;

use crate::backend::{Backend, Pooling, Prepares, Wire};
use crate::shelf::{Held, Shelf};
use crate::sql;
use crate::state::Passage;

/// How the codes begin with which PostgreSQL ends a connection from its side.
const SHUTTING_DOWN: &str = "57P";

#[derive(Debug)]
pub(crate) struct Lease<DB: Backend> {
    connection: Held<DB>,
    /// Where it is kept at hand, if it is clean in the end.
    shelf: Shelf<DB>,
    state: State,
    pooling: Pooling,
    /// Rows are on their way, and nobody knows how many.
    expects_rows: bool,
    /// SQL that is not ours ran here, and may have left anything behind: a setting, a role, a table that hides another.
    was_lent: bool,
    /// It has something of the server's that nobody else is to have: it ends with the connection.
    is_kept: bool,
    /// Its borrower came to his end, and has read all that there was.
    is_done: bool,
    /// The database has refused something, and its last word on that need not have been read.
    has_failed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No transaction.
    Idle,
    /// BEGIN has been sent, and the answer has not been read.
    Beginning,
    /// In a transaction, or its COMMIT is under way.
    Open,
}

impl<DB: Backend> Lease<DB> {
    /// A connection of a pool of which nothing is known: it may lead to a pooler.
    pub(crate) async fn acquire(pool: &Pool<DB>) -> sqlx::Result<Self> {
        Self::of_pool(pool, Pooling::Transaction).await
    }

    /// A connection of a pool that is not ours.
    pub(crate) async fn of_pool(pool: &Pool<DB>, pooling: Pooling) -> sqlx::Result<Self> {
        Self::of(&Shelf::none(pool.clone()), pooling).await
    }

    pub(crate) async fn of(shelf: &Shelf<DB>, pooling: Pooling) -> sqlx::Result<Self> {
        let pooling = pooling.of::<DB>();
        Ok(Self {
            connection: shelf.take_up().await?,
            shelf: shelf.clone(),
            state: State::Idle,
            pooling,
            expects_rows: false,
            was_lent: false,
            is_kept: false,
            is_done: false,
            has_failed: false,
        })
    }

    /// A connection to ask something on, in nobody's name: in a transaction if nothing else keeps the server's with it.
    pub(crate) async fn ready(shelf: &Shelf<DB>, pooling: Pooling) -> sqlx::Result<Self> {
        let mut lease = Self::of(shelf, pooling).await?;
        if lease.pooling == Pooling::Transaction {
            lease.begin(SqlStr::from_static(DB::BEGIN)).await?;
        }
        Ok(lease)
    }

    /// What statements are sent on.
    pub(crate) fn connection(&mut self) -> Wire<'_, DB> {
        let prepares = match (self.pooling, self.state) {
            (Pooling::Session, _) => Prepares::Named,
            (Pooling::Transaction, State::Open) => Prepares::Unnamed,
            (Pooling::Transaction, State::Idle | State::Beginning) => Prepares::Nothing,
        };
        Wire { connection: &mut self.connection, prepares }
    }

    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Whether rows are on their way that have not been read.
    pub(crate) const fn expect_rows(&mut self, expected: bool) {
        self.expects_rows = expected;
    }

    /// The borrower has what he wanted: if nothing is open, the next one may have the connection as it is.
    pub(crate) const fn done(&mut self) {
        self.is_done = true;
    }

    /// The same, and a transaction that has only read is ended when nobody waits any more; closing the pool waits for that.
    pub(crate) fn give_back(mut self, passage: &Passage) {
        self.is_done = true;
        if !self.is_open() || self.was_lent || self.expects_rows {
            return;
        }
        if !DB::IS_REMOTE {
            // SQLite's worker needs no runtime, and does one thing after the other; the file is locked until it has.
            DB::TransactionManager::start_rollback(&mut self.connection);
            self.state = State::Idle;
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        let passage = passage.clone();
        runtime.spawn(async move {
            let ended = self.rollback().await;
            // Dropped in the middle, or after this has failed, it goes back as any other.
            self.is_done = ended.is_ok();
            drop(self);
            drop(passage);
        });
    }

    /// The database has refused something like this: sqlx looks at the connection before anybody else has it. If the server is
    /// gone, the other connections are as dead as this one: each would fail whoever takes it up.
    pub(crate) fn hear(&mut self, error: &sqlx::Error) {
        self.has_failed = true;
        let code = error.as_database_error().and_then(|error| error.code());
        if matches!(error, sqlx::Error::Io(_)) || code.is_some_and(|code| code.starts_with(SHUTTING_DOWN)) {
            self.shelf.lose();
        }
    }

    /// The connection goes to nobody else: it is closed with the lease.
    pub(crate) const fn keep(&mut self) {
        self.is_kept = true;
    }

    /// The connection for SQL that is not ours.
    pub(crate) fn lend(&mut self) -> &mut DB::Connection {
        self.was_lent = true;
        &mut self.connection
    }

    /// Begins by this statement, which may say more than BEGIN.
    pub(crate) async fn begin(&mut self, statement: SqlStr) -> sqlx::Result<()> {
        self.state = State::Beginning;
        let mut begun = DB::TransactionManager::begin(&mut self.connection, Some(statement.clone())).await;
        if matches!(begun, Err(sqlx::Error::InvalidSavePointStatement)) {
            // SQL that was not ours has ended a transaction behind sqlx's back, which counts it until a ROLLBACK succeeds.
            DB::execute_script(self.connection(), sql::begin::<DB>()).await?;
            DB::TransactionManager::rollback(&mut self.connection).await?;
            begun = DB::TransactionManager::begin(&mut self.connection, Some(statement)).await;
        }
        self.heard(begun)?;
        self.state = State::Open;
        Ok(())
    }

    pub(crate) async fn commit(&mut self) -> sqlx::Result<()> {
        let committed = if self.was_lent && DB::IS_REMOTE {
            DB::execute_script(self.connection(), SqlStr::from_static(sql::commit_lent(DB::DIALECT))).await
        } else {
            DB::TransactionManager::commit(&mut self.connection).await
        };
        self.heard(committed)?;
        self.state = State::Idle;
        Ok(())
    }

    pub(crate) async fn rollback(&mut self) -> sqlx::Result<()> {
        let ended = DB::TransactionManager::rollback(&mut self.connection).await;
        self.heard(ended)?;
        self.state = State::Idle;
        Ok(())
    }

    fn heard<R>(&mut self, result: sqlx::Result<R>) -> sqlx::Result<R> {
        result.inspect_err(|error| self.hear(error))
    }
}

impl<DB: Backend> Drop for Lease<DB> {
    fn drop(&mut self) {
        if self.is_kept && DB::IS_REMOTE {
            self.connection.close_on_drop();
            return;
        }
        match self.state {
            // SQLite's has no role and no setting that says who is asking, and an in-memory database would be lost.
            _ if self.was_lent && DB::IS_REMOTE => self.connection.close_on_drop(),
            // To read on to the end of a result, only to throw it away, may take for ever.
            _ if self.expects_rows && DB::IS_REMOTE => self.connection.close_on_drop(),
            State::Idle if self.is_done && !self.has_failed && !self.was_lent && !self.expects_rows => {
                self.shelf.lay_down(&self.connection)
            }
            State::Idle => {}
            // Nobody can tell whether a transaction is open, and nothing short of a round trip could end it. sqlx
            // closes the connection in the background; closing the pool waits for that. SQLite's worker rolls
            // back by itself, and a closed in-memory database would be lost.
            State::Beginning if DB::CANCELLED_BEGIN_LEAKS => self.connection.close_on_drop(),
            State::Beginning => {}
            // Queued before whatever comes next on this connection. After a COMMIT that was carried out but not
            // acknowledged it does nothing.
            State::Open => DB::TransactionManager::start_rollback(&mut self.connection),
        }
    }
}
