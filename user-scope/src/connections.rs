//! Where connections come from, and in whose name: one pool, or one more for system mode; and whether each operation tells
//! the database who is asking.

use std::sync::Arc;

use sqlx::SqlStr;
use tokio::sync::OnceCell;

use crate::backend::{Backend, Pooling};
use crate::context::Accountable;
use crate::identifier::IdValue;
use crate::isolation::fit::{self, Guard};
use crate::lease::Lease;
use crate::shelf::Shelf;
use crate::sql;

#[derive(Debug)]
pub(crate) struct Connections<DB: Backend>(Arc<Inner<DB>>);

#[derive(Debug)]
struct Inner<DB: Backend> {
    users: Shelf<DB>,
    /// The login of system mode, if it has one of its own.
    system: Option<Shelf<DB>>,
    guard: Guard,
    pooling: Pooling,
    /// That the guard fits the database; it is looked at once.
    fits: OnceCell<()>,
}

impl<DB: Backend> Connections<DB> {
    pub(crate) fn new(users: Shelf<DB>, system: Option<Shelf<DB>>, guard: Guard, pooling: Pooling) -> Self {
        let pooling = pooling.of::<DB>();
        Self(Arc::new(Inner { users, system, guard, pooling, fits: OnceCell::new() }))
    }

    /// Those of everybody's login, for what is nobody's: the log, and the library's own tables.
    pub(crate) fn shelf(&self) -> &Shelf<DB> {
        &self.0.users
    }

    /// Whether system mode has a login of its own.
    pub(crate) fn has_system_login(&self) -> bool {
        self.0.system.is_some()
    }

    pub(crate) fn guard(&self) -> &Guard {
        &self.0.guard
    }

    pub(crate) fn pooling(&self) -> Pooling {
        self.0.pooling
    }

    /// Whether an operation by itself is in a transaction, whatever it does.
    fn begins(&self) -> bool {
        self.0.guard.enforcement.announces() || self.0.pooling == Pooling::Transaction
    }

    /// A connection for one operation. Where the database is to keep users apart, or a pooler stands before it, it is in a
    /// transaction that says who is asking, and nothing that is done on it stands before that is committed.
    pub(crate) async fn lease(&self, caller: &dyn Accountable) -> sqlx::Result<Lease<DB>> {
        match self.begins() {
            false => self.acquire(caller.receipt().is_some()).await,
            true => self.lease_of(caller.asking().as_ref()).await,
        }
    }

    /// The same, for a user whose type the audit has forgotten, or for system mode.
    pub(crate) async fn lease_of(&self, user: Option<&IdValue>) -> sqlx::Result<Lease<DB>> {
        let mut lease = self.acquire(user.is_none()).await?;
        if self.begins() {
            lease.begin(self.opening(user)).await?;
        }
        Ok(lease)
    }

    /// A connection in nobody's name.
    pub(crate) async fn acquire(&self, for_system_mode: bool) -> sqlx::Result<Lease<DB>> {
        self.check().await?;
        let system = self.0.system.as_ref().filter(|_| for_system_mode);
        Lease::of(system.unwrap_or(&self.0.users), self.0.pooling).await
    }

    /// How a transaction of this user, or of system mode, is begun. A user's always says who he is: for raw SQL, on tables
    /// that are isolated whatever the setting.
    pub(crate) fn opening(&self, user: Option<&IdValue>) -> SqlStr {
        let guard = &self.0.guard;
        match (user, guard.enforcement.announces()) {
            (Some(user), _) => sql::begin_as::<DB>(user),
            (None, true) => sql::begin_as_system::<DB>(&guard.system_role),
            (None, false) => sql::begin::<DB>(),
        }
    }

    /// How a transaction of the same is taken back from SQL that is not ours.
    pub(crate) fn taking_back(&self, user: Option<&IdValue>) -> SqlStr {
        let guard = &self.0.guard;
        let role = guard.enforcement.announces().then_some(guard.system_role.as_str());
        sql::take_back(DB::DIALECT, user, role)
    }

    /// Looks, once, whether what keeps users apart here is what the database expects.
    pub(crate) async fn check(&self) -> sqlx::Result<()> {
        let inner = &*self.0;
        if inner.fits.initialized() {
            return Ok(());
        }
        let look = || fit::check(&inner.users, inner.system.as_ref(), &inner.guard, inner.pooling);
        // What is done once is not to be in the future of every operation, which is moved as a whole.
        Box::pin(inner.fits.get_or_try_init(look)).await.copied()
    }

    pub(crate) async fn close(&self) {
        self.0.users.close().await;
        if let Some(system) = &self.0.system {
            system.close().await;
        }
    }
}

impl<DB: Backend> Clone for Connections<DB> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
