//! PostgreSQL: the owner of the tables brings them up to date and under isolation, and another login serves, to which the
//! database shows the rows of the user that it names.

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};
use user_scope::{Enforcement, ScopedPool};

use super::{Ready, guard, logins};
use crate::accounts::AccountStore;
use crate::entities;
use crate::failure::{Failure, Told};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// In whose names the server goes to the database.
pub struct Logins {
    pub owner: PgConnectOptions,
    /// The login that serves. Without one it is made, with a password that is made of the secret.
    pub application: Option<PgConnectOptions>,
    pub system_role: Option<String>,
}

pub async fn open(
    Logins { owner, application, system_role }: Logins,
    secret: &[u8],
    administrator: Option<&str>,
) -> Result<Ready<sqlx::Postgres>, Failure> {
    // A pool would try for half a minute where nobody listens.
    let tried = PgConnection::connect_with(&owner).await.told("PostgreSQL cannot be reached by DATABASE_URL")?;
    tried.close().await.told("PostgreSQL cannot be reached by DATABASE_URL")?;
    let tables: PgPool = PgPoolOptions::new()
        .max_connections(3)
        // One of its statements holds a password.
        .connect_with(owner.clone().disable_statement_logging())
        .await
        .told("PostgreSQL cannot be reached by DATABASE_URL")?;
    // Servers that start at the same time do so one after another. The lock goes with its connection.
    let mut turn = tables.acquire().await.told("PostgreSQL cannot be reached by DATABASE_URL")?.detach();
    sqlx::query("SELECT pg_advisory_lock(7310582925)")
        .execute(&mut turn)
        .await
        .told("the database cannot be locked")?;
    MIGRATIONS.run(&tables).await.told("the tables cannot be brought up to date")?;
    ScopedPool::new(tables.clone()).migrate().await.told("the audit table cannot be made")?;
    let application = match application {
        Some(application) => application,
        None => logins::make(&tables, &owner, secret).await?,
    };
    // Roles are shared by all databases of a server: with one name, this login could ask for system mode in others.
    let system = match system_role {
        Some(role) => role,
        None => logins::name(&tables, "system").await?,
    };
    let isolation = entities::isolation().application(application.get_username()).system_role(&system);
    guard(&isolation, &tables).await?;
    logins::open_accounts(&tables, application.get_username(), &system).await?;
    if let Some(name) = administrator
        && !sqlx::Postgres::promote(&tables, name).await.told("the administrator cannot be named")?
    {
        return Err(Failure::no_account(name));
    }
    turn.close().await.told("the database cannot be unlocked")?;
    tables.close().await;

    let pool = ScopedPool::builder(application.clone())
        .enforcement(Enforcement::Database)
        .isolated(&isolation)
        .system_role(&system)
        .build()
        .await
        .told("the application's login cannot serve")?;
    let report = user_scope::doctor(&pool, &isolation).await.told("the database cannot be examined")?;
    for finding in report.findings() {
        tracing::warn!(finding = finding.name(), object = finding.object(), "{}", finding.why());
    }
    report.into_result().told("the database does not keep users apart, and so the server does not start")?;
    let accounts = PgPoolOptions::new()
        .max_connections(4)
        .connect_with(application)
        .await
        .told("the application's login cannot serve")?;
    Ok(Ready { pool, accounts })
}
