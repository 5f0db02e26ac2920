//! The only way to an entity's rows.
//!
//! One file each for what a repository does: [`reading`] and [`writing`] one row; [`query`], rows by a condition, [`pages`] of
//! them, one by one as a [`stream`], and what they come to ([`aggregates`]); [`bulk`] writes and [`upserting`]; rows that are marked as
//! [`deleted`]; [`relatives`]; and `everyone`, what only a system context may do. Every write goes the way of `recording`
//! or `touching`. Each operation names itself, lets `sql` write the statement, runs it on a session and leaves its trace.
//! No SQL and no driver enters here.

mod act;
mod aggregates;
mod bulk;
mod deleted;
mod everyone;
mod pages;
mod query;
mod reading;
mod recording;
mod refusal;
mod relatives;
mod rowwise;
mod stream;
mod touching;
mod upserting;
mod writing;

use std::fmt;
use std::marker::PhantomData;

pub use pages::Page;
pub use query::Query;
pub use stream::RowStream;

use crate::audit::{Audit, AuditEvent, Details, Entry, Miss, Operation};
use crate::backend::{Backend, Query as Statement};
use crate::context::{Caller, UserContext};
use crate::entity::{Entity, KeyedById, Moment, UserScoped};
use crate::error::{Doing, Error, Result};
use crate::identifier::IdValue;
use crate::session::{Session, Source, Trace};
use crate::system::{OwnedBy, SystemContext};

/// A caller for whom an id of `T` names one row: every one, unless the entity is keyed by owner and id and the caller is a
/// system context that sees all owners.
#[diagnostic::on_unimplemented(
    message = "an id of `{T}` does not tell a system context whose row it is",
    label = "this entity is keyed by owner and id together",
    note = "say whose rows are meant: `system.owned_by(&user).repository::<{T}>()`"
)]
pub trait Reaches<T>: Caller {}

#[diagnostic::do_not_recommend]
impl<T: UserScoped> Reaches<T> for UserContext<T::Owner> {}

#[diagnostic::do_not_recommend]
impl<T: KeyedById, DB: Backend, Access: 'static> Reaches<T> for SystemContext<DB, T::Owner, Access> {}

#[diagnostic::do_not_recommend]
impl<T: UserScoped, DB: Backend, Access: 'static> Reaches<T> for OwnedBy<DB, T::Owner, Access> {}

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
        self.source.session(T::entity().name(), self.caller).await
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

    /// Whether one statement can carry all values of this one.
    fn check_values(&self, statement: &Statement<DB>) -> Result<()> {
        let (values, limit) = (sqlx::Arguments::len(&statement.arguments), DB::DIALECT.max_parameters());
        if values > limit {
            return Err(Error::TooManyValues { entity: T::entity().name(), values, limit });
        }
        Ok(())
    }

    fn event(&self, operation: Operation, entity_id: Option<String>, details: Details) -> Entry {
        self.event_of(T::entity().name(), operation, entity_id, details)
    }

    fn event_of(
        &self,
        entity_type: &'static str,
        operation: Operation,
        entity_id: Option<String>,
        details: Details,
    ) -> Entry {
        Entry::Event(AuditEvent::by(self.caller, entity_type, entity_id, operation, details))
    }

    /// System mode is loud, whatever is set for users.
    fn is_system(&self) -> bool {
        self.caller.receipt().is_some()
    }

    /// The trace of a read that found something.
    fn read(&self, operation: Operation, id: Option<&T::Id>, rows: Option<u64>) -> Trace {
        self.read_with(operation, id, Details { rows, ..Details::default() })
    }

    fn read_with(&self, operation: Operation, id: Option<&T::Id>, details: Details) -> Trace {
        if !self.audit.reads(T::entity()) && !self.is_system() {
            return Trace::Nothing;
        }
        let id = id.map(|id| IdValue::of(id).into_text());
        Trace::Read(self.event(operation, id, details))
    }

    /// The trace of an access to a row that the caller does not have. Whose it is, if it is anybody's, is found
    /// out later.
    fn missed(&self, attempted: Operation, id: &T::Id) -> Trace {
        self.missed_rows(attempted, [(T::entity(), IdValue::of(id))])
    }

    fn missed_rows(&self, attempted: Operation, rows: impl IntoIterator<Item = (&'static Entity, IdValue)>) -> Trace {
        // Nobody is foreign to a system context.
        if self.is_system() {
            return Trace::Nothing;
        }
        // Two users may have the same id where it is a key together with the owner: nobody has asked for another's.
        let recorded =
            rows.into_iter().filter(|(entity, _)| self.audit.denials(entity) && !entity.definition().keyed_by_owner);
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
