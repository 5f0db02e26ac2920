//! Where the rows lie: a database of this run's own, filled once, and how contestants reach it.

mod postgres;
mod sqlite;

use sqlx::query_builder::QueryBuilder;
use sqlx::{Executor, IntoArguments, Pool};
use user_scope::{PoolSource, ScopedPool, Stores, Value};

use crate::contestants::Contestant;
#[cfg(feature = "peers")]
use crate::race::Entrant;
use crate::world::{self, Status, Task};

/// A database, as the command line and the figures name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Sqlite,
    Postgres,
}

impl Name {
    pub(crate) const fn argument(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// How its figures begin.
    pub(crate) const fn figure(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "pg",
        }
    }
}

/// The connections of every contestant's pool, opened at once: one works while the other comes back. A number
/// that depended on who was quicker would be noise.
pub(crate) const CONNECTIONS: u32 = 2;
/// The statements that every contestant's connections keep; user-scope's own default.
pub(crate) const KEPT_STATEMENTS: usize = 256;

/// How a pool is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tuning {
    /// As sqlx sets it: each checkout asks the server whether it is still there.
    Default,
    /// As user-scope sets its own.
    Tuned,
}

/// A database that contestants can meet on.
pub(crate) trait Arena: Stores<Task> {
    const WHICH: Name;

    /// What exists as long as the database is to.
    type Home;

    /// Makes the database and fills it.
    async fn home() -> Self::Home;

    /// Where contestants connect, as text: a worker gets it from another process. What changes between runs of
    /// workers must not differ between contestants, so each may be a copy of its own.
    fn address(home: &Self::Home) -> String;

    /// The same tables under isolation, where the database can tell users apart by itself.
    async fn isolated_home() -> Option<Self::Home>;

    /// A pool of sqlx's, tuned as user-scope tunes its own, or as it is by default.
    async fn pool(address: &str, tuning: Tuning) -> Pool<Self>;

    /// sqlx by hand, on such a pool.
    type ByHand: Contestant;
    async fn by_hand(address: &str, tuning: Tuning, audited: bool) -> Self::ByHand;

    /// What others would take instead.
    #[cfg(feature = "peers")]
    async fn peers(address: &str) -> Vec<Entrant<Self>>;

    /// What user-scope makes its pool from.
    fn source(address: &str) -> PoolSource<Self>;

    /// The server's version, or the library's.
    async fn version(address: &str) -> String;
}

/// Makes the tables and all rows.
async fn fill<DB>(pool: &Pool<DB>, types: [&str; 3])
where
    DB: Stores<Task>,
    for<'c> &'c Pool<DB>: Executor<'c, Database = DB>,
    DB::Arguments: IntoArguments<DB>,
    user_scope::Uuid: Value<DB>,
    String: Value<DB>,
    Status: Value<DB>,
    Option<chrono::NaiveDate>: Value<DB>,
    chrono::DateTime<chrono::Utc>: Value<DB>,
{
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("{}; {}", world::table(types), world::indexes())))
        .execute(pool)
        .await
        .expect("the tables are new");
    ScopedPool::new(pool.clone()).migrate().await.expect("the log's table is new");
    for user in 0..world::USERS {
        let columns = "INSERT INTO tasks (id, user_id, title, status, due_on, created_at, updated_at) ";
        let mut insert = QueryBuilder::<DB>::new(columns);
        insert.push_values(world::tasks_of(user), |mut row, task| {
            row.push_bind(task.id).push_bind(task.user_id).push_bind(task.title).push_bind(task.status);
            row.push_bind(task.due_on).push_bind(task.created_at).push_bind(task.updated_at);
        });
        insert.build().execute(pool).await.expect("the rows are new");
    }
}
