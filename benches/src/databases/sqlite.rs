//! SQLite: a file, and a copy of it for each run.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Pool, Sqlite};
use user_scope::PoolSource;
use user_scope_tests::directory::Directory;

use super::{Arena, CONNECTIONS, KEPT_STATEMENTS, Name, Tuning, fill};
use crate::contestants::ByHand;
#[cfg(feature = "peers")]
use crate::contestants::{SeaOrm, ToolkitDb};
#[cfg(feature = "peers")]
use crate::race::Entrant;

pub(crate) struct Home {
    directory: Directory,
    copies: AtomicU32,
}

impl Home {
    fn filled(&self) -> PathBuf {
        self.directory.path().join("filled.db")
    }
}

impl Arena for Sqlite {
    const WHICH: Name = Name::Sqlite;
    type Home = Home;

    async fn home() -> Home {
        let home = Home { directory: Directory::create("bench"), copies: AtomicU32::new(0) };
        let options = options(&home.filled().display().to_string()).create_if_missing(true);
        let pool = SqlitePoolOptions::new().connect_with(options).await.expect("the directory is ours");
        fill(&pool, ["BLOB", "TEXT", "TEXT"]).await;
        // The last connection brings the write-ahead log home.
        pool.close().await;
        home
    }

    fn address(home: &Home) -> String {
        // Never the same name: a connection that is still closing would meet the file of the next run.
        let number = home.copies.fetch_add(1, Ordering::Relaxed);
        let name = |number: u32| home.directory.path().join(format!("run{number}.db")).display().to_string();
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", name(number.wrapping_sub(1))));
        }
        let copy = name(number);
        std::fs::copy(home.filled(), &copy).expect("there is room for a copy");
        copy
    }

    async fn isolated_home() -> Option<Home> {
        None
    }

    async fn pool(address: &str, tuning: Tuning) -> Pool<Sqlite> {
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).min_connections(CONNECTIONS);
        let pool = match tuning {
            Tuning::Default => pool.connect_with(options(address)),
            Tuning::Tuned => {
                let options = options(address).statement_cache_capacity(KEPT_STATEMENTS);
                pool.test_before_acquire(false).connect_with(options)
            }
        };
        pool.await.expect("the file is there")
    }

    type ByHand = ByHand<Sqlite>;

    async fn by_hand(address: &str, tuning: Tuning, audited: bool) -> ByHand<Sqlite> {
        ByHand { pool: Self::pool(address, tuning).await, audited }
    }

    #[cfg(feature = "peers")]
    async fn peers(address: &str) -> Vec<Entrant<Self>> {
        let mut sea = sea_orm::ConnectOptions::new(format!("sqlite://{address}"));
        sea.max_connections(CONNECTIONS).min_connections(CONNECTIONS).sqlx_logging(false);
        sea.map_sqlx_sqlite_opts(|options| options.journal_mode(SqliteJournalMode::Wal));
        let sea = SeaOrm(sea_orm::Database::connect(sea).await.expect("the file is there"));
        // Left to itself, it commits without waiting for the disk, as nobody else does here.
        let toolkit_db = ToolkitDb::connect(&format!("sqlite://{address}?synchronous=FULL")).await;
        vec![Entrant::SeaOrm(sea), Entrant::ToolkitDb(toolkit_db)]
    }

    fn source(address: &str) -> PoolSource<Sqlite> {
        SqliteConnectOptions::new().filename(address).into()
    }

    async fn version(address: &str) -> String {
        let version = sqlx::query_scalar::<_, String>("SELECT 'SQLite ' || sqlite_version()");
        version
            .fetch_one(&Self::by_hand(address, Tuning::Tuned, false).await.pool)
            .await
            .expect("SQLite knows its version")
    }
}

fn options(file: &str) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(file).journal_mode(SqliteJournalMode::Wal)
}
