//! What the suite needs to know of a database: how to make one, and raw SQL to look behind the library's back.

use sqlx::{AssertSqlSafe, Pool, Postgres, Row, Sqlite};
use user_scope::{Enforcement, Identifier, Isolation, PoolSource, RawIdentifier, ScopedPool, ScopedPoolBuilder, Uuid};
use user_scope_tests::pgbouncer::PgBouncer;
use user_scope_tests::postgres::{self, Template};
use user_scope_tests::sqlite;

use super::entities::{Account, AppDb, Document, Milestone, Note, Project, SCHEMA, Secret, Subtask, Task, UserId};
use super::shelf::{self, ShelfDb};

tokio::task_local! {
    static WAY: Way;
}

/// How PostgreSQL is used in the test that is running.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    isolated: bool,
    pooled: bool,
    partitioned: bool,
    guarded: bool,
}

fn way() -> Way {
    WAY.try_with(|way| *way).unwrap_or_default()
}

/// Runs a test of PostgreSQL on tables that are isolated, with a pool that tells the database who is asking.
pub async fn isolated(test: impl Future<Output = ()>) {
    WAY.scope(Way { isolated: true, ..way() }, test).await;
}

/// The same, through PgBouncer.
pub async fn pooled(test: impl Future<Output = ()>) {
    WAY.scope(Way { isolated: true, pooled: true, ..way() }, test).await;
}

/// On tables that are partitioned by a hash of the owner.
pub async fn partitioned(test: impl Future<Output = ()>) {
    WAY.scope(Way { partitioned: true, ..way() }, test).await;
}

/// Runs a test of SQLite on tables that are isolated.
pub async fn guarded(test: impl Future<Output = ()>) {
    WAY.scope(Way { guarded: true, ..way() }, test).await;
}

/// SQL that plants on SQLite what triggers refuse, where there are any: they let pass what is done as a transfer.
pub fn past_the_triggers(sql: &str) -> String {
    if way().guarded {
        format!("INSERT INTO user_scope_transfer VALUES (1); {sql}; DELETE FROM user_scope_transfer")
    } else {
        sql.to_owned()
    }
}

/// What keeps users apart in the test that is running.
pub fn enforcement() -> Enforcement {
    if way().isolated { Enforcement::Database } else { Enforcement::Predicate }
}

/// A builder of pools as the application has them in the test that is running.
pub fn builder<DB: TestDb>(source: PoolSource<DB>) -> ScopedPoolBuilder<DB, Uuid> {
    let builder = ScopedPool::builder(source).enforcement(enforcement());
    let builder = if way().pooled { builder.transaction_pooling() } else { builder };
    match enforcement() {
        Enforcement::Predicate => builder,
        Enforcement::Announced | Enforcement::Database => builder.system_role(postgres::server().system_role()),
    }
}

pub trait TestDb: AppDb + ShelfDb {
    /// A database of the test's own, removed when this is dropped.
    type Home: Send + Sync;

    /// With the tables of the suite, and the log for users that are identified by `Id`.
    async fn home<Id: Identifier>(hint: &str) -> Self::Home;

    /// What a column of UUIDs is called.
    const UUID: &str;

    /// Opens to the application the tables that were made since.
    async fn open_to_the_application(home: &Self::Home);

    /// As the application connects.
    fn source(home: &Self::Home) -> PoolSource<Self>;

    /// The same, where it can be had without foreign keys being looked at.
    fn source_without_keys(home: &Self::Home) -> PoolSource<Self>;

    /// As the owner of the tables connects.
    async fn owner(home: &Self::Home) -> Pool<Self>;

    async fn run(pool: &Pool<Self>, sql: &str) -> sqlx::Result<u64>;

    /// The rows' first column, as text.
    async fn texts(pool: &Pool<Self>, sql: &str) -> sqlx::Result<Vec<String>>;

    async fn number(pool: &Pool<Self>, sql: &str) -> i64;
}

macro_rules! raw_sql {
    () => {
        async fn run(pool: &Pool<Self>, sql: &str) -> sqlx::Result<u64> {
            Ok(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await?.rows_affected())
        }

        async fn texts(pool: &Pool<Self>, sql: &str) -> sqlx::Result<Vec<String>> {
            sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(pool).await?.iter().map(|row| row.try_get(0)).collect()
        }

        async fn number(pool: &Pool<Self>, sql: &str) -> i64 {
            sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(pool).await.expect("a number")
        }
    };
}

impl TestDb for Postgres {
    type Home = postgres::Database;
    const UUID: &str = "UUID";

    async fn open_to_the_application(home: &Self::Home) {
        home.grant().await;
    }

    async fn home<Id: Identifier>(hint: &str) -> Self::Home {
        // One template for each type of owner: the log's user_id is of that type.
        static UUID: Template = Template::new("uuid", |owner, _| Box::pin(set_up::<user_scope::Uuid>(owner)));
        static INTEGER: Template = Template::new("integer", |owner, _| Box::pin(set_up::<i64>(owner)));
        static TEXT: Template = Template::new("text", |owner, _| Box::pin(set_up::<String>(owner)));
        // The same, isolated.
        static ISOLATED_UUID: Template =
            Template::new("isolated_uuid", |owner, _| Box::pin(set_up_isolated::<Uuid>(owner, all_of_uuids)));
        static ISOLATED_NEWTYPE: Template =
            Template::new("isolated_newtype", |owner, _| Box::pin(set_up_isolated::<UserId>(owner, all_of_newtypes)));
        static ISOLATED_INTEGER: Template =
            Template::new("isolated_integer", |owner, _| Box::pin(set_up_isolated::<i64>(owner, all_of_integers)));
        static ISOLATED_TEXT: Template =
            Template::new("isolated_text", |owner, _| Box::pin(set_up_isolated::<String>(owner, all_of_texts)));
        // The same in partitions. What is set up is told by the way of the test that asks first, which is that of all.
        static PARTITIONED: Template =
            Template::new("partitioned", |owner, _| Box::pin(set_up::<user_scope::Uuid>(owner)));
        static ISOLATED_PARTITIONED: Template =
            Template::new("isolated_partitioned", |owner, _| Box::pin(set_up_isolated::<Uuid>(owner, all_of_uuids)));
        if way().partitioned && std::any::type_name::<Id>() == std::any::type_name::<Uuid>() {
            let template = if way().isolated { &ISOLATED_PARTITIONED } else { &PARTITIONED };
            return postgres::Database::copy(template, hint).await;
        }
        let template = match (std::any::type_name::<Id>(), enforcement()) {
            ("i64", Enforcement::Predicate) => &INTEGER,
            ("alloc::string::String", Enforcement::Predicate) => &TEXT,
            (_, Enforcement::Predicate) => &UUID,
            ("i64", Enforcement::Announced | Enforcement::Database) => &ISOLATED_INTEGER,
            ("alloc::string::String", Enforcement::Announced | Enforcement::Database) => &ISOLATED_TEXT,
            ("uuid::Uuid", Enforcement::Announced | Enforcement::Database) => &ISOLATED_UUID,
            (_, Enforcement::Announced | Enforcement::Database) => &ISOLATED_NEWTYPE,
        };
        postgres::Database::copy(template, hint).await
    }

    fn source(home: &Self::Home) -> PoolSource<Self> {
        if way().pooled { PgBouncer::shared().before(&home.app()).into() } else { home.app().into() }
    }

    fn source_without_keys(home: &Self::Home) -> PoolSource<Self> {
        Self::source(home)
    }

    async fn owner(home: &Self::Home) -> Pool<Self> {
        // Of tables that are isolated their owner sees nothing: somebody whom nothing filters, and no trigger and no key
        // stops.
        let options = match enforcement() {
            Enforcement::Predicate => home.owner(),
            Enforcement::Announced | Enforcement::Database => {
                home.superuser().options([("session_replication_role", "replica")])
            }
        };
        Pool::connect_with(options).await.expect("the owner connects")
    }

    raw_sql!();
}

async fn set_up<Id: RawIdentifier>(
    owner: sqlx::postgres::PgConnectOptions,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let names = [
        ("{uuid}", "UUID"),
        ("{time}", "TIMESTAMPTZ"),
        ("{date}", "DATE"),
        ("{counter}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    ];
    let owner = Pool::<Postgres>::connect_with(owner).await?;
    let tables = if way().partitioned { in_partitions(&schema(&names)) } else { schema(&names) };
    Postgres::run(&owner, &tables).await?;
    let pool: ScopedPool<Postgres, Id> = ScopedPool::builder(owner).owner::<Id>().build().await?;
    pool.migrate().await?;
    pool.close().await;
    Ok(())
}

async fn set_up_isolated<Id: Identifier>(
    owner: sqlx::postgres::PgConnectOptions,
    tables: fn(Isolation<Id>) -> Isolation<Id>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let server = postgres::server();
    set_up::<Id::Raw>(owner.clone()).await?;
    let owner = Pool::<Postgres>::connect_with(owner).await?;
    let isolation = Isolation::default().application(server.app_role()).system_role(server.system_role());
    let done = tables(isolation).apply(&owner).await;
    owner.close().await;
    // With what the database said.
    Ok(done.map(drop).map_err(|error| format!("{error:?}"))?)
}

fn all_of_uuids(isolation: Isolation) -> Isolation {
    let isolation = isolation.with::<Task>().with::<Subtask>().with::<Project>().with::<Milestone>();
    shelf::isolated(isolation.with::<Secret>())
}

fn all_of_newtypes(isolation: Isolation<UserId>) -> Isolation<UserId> {
    isolation.with::<Document>()
}

fn all_of_integers(isolation: Isolation<i64>) -> Isolation<i64> {
    isolation.with::<Note>()
}

fn all_of_texts(isolation: Isolation<String>) -> Isolation<String> {
    isolation.with::<Account>()
}

/// The tables in which an owner is called `user_id`, each in four partitions by a hash of him; their keys hold him.
fn in_partitions(schema: &str) -> String {
    let partitioned = |statement: &str| {
        let name = statement.trim_start().strip_prefix("CREATE TABLE ")?.split([' ', '(']).next()?;
        if !statement.contains("user_id") || statement.contains("IDENTITY") {
            return None;
        }
        // Where a table has the key of owner and id already, it is named twice.
        let keyed = statement.replacen(" PRIMARY KEY, user_id", " NOT NULL, PRIMARY KEY (user_id, id), user_id", 1);
        let partitions = (0..4).map(|part| {
            format!("CREATE TABLE {name}_p{part} PARTITION OF {name} FOR VALUES WITH (MODULUS 4, REMAINDER {part});")
        });
        Some(format!("{keyed} PARTITION BY HASH (user_id);{}", partitions.collect::<String>()))
    };
    let statements = schema.split_inclusive(';');
    let each = statements.map(|whole| {
        let statement = whole.trim_end_matches(';');
        partitioned(statement).unwrap_or_else(|| whole.to_owned())
    });
    each.collect()
}

impl TestDb for Sqlite {
    type Home = sqlite::Database;
    const UUID: &str = "BLOB";

    async fn open_to_the_application(_: &Self::Home) {}

    async fn home<Id: Identifier>(hint: &str) -> Self::Home {
        let names = [
            ("{uuid}", "BLOB"),
            ("{time}", "TEXT"),
            ("{date}", "TEXT"),
            ("{counter}", "INTEGER PRIMARY KEY AUTOINCREMENT"),
        ];
        let home = sqlite::Database::create(hint);
        let owner = Self::owner(&home).await;
        Self::run(&owner, &schema(&names)).await.expect("the tables can be made");
        let pool = ScopedPool::builder(owner).owner::<Id>().build().await.expect("a pool");
        pool.migrate().await.expect("the log can be made");
        pool.close().await;
        if way().guarded {
            let owner = Self::owner(&home).await;
            let applied = match std::any::type_name::<Id>() {
                "i64" => all_of_integers(Isolation::default()).apply(&owner).await,
                "alloc::string::String" => all_of_texts(Isolation::default()).apply(&owner).await,
                "uuid::Uuid" => all_of_uuids(Isolation::default()).apply(&owner).await,
                _ => all_of_newtypes(Isolation::default()).apply(&owner).await,
            };
            applied.expect("the tables can be isolated");
        }
        home
    }

    fn source(home: &Self::Home) -> PoolSource<Self> {
        home.options().into()
    }

    fn source_without_keys(home: &Self::Home) -> PoolSource<Self> {
        home.options().foreign_keys(false).into()
    }

    async fn owner(home: &Self::Home) -> Pool<Self> {
        Pool::connect_with(home.options()).await.expect("the file opens")
    }

    raw_sql!();
}

fn schema(names: &[(&str, &str)]) -> String {
    names.iter().fold([SCHEMA, shelf::SCHEMA].concat(), |schema, (name, meaning)| schema.replace(name, meaning))
}
