//! The database: opened, brought up to date, guarded, and looked at by the doctor before anybody is served.

mod demo;
mod logins;
mod postgres;
mod sqlite;

use sqlx::Pool;
use user_scope::{Backend, Isolation, ScopedPool};

pub use demo::{ACCOUNTS, fill, password};
pub use postgres::{Logins, open as open_postgres};
pub use sqlite::open as open_sqlite;

use crate::accounts::AccountStore;
use crate::audit::Reports;
use crate::entities::StoresAll;
use crate::failure::{Failure, Told};

/// A database that the server can run on.
pub trait AppDb: Backend + StoresAll + AccountStore + Reports {}

impl<DB: Backend + StoresAll + AccountStore + Reports> AppDb for DB {}

/// Brings the tables under isolation. What had to be put right in a database that was guarded before is told.
async fn guard<DB: AppDb>(isolation: &Isolation, tables: &Pool<DB>) -> Result<(), Failure> {
    let was_guarded = DB::was_guarded(tables).await;
    let done = isolation
        .apply(tables)
        .await
        .told("the tables cannot be guarded; if it is roles that may not be made, --help says by which statements")?;
    if was_guarded {
        for step in done.steps() {
            tracing::warn!(object = step.object(), "a guard was missing, and is there again: {}", step.why());
        }
    }
    Ok(())
}

/// A database that is ready to be served from.
pub struct Ready<DB: AppDb> {
    pub pool: ScopedPool<DB>,
    /// For the accounts alone: the pool of the entities is the library's.
    pub accounts: Pool<DB>,
}
