//! System mode: the only way across users, and a loud one. It needs a reason and a person, and leaves a receipt
//! that is committed before anything can be done.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::sync::Arc;

use uuid::Uuid;

use crate::audit::{AuditLog, AuditTrail, Details, Operation};
use crate::backend::Backend;
use crate::context::{Accountable, Administers, Caller, Inserts, Scope, UserContext, Writes, sealed};
use crate::entity::{Stores, UserScoped};
use crate::error::{Doing, Error, Result};
use crate::identifier::{IdValue, Identifier};
use crate::observe::observed;
use crate::pool::ScopedPool;
use crate::repository::ScopedRepository;
use crate::session::Source;
use crate::sql::{self, LogEntry};
use crate::transaction::ScopedTransaction;

/// Half of a request for system mode: the reason. [`requested_by`](Self::requested_by) completes it.
#[must_use = "system mode needs somebody who asks for it: `.requested_by(&admin).await?`"]
pub struct SystemRequest<'a, DB: Backend, Id = Uuid> {
    pool: &'a ScopedPool<DB, Id>,
    reason: &'a str,
}

impl<'a, DB: Backend, Id: Identifier> SystemRequest<'a, DB, Id> {
    pub(crate) const fn new(pool: &'a ScopedPool<DB, Id>, reason: &'a str) -> Self {
        Self { pool, reason }
    }

    /// Says who asks. Await the result for the [`SystemContext`].
    ///
    /// That he may is for the application to know: it has checked his role before it comes here.
    pub fn requested_by(self, admin: &UserContext<Id>) -> SignedRequest<'a, DB, Id> {
        SignedRequest { request: self, admin: admin.clone() }
    }
}

/// A request for system mode, complete. Awaiting it commits the receipt and gives the [`SystemContext`].
#[must_use = "system mode exists once the request is awaited"]
pub struct SignedRequest<'a, DB: Backend, Id = Uuid> {
    request: SystemRequest<'a, DB, Id>,
    admin: UserContext<Id>,
}

impl<'a, DB: Backend, Id: Identifier> IntoFuture for SignedRequest<'a, DB, Id> {
    /// Fails with [`Error::InvalidReason`], or with [`Error::Audit`] if the receipt cannot be written.
    type Output = Result<SystemContext<DB, Id>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let SystemRequest { pool, reason } = self.request;
            let receipt = Receipt { id: Uuid::now_v7(), reason: valid_reason(reason)?.into() };
            let committed = commit_receipt(pool, &self.admin, &receipt);
            observed("system_context", "system_access", pin!(committed)).await?;
            Ok(SystemContext { pool: pool.clone(), admin: self.admin, receipt, access: PhantomData })
        })
    }
}

fn valid_reason(reason: &str) -> Result<&str> {
    let reason = reason.trim();
    let (says, length) = (reason.chars().filter(|character| character.is_alphanumeric()), reason.chars().count());
    if says.count() < 3 || length > 1_000 || reason.chars().any(char::is_control) {
        return Err(Error::InvalidReason);
    }
    Ok(reason)
}

/// Writes the receipt on a connection of its own, in a transaction of its own, where nothing can take it back: not even
/// a transaction that other code forgot on a connection that it shares with us, for that is committed as well.
async fn commit_receipt<DB: Backend, Id: Identifier>(
    pool: &ScopedPool<DB, Id>,
    admin: &UserContext<Id>,
    receipt: &Receipt,
) -> Result<()> {
    let details = Details { reason: Some(receipt.reason.to_string()), ..Details::default() };
    let query = sql::insert_receipt::<DB>(&LogEntry {
        entity: "system_context",
        user: IdValue::of(admin.user()),
        entity_id: Some(receipt.id.to_string()),
        operation: Operation::SystemAccess.as_str(),
        details: details.to_json(),
    });
    let query = query.map_err(|error| Error::unbindable("user_access_log", error))?;
    let failed = |error| Error::from_sqlx("user_access_log", Doing::Writing, error);
    let mut lease = pool.state().connections().acquire(false).await.map_err(failed)?;
    lease.begin(sql::begin::<DB>()).await.map_err(failed)?;
    DB::execute(lease.connection(), query).await.map_err(|error| Error::Audit { source: error.into() })?;
    lease.commit().await.map_err(failed)
}

#[derive(Debug, Clone)]
struct Receipt {
    id: Uuid,
    reason: Arc<str>,
}

/// A system context that may read and write.
#[derive(Debug, Clone, Copy)]
pub enum ReadWrite {}

/// A system context that was narrowed to reading.
#[derive(Debug, Clone, Copy)]
pub enum ReadOnly {}

/// Administration: reaches the rows of every user, says why, and has left a receipt.
///
/// It comes from [`ScopedPool::system`] alone, when its receipt is committed: an audit row with the operation
/// `system_access`, the reason, and who asked. Every row that it reads or changes is audited in his name, with the
/// receipt's id, even where the audit is off for users. It is bound to its pool.
pub struct SystemContext<DB: Backend, Id = Uuid, Access = ReadWrite> {
    pool: ScopedPool<DB, Id>,
    admin: UserContext<Id>,
    receipt: Receipt,
    access: PhantomData<fn() -> Access>,
}

impl<DB: Backend, Id: Identifier, Access: 'static> SystemContext<DB, Id, Access> {
    /// All users' rows of the entity `T`.
    pub fn repository<T>(&self) -> ScopedRepository<'_, T, DB, Self>
    where
        T: UserScoped<Owner = Id>,
        DB: Stores<T>,
    {
        ScopedRepository::new(Source::Pool(self.pool.state()), self, self.pool.state().audit())
    }

    /// Begins a transaction in system mode.
    ///
    /// # Errors
    ///
    /// As [`ScopedPool::begin`].
    pub async fn begin(&self) -> Result<ScopedTransaction<DB, Self>> {
        ScopedTransaction::begin(Arc::clone(self.pool.state()), self.clone()).await
    }

    /// Everybody's audit trail, denials and receipts among it.
    pub fn audit_trail(&self) -> AuditTrail<'_, DB> {
        AuditTrail::new(self.pool.state().connections(), None)
    }

    /// The audit log of all users: what can be asked of it, and how it is proven and kept.
    pub fn audit(&self) -> AuditLog<'_, DB> {
        AuditLog::new(self.pool.state(), self.actor(), self.receipt.id)
    }

    /// Why this context exists.
    pub fn reason(&self) -> &str {
        &self.receipt.reason
    }

    /// Who asked for it.
    pub const fn requested_by(&self) -> &UserContext<Id> {
        &self.admin
    }

    /// The receipt's id: the `entity_id` of its row in the log.
    pub const fn receipt_id(&self) -> Uuid {
        self.receipt.id
    }

    /// The same context, narrowed to the rows of one user, be it the system user: it reads and writes them, and inserts for
    /// him. Each access is audited in the administrator's name, with the receipt and the owner.
    ///
    /// ```
    /// # use user_scope::{Result, Stores, SystemContext, UserScoped, Uuid};
    /// # #[derive(UserScoped)]
    /// # #[user_scoped(table = "tasks")]
    /// # struct Task { #[user_scoped(id)] id: Uuid, #[user_scoped(owner)] user_id: Uuid }
    /// # async fn f<DB: Stores<Task>>(system: SystemContext<DB>, alice: Uuid) -> Result<()> {
    /// let hers = system.owned_by(&alice);
    /// let count = hers.repository::<Task>().query().count().await?;
    /// # Ok(()) }
    /// ```
    pub fn owned_by(&self, owner: &Id) -> OwnedBy<DB, Id, Access> {
        OwnedBy { system: self.clone(), owner: owner.clone() }
    }

    /// The same context, which can only read: code that it is handed to finds no method that writes.
    pub fn read_only(self) -> SystemContext<DB, Id, ReadOnly> {
        let Self { pool, admin, receipt, access: _ } = self;
        SystemContext { pool, admin, receipt, access: PhantomData }
    }
}

impl<DB: Backend, Id: Identifier, Access> Clone for SystemContext<DB, Id, Access> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), admin: self.admin.clone(), receipt: self.receipt.clone(), access: PhantomData }
    }
}

impl<DB: Backend, Id: Identifier, Access> fmt::Debug for SystemContext<DB, Id, Access> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SystemContext({:?}, asked for by {:?})", self.receipt.reason, self.admin)
    }
}

impl<DB: Backend, Id: Identifier, Access> sealed::Sealed for SystemContext<DB, Id, Access> {}

impl<DB: Backend, Id: Identifier, Access> Caller for SystemContext<DB, Id, Access> {
    type Owner = Id;
}

impl<DB: Backend, Id: Identifier, Access> Accountable for SystemContext<DB, Id, Access> {
    fn whose(&self) -> Scope<'_> {
        Scope::Everyone
    }

    fn actor(&self) -> IdValue {
        IdValue::of(self.admin.user())
    }

    fn receipt(&self) -> Option<Uuid> {
        Some(self.receipt.id)
    }
}

impl<DB: Backend, Id: Identifier> Writes for SystemContext<DB, Id, ReadWrite> {}

impl<DB: Backend, Id: Identifier, Access> Administers for SystemContext<DB, Id, Access> {}

/// A system context that acts on the rows of one user, from [`SystemContext::owned_by`].
pub struct OwnedBy<DB: Backend, Id = Uuid, Access = ReadWrite> {
    system: SystemContext<DB, Id, Access>,
    owner: Id,
}

impl<DB: Backend, Id: Identifier, Access: 'static> OwnedBy<DB, Id, Access> {
    /// His rows of the entity `T`.
    pub fn repository<T>(&self) -> ScopedRepository<'_, T, DB, Self>
    where
        T: UserScoped<Owner = Id>,
        DB: Stores<T>,
    {
        let state = self.system.pool.state();
        ScopedRepository::new(Source::Pool(state), self, state.audit())
    }

    /// Begins a transaction on his rows.
    ///
    /// # Errors
    ///
    /// As [`ScopedPool::begin`].
    pub async fn begin(&self) -> Result<ScopedTransaction<DB, Self>> {
        ScopedTransaction::begin(Arc::clone(self.system.pool.state()), self.clone()).await
    }

    /// Whose rows they are.
    pub const fn owner(&self) -> &Id {
        &self.owner
    }
}

impl<DB: Backend, Id: Identifier, Access> Clone for OwnedBy<DB, Id, Access> {
    fn clone(&self) -> Self {
        Self { system: self.system.clone(), owner: self.owner.clone() }
    }
}

impl<DB: Backend, Id: Identifier, Access> fmt::Debug for OwnedBy<DB, Id, Access> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} on the rows of {}", self.system, self.owner.as_raw())
    }
}

impl<DB: Backend, Id: Identifier, Access> sealed::Sealed for OwnedBy<DB, Id, Access> {}

impl<DB: Backend, Id: Identifier, Access> Caller for OwnedBy<DB, Id, Access> {
    type Owner = Id;
}

impl<DB: Backend, Id: Identifier, Access> Accountable for OwnedBy<DB, Id, Access> {
    fn whose(&self) -> Scope<'_> {
        Scope::User(&self.owner)
    }

    fn actor(&self) -> IdValue {
        self.system.actor()
    }

    fn receipt(&self) -> Option<Uuid> {
        self.system.receipt()
    }
}

impl<DB: Backend, Id: Identifier> Writes for OwnedBy<DB, Id, ReadWrite> {}

impl<DB: Backend, Id: Identifier, Access> Administers for OwnedBy<DB, Id, Access> {}

impl<DB: Backend, Id: Identifier> Inserts for OwnedBy<DB, Id, ReadWrite> {
    fn inserts_for(&self) -> &Id {
        &self.owner
    }
}
