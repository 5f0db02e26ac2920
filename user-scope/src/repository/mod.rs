//! The only way to an entity's rows.
//!
//! One file each for what a repository does: [`reading`] and [`writing`] one row; [`query`], rows by a condition, [`pages`]
//! of them, one by one as a [`stream`], and what they come to ([`aggregates`]); [`bulk`] writes and [`upserting`]; rows
//! that are marked as [`deleted`]; [`relatives`]; and `everyone`, what only a system context may do. Each says what is
//! wanted in the words of the entity, and reads the rows that come. The rest is done in [`compiled`], which does not know
//! the entity: the statement of `sql`, its session, its trace. No SQL enters here, and no driver but by its name, in
//! `compiled`.

mod aggregates;
mod bulk;
mod compiled;
mod deleted;
mod everyone;
mod pages;
mod query;
mod reading;
mod relatives;
mod stream;
mod upserting;
mod writing;

use std::fmt;
use std::marker::PhantomData;

pub use pages::Page;
pub use query::Query;
pub use stream::RowStream;

use compiled::Access;
pub(crate) use compiled::Compiled;

use crate::audit::Audit;
use crate::backend::Backend;
use crate::context::{Caller, UserContext};
use crate::entity::{KeyedById, Stores, Table, UserScoped};
use crate::session::Source;
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

    /// The same, with the entity forgotten.
    fn access(&self) -> Access<'a, DB>
    where
        DB: Stores<T>,
    {
        Access { source: self.source, caller: self.caller, audit: self.audit, table: Table::of::<T>() }
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
