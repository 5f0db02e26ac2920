//! SQLite for the tests: one file for each test, in a directory that removes itself.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};

use crate::directory::Directory;

/// One test's own database.
#[derive(Debug)]
pub struct Database {
    directory: Directory,
}

impl Database {
    /// An empty database. The file appears with the first connection, and is removed when the value drops.
    ///
    /// # Panics
    ///
    /// When no directory can be made for it.
    #[must_use]
    pub fn create(hint: &str) -> Self {
        Self { directory: Directory::create(&format!("sqlite-{hint}")) }
    }

    /// How to connect: a write-ahead log, foreign keys enforced, and half a minute of patience for a lock.
    #[must_use]
    pub fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(self.directory.path().join("test.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_secs(30))
            .foreign_keys(true)
    }
}
