//! Words with the server outside any test: a connection, a statement, and a place to wait.

use std::future::Future;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection};

/// Connects and runs the statements, one after the other.
pub(super) async fn run(options: &PgConnectOptions, statements: &[String]) -> Result<(), sqlx::Error> {
    use sqlx::Connection;

    let mut connection = options.connect().await?;
    for statement in statements {
        execute(&mut connection, statement).await?;
    }
    connection.close().await
}

/// Runs a statement made here, of names made here.
pub(super) async fn execute(connection: &mut PgConnection, statement: &str) -> Result<(), sqlx::Error> {
    connection.execute(AssertSqlSafe(statement)).await.map(drop)
}

/// Waits, whether or not the caller is inside a runtime, and needs nothing of his.
pub(super) fn block_on<F>(work: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    let waiting = std::thread::spawn(|| runtime().block_on(work));
    waiting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A small runtime of our own.
pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made")
}
