//! Backups of a database.

use std::process::{Command, Stdio};

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

use super::binaries;

/// Restores a database from a backup of another, which is made now: with its tables and rows, whose owner becomes who connects.
///
/// # Panics
///
/// When there is no `pg_dump` or no `psql`, or one of them fails.
pub fn restore(from: &PgConnectOptions, into: &PgConnectOptions) {
    let programs = binaries::find().expect("PostgreSQL's programs are here");
    let mut dump = Command::new(programs.join("pg_dump"))
        .args(["--no-owner", "--no-privileges", &url(from)])
        .stdout(Stdio::piped())
        .spawn()
        .expect("pg_dump runs");
    let restored = Command::new(programs.join("psql"))
        .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", &url(into)])
        .stdin(dump.stdout.take().expect("a pipe"))
        .output()
        .expect("psql runs");
    assert!(dump.wait().expect("pg_dump ends").success(), "pg_dump failed");
    assert!(restored.status.success(), "psql: {}", String::from_utf8_lossy(&restored.stderr));
}

fn url(options: &PgConnectOptions) -> String {
    let url = options.to_url_lossy().to_string();
    let (place, parameters) = url.split_once('?').unwrap_or((&url, ""));
    let parameters: Vec<_> = parameters.split('&').filter(|word| !word.starts_with("statement-cache")).collect();
    format!("--dbname={place}?{}", parameters.join("&"))
}
