//! Which database a URL leads to.

use std::str::FromStr;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

use crate::failure::Failure;

pub(crate) enum Database {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

/// The same on each database.
macro_rules! on_database {
    ($target:expr, |$pool:ident| $work:expr) => {
        match $crate::database::Database::connect(&$target.url).await? {
            $crate::database::Database::Postgres($pool) => $work,
            $crate::database::Database::Sqlite($pool) => $work,
        }
    };
}

pub(crate) use on_database;

impl Database {
    /// Two connections are enough: one works, the other looks whether the first is in anybody's way.
    pub(crate) async fn connect(url: &str) -> Result<Self, Failure> {
        match url.split(':').next().unwrap_or_default() {
            "postgres" | "postgresql" => {
                let options = PgConnectOptions::from_str(url).map_err(unreadable)?.application_name("user-scope");
                reach(&options).await.map_err(unreachable)?;
                Ok(Self::Postgres(PgPoolOptions::new().max_connections(2).connect_lazy_with(options)))
            }
            "sqlite" => {
                // What the URL says of writing holds; what is not there is not made.
                let options = SqliteConnectOptions::from_str(url).map_err(unreadable)?;
                reach(&options).await.map_err(|error| absent(&options).unwrap_or_else(|| unreachable(error)))?;
                Ok(Self::Sqlite(SqlitePoolOptions::new().max_connections(2).connect_lazy_with(options)))
            }
            _ => Err(Failure::new("this is no URL of a database: it begins with postgres:// or sqlite:")),
        }
    }
}

/// What the driver says of a URL may repeat parts of it.
fn unreadable(_: sqlx::Error) -> Failure {
    Failure::new(
        "the URL of the database cannot be read; is it postgres://login@host:port/database, or sqlite:file.db?",
    )
}

/// A pool would try for half a minute, and then say only that it did.
async fn reach<O: ConnectOptions<Connection: Sized>>(options: &O) -> sqlx::Result<()> {
    sqlx::Connection::close(options.connect().await?).await
}

/// In the words of the database alone: the driver adds where in the server's own source they stand.
fn unreachable(error: sqlx::Error) -> Failure {
    let why = match error.as_database_error() {
        Some(error) => error.message().to_owned(),
        None => Failure::from(error).to_string(),
    };
    Failure::new(format!("the database cannot be reached: {why}"))
}

/// That the file is not there, which SQLite does not tell.
fn absent(options: &SqliteConnectOptions) -> Option<Failure> {
    let file = options.get_filename();
    // A URL of another database that was begun with `sqlite:` may hold a password.
    let is_told = !file.exists() && !file.to_string_lossy().contains('@');
    is_told.then(|| Failure::new(format!("the database cannot be reached: there is no file {}", file.display())))
}
