//! PostgreSQL: the server of the tests. What its clients do is measured, and how often they wait for it.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Pool, Postgres};
use user_scope::{Isolation, PoolSource};
use user_scope_tests::postgres::{Database, server};

use super::{Arena, CONNECTIONS, KEPT_STATEMENTS, Name, Tuning, fill};
use crate::contestants::ByHand;
#[cfg(feature = "peers")]
use crate::contestants::{Diesel, SeaOrm, Toasty, ToolkitDb};
#[cfg(feature = "peers")]
use crate::race::Entrant;
use crate::world::Task;

impl Arena for Postgres {
    const WHICH: Name = Name::Postgres;
    type Home = Database;

    async fn home() -> Database {
        home(false).await
    }

    async fn isolated_home() -> Option<Database> {
        Some(home(true).await)
    }

    fn address(home: &Database) -> String {
        home.app().to_url_lossy().to_string()
    }

    async fn pool(address: &str, tuning: Tuning) -> Pool<Postgres> {
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).min_connections(CONNECTIONS);
        let pool = match tuning {
            Tuning::Default => pool.connect_with(options(address)),
            Tuning::Tuned => {
                let options = options(address).statement_cache_capacity(KEPT_STATEMENTS);
                pool.test_before_acquire(false).connect_with(options)
            }
        };
        pool.await.expect("the server runs")
    }

    type ByHand = ByHand<Postgres>;

    async fn by_hand(address: &str, tuning: Tuning, audited: bool) -> ByHand<Postgres> {
        ByHand { pool: Self::pool(address, tuning).await, audited }
    }

    #[cfg(feature = "peers")]
    async fn peers(address: &str) -> Vec<Entrant<Self>> {
        use diesel_async::AsyncPgConnection;
        use diesel_async::pooled_connection::AsyncDieselConnectionManager;
        use diesel_async::pooled_connection::deadpool::Pool;

        let mut sea = sea_orm::ConnectOptions::new(address);
        sea.max_connections(CONNECTIONS).min_connections(CONNECTIONS).sqlx_logging(false);
        let sea = SeaOrm(sea_orm::Database::connect(sea).await.expect("the server runs"));
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(for_libpq(address));
        let pool = Pool::builder(manager).max_size(CONNECTIONS as usize).build().expect("a pool");
        let toolkit_db = ToolkitDb::connect(address).await;
        let toasty = Toasty::connect(&for_toasty(address)).await;
        vec![
            Entrant::SeaOrm(sea),
            Entrant::ToolkitDb(toolkit_db),
            Entrant::Diesel(Diesel(pool)),
            Entrant::Toasty(toasty),
        ]
    }

    fn source(address: &str) -> PoolSource<Postgres> {
        options(address).into()
    }

    async fn version(address: &str) -> String {
        let version = sqlx::query_scalar::<_, String>("SELECT 'PostgreSQL ' || current_setting('server_version')");
        let by_hand = Self::by_hand(address, Tuning::Tuned, false).await;
        version.fetch_one(&by_hand.pool).await.expect("the server knows its version")
    }
}

async fn home(isolated: bool) -> Database {
    let database = Database::create("bench").await;
    let owner = PgPoolOptions::new().connect_with(database.owner()).await.expect("the owner connects");
    fill(&owner, ["UUID", "DATE", "TIMESTAMPTZ"]).await;
    database.grant().await;
    if isolated {
        let isolation = Isolation::default().application(server().app_role()).system_role(server().system_role());
        isolation.with::<Task>().apply(&owner).await.expect("the owner may isolate his tables");
    }
    let tidied = sqlx::raw_sql("VACUUM ANALYZE").execute(&owner).await;
    tidied.expect("the owner may tidy his tables");
    owner.close().await;
    database
}

fn options(address: &str) -> PgConnectOptions {
    PgConnectOptions::from_str(address).expect("we wrote it ourselves")
}

/// The address without what sqlx alone knows.
#[cfg(feature = "peers")]
fn for_libpq(address: &str) -> String {
    let (place, parameters) = address.split_once('?').unwrap_or((address, ""));
    let known = parameters.split('&').filter(|word| word.starts_with("host=") || word.starts_with("port="));
    format!("{place}?{}", known.collect::<Vec<_>>().join("&"))
}

/// The address with its host as a parameter, the only place where Toasty decodes it: it is a directory, with a socket in it.
#[cfg(feature = "peers")]
fn for_toasty(address: &str) -> String {
    let (place, _) = address.split_once('?').unwrap_or((address, ""));
    let host = place.split_once('@').and_then(|(_, host)| host.split([':', '/']).next());
    format!("{place}?host={}", host.expect("an address names a login and a host"))
}
