//! Rows one by one, in constant memory.
//!
//! A stream is a future that reads, and a place in which it lays one row at a time. Both are polled by the consumer
//! alone: no task is started, and a stream that is not polled reads nothing.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;

use super::Query;
use super::compiled::{Access, Question, Wanted};
use crate::backend::Backend;
use crate::context::Caller;
use crate::entity::{Select, Stores, UserScoped};
use crate::error::{Doing, Error, Result};
use crate::observe::observed;
use crate::session::{Health, Session, Trace};

/// The rows of a query, one by one, from [`Query::stream`]. After an error there are no more.
///
/// It has a connection of its own from its first row to its end, or until it is dropped. On PostgreSQL a connection on
/// which rows are left unread is then closed; on SQLite an open stream reads the database as it was when it began.
///
/// In a transaction nothing else can be done meanwhile: other operations fail with [`Error::Busy`]. Dropped early it
/// leaves the transaction as it was; on PostgreSQL the next operation, or the commit, then first reads the rest of the
/// rows, and fails if the database failed on them. Where that may be long, set a [`limit`](Query::limit).
#[must_use = "a stream reads nothing until it is polled"]
pub struct RowStream<'a, R> {
    reader: Option<Reader<'a>>,
    slot: Arc<Slot<R>>,
}

/// Reads to the end, and tells how many rows it gave.
type Reader<'a> = Pin<Box<dyn Future<Output = Result<u64>> + Send + 'a>>;

/// Where a row lies after it has been read, until the same poll hands it over.
struct Slot<R>(Mutex<Option<R>>);

impl<'a, T, DB, C, R> Query<'a, T, DB, C, R>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
    R: Select<Entity = T>,
{
    /// The rows one by one, however many there are: a handful of them is in memory at a time.
    ///
    /// ```
    /// # use user_scope::{UserScoped, Uuid};
    /// # #[derive(UserScoped)]
    /// # #[user_scoped(table = "tasks")]
    /// # struct Task { #[user_scoped(id)] id: Uuid, #[user_scoped(owner)] user_id: Uuid, title: String }
    /// use futures_util::TryStreamExt as _;
    ///
    /// # async fn f<DB: user_scope::Stores<Task>>(tasks: user_scope::ScopedRepository<'_, Task, DB>)
    /// # -> user_scope::Result<()> {
    /// let mut rows = tasks.query().order_by(Task::TITLE.asc()).stream();
    /// while let Some(task) = rows.try_next().await? {
    ///     println!("{}", task.title);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The stream gives what [`all`](Self::all) fails with, and in a transaction [`Error::Busy`] if another stream is
    /// open there.
    pub fn stream(self) -> RowStream<'a, R> {
        let slot = Arc::new(Slot(Mutex::new(None)));
        let filled = Arc::clone(&slot);
        let reader = async move { observed(T::entity().name(), "stream", pin!(self.read_into(&filled))).await };
        RowStream { reader: Some(Box::pin(reader)), slot }
    }

    async fn read_into(self, slot: &Slot<R>) -> Result<u64> {
        let access = self.repository.access();
        let wanted = Wanted::Rows(R::columns());
        let question = Question { operation: "stream", wanted, selection: self.selection };
        let statement = question.statement(access)?;

        let mut reading = Reading { access, session: None, rows: 0, leaves: Health::Sound };
        let session = reading.session.insert(access.session().await?);
        session.open_stream();
        let mut rows = DB::fetch(session.connection(), statement);
        let ended = loop {
            let row = match poll_fn(|context| rows.as_mut().poll_next(context)).await {
                Some(Ok(row)) => R::decode::<DB>(&row),
                Some(Err(error)) => break Err(error),
                None => break Ok(()),
            };
            let row = row.map_err(|error| access.unreadable(error))?;
            reading.rows += 1;
            slot.hand_over(row).await;
        };
        drop(rows);
        session.close_stream();
        if let Err(error) = ended {
            session.hear(&error);
            reading.leaves = Health::Aborted;
            return Err(Error::from_sqlx(T::entity().name(), Doing::Reading, error));
        }
        Ok(reading.conclude().await)
    }
}

/// A read that is under way. Dropped before its end it gives back the connection, and leaves on record what was seen.
struct Reading<'a, DB: Backend> {
    access: Access<'a, DB>,
    session: Option<Session<'a, DB>>,
    rows: u64,
    /// How a transaction is if it goes no further.
    leaves: Health,
}

impl<DB: Backend> Reading<'_, DB> {
    async fn conclude(mut self) -> u64 {
        if let Some(session) = self.session.take() {
            let trace = self.access.listed(Some(self.rows));
            session.conclude(trace, self.access.audit).await;
        }
        self.rows
    }
}

impl<DB: Backend> Drop for Reading<'_, DB> {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            let seen = self.rows > 0;
            let read = || self.access.listed(Some(self.rows));
            session.abandon(self.leaves, if seen { read() } else { Trace::Nothing }, self.access.audit);
        }
    }
}

impl<R> Slot<R> {
    fn lock(&self) -> MutexGuard<'_, Option<R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lays `row` down, and goes on when it has been taken. Nobody needs to be woken for that: whoever takes it polls us.
    async fn hand_over(&self, row: R) {
        *self.lock() = Some(row);
        poll_fn(|_| if self.lock().is_none() { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

impl<R> Stream for RowStream<'_, R> {
    type Item = Result<R>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<R>>> {
        let Some(reader) = &mut self.reader else { return Poll::Ready(None) };
        let polled = reader.as_mut().poll(context);
        if let Some(row) = self.slot.lock().take() {
            return Poll::Ready(Some(Ok(row)));
        }
        let Poll::Ready(ended) = polled else { return Poll::Pending };
        self.reader = None;
        Poll::Ready(ended.err().map(Err))
    }
}

impl<R> fmt::Debug for RowStream<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowStream").field("ended", &self.reader.is_none()).finish_non_exhaustive()
    }
}
