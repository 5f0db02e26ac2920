//! PostgreSQL: the server of the tests. Only its clients are measured.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Postgres};
use user_scope::PoolSource;
use user_scope_tests::postgres::Database;

use super::{Arena, CONNECTIONS, KEPT_STATEMENTS, Name, fill};
use crate::contestants::ByHand;

impl Arena for Postgres {
    const WHICH: Name = Name::Postgres;
    type Home = Database;

    async fn home() -> Database {
        let database = Database::create("bench").await;
        let owner = PgPoolOptions::new().connect_with(database.owner()).await.expect("the owner connects");
        fill(&owner, ["UUID", "DATE", "TIMESTAMPTZ"]).await;
        let tidied = sqlx::raw_sql("VACUUM ANALYZE").execute(&owner).await;
        tidied.expect("the owner may tidy his tables");
        owner.close().await;
        database.grant().await;
        database
    }

    fn address(home: &Database) -> String {
        home.app().to_url_lossy().to_string()
    }

    type ByHand = ByHand<Postgres>;

    async fn by_hand(address: &str) -> ByHand<Postgres> {
        let pool =
            PgPoolOptions::new().max_connections(CONNECTIONS).min_connections(CONNECTIONS).test_before_acquire(false);
        let pool = pool.connect_with(options(address).statement_cache_capacity(KEPT_STATEMENTS));
        ByHand(pool.await.expect("the server runs"))
    }

    fn source(address: &str) -> PoolSource<Postgres> {
        options(address).into()
    }

    async fn version(address: &str) -> String {
        let version = sqlx::query_scalar::<_, String>("SELECT 'PostgreSQL ' || current_setting('server_version')");
        version.fetch_one(&Self::by_hand(address).await.0).await.expect("the server knows its version")
    }
}

fn options(address: &str) -> PgConnectOptions {
    PgConnectOptions::from_str(address).expect("we wrote it ourselves")
}
