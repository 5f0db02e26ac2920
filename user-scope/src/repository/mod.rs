//! The only way to an entity's rows.
//!
//! One file each for what a repository does: [`reading`] one row, [`writing`] one row, and [`query`], rows by a
//! condition; `everyone` holds what only a system context may do. Each operation names itself, lets `sql` write
//! the statement, runs it on a session and leaves its trace. No SQL and no driver enters here.

mod everyone;
mod query;
mod reading;
mod writing;

use std::fmt;
use std::marker::PhantomData;

use uuid::Uuid;

pub use query::Query;

use crate::audit::{Audit, AuditEvent, Details, Entry, Miss, Operation};
use crate::backend::Backend;
use crate::context::{Caller, UserContext};
use crate::entity::{Entity, Moment, UserScoped};
use crate::error::{Doing, Error, Result};
use crate::identifier::IdValue;
use crate::session::{Session, Source, Trace};

/// The rows of the entity `T` that a caller may see: a user his own, a system context all.
///
/// It borrows the pool, or the transaction, and the caller; it is cheap to make and to copy. Every operation is
/// audited as the pool and the entity are set, and its future can be dropped at any time: a write is then made as
/// a whole or not at all.
pub struct ScopedRepository<'a, T, DB, C = UserContext<<T as UserScoped>::Owner>>
where
    T: UserScoped,
    DB: Backend,
    C: Caller<Owner = T::Owner>,
{
    source: Source<'a, DB>,
    caller: &'a C,
    audit: &'a Audit<DB>,
    entity: PhantomData<fn() -> T>,
}

impl<'a, T, DB, C> ScopedRepository<'a, T, DB, C>
where
    T: UserScoped,
    DB: Backend,
    C: Caller<Owner = T::Owner>,
{
    pub(crate) fn new(source: Source<'a, DB>, caller: &'a C, audit: &'a Audit<DB>) -> Self {
        Self { source, caller, audit, entity: PhantomData }
    }

    async fn session(&self) -> Result<Session<'a, DB>> {
        self.source.session(T::entity().name()).await
    }

    /// What the driver reported, once the session has been told of it.
    fn failed(session: Session<'_, DB>, doing: Doing, error: sqlx::Error) -> Error {
        session.fail();
        Error::from_sqlx(T::entity().name(), doing, error)
    }

    /// The same error, with the name of the column that it is about in place of its number.
    fn named(error: sqlx::Error) -> sqlx::Error {
        let sqlx::Error::ColumnDecode { index, source } = error else { return error };
        let name = index.parse().ok().map(|position| T::entity().column_name(position)).filter(|name| !name.is_empty());
        sqlx::Error::ColumnDecode { index: name.map_or(index, |name| format!("`{name}`")), source }
    }

    fn event(&self, operation: Operation, entity_id: Option<String>, details: Details) -> Entry {
        Entry::Event(AuditEvent {
            id: Uuid::nil(),
            user: self.caller.actor(),
            entity_type: T::entity().name(),
            entity_id,
            operation,
            occurred_at: Moment::now(),
            details: Details { receipt: self.caller.receipt(), ..details },
        })
    }

    /// The trace of a read that found something.
    fn read(&self, operation: Operation, id: Option<&T::Id>, rows: Option<u64>) -> Trace {
        // System mode is loud, whatever is set for users.
        if !self.audit.reads(T::entity()) && !self.caller.scope().is_everyone() {
            return Trace::Nothing;
        }
        let id = id.map(|id| IdValue::of(id).into_text());
        Trace::Read(self.event(operation, id, Details { rows, ..Details::default() }))
    }

    /// The trace of an access to a row that the caller does not have. Whose it is, if it is anybody's, is found
    /// out later.
    fn missed(&self, attempted: Operation, id: &T::Id) -> Trace {
        self.missed_rows(attempted, [(T::entity(), IdValue::of(id))])
    }

    fn missed_rows(&self, attempted: Operation, rows: impl IntoIterator<Item = (&'static Entity, IdValue)>) -> Trace {
        // Nobody is foreign to a system context.
        if self.caller.scope().is_everyone() {
            return Trace::Nothing;
        }
        let recorded = rows.into_iter().filter(|(entity, _)| self.audit.denials(entity));
        let occurred_at = Moment::now();
        let user = self.caller.actor();
        Trace::Missed(
            recorded
                .map(|(entity, id)| Entry::Miss(Miss { user: user.clone(), entity, id, attempted, occurred_at }))
                .collect(),
        )
    }
}

impl<T, DB, C> Clone for ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Backend,
    C: Caller<Owner = T::Owner>,
{
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, DB, C> Copy for ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Backend,
    C: Caller<Owner = T::Owner>,
{
}

impl<T, DB, C> fmt::Debug for ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Backend,
    C: Caller<Owner = T::Owner> + fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScopedRepository({}, {:?})", T::entity().name(), self.caller)
    }
}
