//! What the database itself enforces, so that a raw query, a second service, or a bug in this library cannot cross owners.
//!
//! An [`Isolation`] is a list of tables. It looks at the database, and [plans](Isolation::plan) what is missing; [applies](Isolation::apply)
//! that; and takes exactly that [back](Isolation::remove), by a ledger in the database itself. A plan without steps is the proof
//! that all stands. SQL is written in `sql::isolation`; here it is decided what is needed.

pub(crate) mod doctor;
pub(crate) mod facts;
pub(crate) mod fit;
mod grants;
pub(crate) mod ledger;
mod named;
mod own_tables;
pub(crate) mod plan;
pub(crate) mod postgres;
pub(crate) mod run;
pub(crate) mod sqlite;

use std::marker::PhantomData;

use sqlx::Pool;
use uuid::Uuid;

pub use doctor::report::{Finding, Report, Severity};
pub use plan::{Plan, Step};

use crate::backend::Backend;
use crate::entity::{Types, UserScoped};
use crate::error::Result;
use crate::identifier::{IdKind, Identifier, RawIdentifier};
use crate::sql::isolation::{Table, TableName};

/// The role of system mode, unless an isolation and its pool say otherwise.
const SYSTEM_ROLE: &str = "user_scope_system";

/// The entities whose tables the database is to guard: `isolation![Task, Subtask]`.
#[macro_export]
macro_rules! isolation {
    ($($entity:ty),+ $(,)?) => {{
        #[allow(unused_imports)]
        use $crate::derive_support::{Known as _, Unknown as _};
        $crate::Isolation::default()$(.with_types::<$entity>((&$crate::derive_support::Probe::<$entity>::NEW).types()))+
    }};
}

/// Tables that the database itself is to keep apart by owner.
///
/// | | PostgreSQL | SQLite |
/// |---|---|---|
/// | every row has an owner | NOT NULL | a trigger, where the column allows NULL |
/// | rows are found by owner | an index | an index |
/// | a parent has the child's owner | a foreign key of owner and parent, in place of the one that was there | triggers |
/// | an owner does not change | a trigger; a transfer in system mode may | a trigger; a transfer may |
/// | REPLACE takes no foreign row's place | – | triggers |
/// | raw SQL sees the caller's rows alone | row-level security, for the tables' owner too | – |
/// | who may do what | GRANTs, and a role for system mode | – |
///
/// It is applied by the owner of the tables, as a migration is, and can be applied again at any time:
///
/// ```
/// # #[cfg(feature = "postgres")]
/// # async fn f(owner: sqlx::PgPool) -> user_scope::Result<()> {
/// # use user_scope::{UserScoped, Uuid};
/// # #[derive(UserScoped)]
/// # #[user_scoped(table = "tasks")]
/// # struct Task { #[user_scoped(id)] id: Uuid, #[user_scoped(owner)] user_id: Uuid }
/// use user_scope::isolation;
///
/// let isolation = isolation![Task].application("my_app");     // the login of the application
/// println!("{}", isolation.plan(&owner).await?);               // what would be done
/// isolation.apply(&owner).await?;                              // does it, as a whole or not at all
/// assert!(isolation.plan(&owner).await?.is_empty());           // all stands
/// isolation.remove(&owner).await?;                             // the exact reverse
/// # Ok(()) }
/// ```
///
/// Afterwards the application's pool says who is asking: [`Enforcement::Database`](crate::Enforcement::Database).
///
/// # What it does not do
///
/// It stops mistakes, not an attacker who can run SQL of his own as the application's login: he can name another caller, or
/// ask for the role of system mode. Against him system mode takes a login of its own ([`system_login`](Self::system_login)), and
/// the application's has no way to other users' rows but to name them one by one.
#[derive(Debug, Clone)]
#[must_use = "an isolation does nothing until it is applied"]
pub struct Isolation<Id = Uuid> {
    tables: Vec<Table>,
    settings: Settings,
    id: PhantomData<fn() -> Id>,
}

/// What does not depend on the tables.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) owner: IdKind,
    pub(crate) applications: Vec<String>,
    pub(crate) system_logins: Vec<String>,
    pub(crate) system_role: String,
}

impl Settings {
    pub(crate) fn of(owner: IdKind) -> Self {
        let system_role = SYSTEM_ROLE.to_owned();
        Self { owner, applications: Vec::new(), system_logins: Vec::new(), system_role }
    }
}

impl<Id: Identifier> Default for Isolation<Id> {
    fn default() -> Self {
        let settings = Settings::of(<Id::Raw as RawIdentifier>::KIND);
        Self { tables: Vec::new(), settings, id: PhantomData }
    }
}

impl<Id: Identifier> Isolation<Id> {
    /// With the table of this entity, and links to its parents. These are to be with it as well. By [`isolation!`] the
    /// doctor also knows the types of its fields.
    ///
    /// [`isolation!`]: crate::isolation!
    pub fn with<T: UserScoped<Owner = Id>>(self) -> Self {
        self.with_types::<T>(None)
    }

    /// What [`isolation!`](crate::isolation!) writes.
    #[doc(hidden)]
    pub fn with_types<T: UserScoped<Owner = Id>>(mut self, types: Option<Types>) -> Self {
        let table = Table::of(T::entity(), types);
        if !self.tables.contains(&table) {
            self.tables.push(table);
        }
        self
    }

    /// A login of the application on PostgreSQL. It is granted what it needs on the tables and the log, and no more; it may
    /// ask for the role of system mode, unless that has a [login of its own](Self::system_login).
    pub fn application(mut self, login: impl Into<String>) -> Self {
        self.settings.applications.push(login.into());
        self
    }

    /// A login of its own for system mode, and for nothing else: then the application's cannot become the role, whatever SQL
    /// it runs. The pool is given that login by [`system_source`](crate::ScopedPoolBuilder::system_source).
    pub fn system_login(mut self, login: impl Into<String>) -> Self {
        self.settings.system_logins.push(login.into());
        self
    }

    /// The name of the role of system mode; `user_scope_system` unless set. Roles are shared by all databases of a server:
    /// where several applications live on it, each should have a role of its own. The pool has to be
    /// [told](crate::ScopedPoolBuilder::system_role) the same name.
    pub fn system_role(mut self, role: impl Into<String>) -> Self {
        self.settings.system_role = role.into();
        self
    }

    pub(crate) fn table_names(&self) -> impl Iterator<Item = &TableName> {
        self.tables.iter().map(|table| &table.name)
    }

    /// What is missing in the database. It changes nothing, and without steps it is the proof that all stands.
    ///
    /// # Errors
    ///
    /// [`Error::Isolation`](crate::Error::Isolation) if a table or column is not there, or something stands in the way that a
    /// person has to decide.
    #[must_use = "a plan changes nothing; look at it, or apply the isolation"]
    pub async fn plan<DB: Backend>(&self, owner: &Pool<DB>) -> Result<Plan> {
        run::plan(&self.tables, &self.settings, owner).await
    }

    /// Does what is missing, in one transaction, and gives back what that was. The pool's login owns the tables; on
    /// PostgreSQL it also has to be allowed to create roles, unless the role of system mode is there.
    ///
    /// # Errors
    ///
    /// Those of [`plan`](Self::plan), and what the database refuses, such as a foreign key over rows that violate it.
    pub async fn apply<DB: Backend>(&self, owner: &Pool<DB>) -> Result<Plan> {
        run::apply(&self.tables, &self.settings, owner).await
    }

    /// Takes back all that was ever applied to this database, exactly, the last change first, in one transaction.
    ///
    /// # Errors
    ///
    /// What the database refuses, such as a key that something else has come to rest on.
    pub async fn remove<DB: Backend>(&self, owner: &Pool<DB>) -> Result<Plan> {
        run::remove(owner).await
    }
}
