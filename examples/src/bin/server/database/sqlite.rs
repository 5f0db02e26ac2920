//! SQLite: a file, made if it is not there. Triggers refuse what they can; what raw SQL reads, nothing refuses.

use sqlx::SqlitePool;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use user_scope::ScopedPool;

use super::{Ready, guard};
use crate::accounts::AccountStore;
use crate::entities;
use crate::failure::{Failure, Told};
use crate::secret;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

pub async fn open(options: SqliteConnectOptions, administrator: Option<&str>) -> Result<Ready<sqlx::Sqlite>, Failure> {
    let options = options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal).foreign_keys(true);
    // SQLite would make it as others may read it, and its companions are as it is. That it is there is no matter.
    if !options.get_filename().to_string_lossy().starts_with("file:") {
        let _ = secret::private(options.get_filename());
    }
    let accounts: SqlitePool = SqlitePoolOptions::new()
        .max_connections(2)
        .connect_with(options.clone())
        .await
        .told("the SQLite database cannot be opened")?;
    MIGRATIONS.run(&accounts).await.told("the tables cannot be brought up to date")?;
    let isolation = entities::isolation();
    let pool = ScopedPool::builder(options).build().await.told("the SQLite database cannot be opened")?;
    pool.migrate().await.told("the audit table cannot be made")?;
    guard(&isolation, &accounts).await?;
    let report = user_scope::doctor(&pool, &isolation).await.told("the database cannot be examined")?;
    report.into_result().told("the database does not keep users apart, and so the server does not start")?;
    if let Some(name) = administrator
        && !sqlx::Sqlite::promote(&accounts, name).await.told("the administrator cannot be named")?
    {
        return Err(Failure::no_account(name));
    }
    Ok(Ready { pool, accounts })
}
