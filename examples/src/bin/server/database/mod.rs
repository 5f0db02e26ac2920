//! The database: opened, brought up to date, guarded, and looked at by the doctor before anybody is served.

mod demo;
mod logins;
mod postgres;
mod sqlite;

use sqlx::Pool;
use user_scope::{Backend, ScopedPool};

pub use demo::{ACCOUNTS, fill, password};
pub use postgres::open as open_postgres;
pub use sqlite::open as open_sqlite;

use crate::accounts::AccountStore;
use crate::audit::Reports;
use crate::entities::StoresAll;

/// A database that the server can run on.
pub trait AppDb: Backend + StoresAll + AccountStore + Reports {}

impl<DB: Backend + StoresAll + AccountStore + Reports> AppDb for DB {}

/// A database that is ready to be served from.
pub struct Ready<DB: AppDb> {
    pub pool: ScopedPool<DB>,
    /// For the accounts alone: the pool of the entities is the library's.
    pub accounts: Pool<DB>,
}
