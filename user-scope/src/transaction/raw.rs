//! SQL that is not ours, in a transaction of ours: lent, and taken back before anything else is done.
//!
//! Nothing here reads what that SQL is. On PostgreSQL it is isolated by the database, which is proven before each loan; by
//! its other name, and on SQLite, it is isolated by nothing.

use std::pin::pin;

use super::{ScopedTransaction, TRANSACTION};
use crate::audit::{AuditEvent, Details, Entry, Operation};
use crate::backend::Backend;
use crate::context::{Caller, Writes};
use crate::error::{Doing, Error, Result};
#[cfg(feature = "postgres")]
use crate::isolation::fit;
use crate::observe::observed;
use crate::session::Health;
use crate::sql;

#[cfg(feature = "postgres")]
impl<C: Caller> ScopedTransaction<sqlx::Postgres, C> {
    /// The connection of this transaction, for SQL of your own, which the database isolates: it sees and writes the caller's
    /// rows and no others, whatever it says; in system mode it sees all.
    ///
    /// The pool needs [`Enforcement::Database`](crate::Enforcement::Database), and is to know by
    /// [`isolated`](crate::ScopedPoolBuilder::isolated) which tables are. That row-level security holds for the login on each
    /// of these is proven by the database at every call; on other tables it is not. The loan itself is recorded, as `raw_sql`;
    /// what the SQL does is not.
    ///
    /// ```
    /// # async fn f(pool: user_scope::ScopedPool<sqlx::Postgres>, alice: user_scope::UserContext) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut tx = pool.begin(&alice).await?;
    /// let by_month = "SELECT date_trunc('month', t.created_at)::date, count(*) FROM tasks t JOIN subtasks s ON s.task_id = t.id GROUP BY 1";
    /// let rows = sqlx::query(by_month).fetch_all(tx.connection().await?).await?;      // hers, without a WHERE
    /// tx.commit().await?;
    /// # drop(rows); Ok(()) }
    /// ```
    ///
    /// The next operation, and the commit, take the transaction back. They fail with [`Error::TransactionEnded`] if the SQL has
    /// committed it or rolled it back. Afterwards the connection is closed, not used again: nobody knows what was set on it.
    /// A call costs two round trips, and to take the transaction back one.
    ///
    /// # Errors
    ///
    /// [`Error::Isolation`] if row-level security is not proven to hold, [`Error::TransactionAborted`] if the transaction can go
    /// no further.
    pub async fn connection(&mut self) -> Result<&mut sqlx::PgConnection>
    where
        C: Writes,
    {
        let proven = async {
            let shared = self.open.common.get_mut();
            shared.sound().await?;
            let guard = self.open.state.connections().guard();
            fit::prove(&mut shared.lease, guard, self.caller.asking().is_none()).await
        };
        observed(TRANSACTION, "prove", pin!(proven)).await?;
        self.lend().await
    }
}

impl<DB: Backend, C: Caller> ScopedTransaction<DB, C> {
    /// The connection of this transaction, for SQL of your own, **which nothing isolates**: it sees and writes every user's rows,
    /// unless each of its statements says otherwise. On SQLite there is no other way; on PostgreSQL see
    /// [`connection`](Self::connection).
    ///
    /// The loan itself is recorded, as `raw_sql`; what the SQL does is not. The next operation, and the commit, take the
    /// transaction back. They fail with [`Error::TransactionEnded`] if the SQL has committed it or rolled it back. On PostgreSQL
    /// the connection is closed afterwards; on SQLite, what the SQL has set for the session stays set.
    ///
    /// ```
    /// # async fn f(pool: user_scope::ScopedPool<sqlx::Sqlite>, alice: user_scope::UserContext) -> Result<(), Box<dyn std::error::Error>> {
    /// # #[cfg(feature = "sqlite")] {
    /// let mut tx = pool.begin(&alice).await?;
    /// let longest = sqlx::query("SELECT max(length(title)) FROM tasks WHERE user_id = $1").bind(alice.user());
    /// let row = longest.fetch_one(tx.unscoped_connection().await?).await?;
    /// tx.commit().await?;
    /// # drop(row); }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::TransactionAborted`] if the transaction can go no further.
    pub async fn unscoped_connection(&mut self) -> Result<&mut DB::Connection>
    where
        C: Writes,
    {
        self.open.common.get_mut().sound().await?;
        self.lend().await
    }

    async fn lend(&mut self) -> Result<&mut DB::Connection> {
        let details = Details::default();
        let event = AuditEvent::by(&self.caller, TRANSACTION, None, Operation::RawSql, details);
        let user = self.caller.asking();
        let (audit, connections) = (self.open.state.audit(), self.open.state.connections());
        let shared = self.open.common.get_mut();
        let lent = async {
            shared.health = Health::Busy;
            let savepoint = DB::execute_script(shared.lease.connection(), sqlx::SqlStr::from_static(sql::LEND));
            savepoint.await.map_err(|error| {
                shared.health = Health::Aborted;
                Error::from_sqlx(TRANSACTION, Doing::Writing, error)
            })?;
            shared.taking_back = Some(connections.taking_back(user.as_ref()));
            shared.health = Health::Lent;
            // Not a write: what it did, or saw, counts whatever becomes of the transaction.
            if audit.records_raw_sql() || self.caller.receipt().is_some() {
                shared.reads.push(Entry::Event(event));
            }
            Ok(())
        };
        observed(TRANSACTION, "raw_sql", pin!(lent)).await?;
        Ok(self.open.common.get_mut().lease.lend())
    }
}
