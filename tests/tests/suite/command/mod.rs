//! The command `user-scope`, run as its user runs it.

mod audit;
mod doctor;

use std::path::PathBuf;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

/// The URL that leads to the same database.
fn postgres_url(options: &PgConnectOptions) -> String {
    options.to_url_lossy().to_string()
}

fn sqlite_url(options: &SqliteConnectOptions) -> String {
    let file: PathBuf = options.get_filename().into();
    format!("sqlite:{}", file.display())
}
