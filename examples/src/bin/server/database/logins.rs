//! Logins of PostgreSQL: the one that serves, where none is given, and what it may do with the accounts.
//!
//! Names of roles cannot be bound, so this is the server's one room in which SQL is put together; PostgreSQL itself quotes what is put in.

use jsonwebtoken::{Algorithm, EncodingKey};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, PgPool};

use crate::failure::{Failure, Told};

/// Statements, with a name as `%1$I` and a password as `%2$L`.
const MAKE: &str = "CREATE ROLE %1$I LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD %2$L";
const RENEW: &str = "ALTER ROLE %1$I LOGIN PASSWORD %2$L";
const ACCOUNTS: &str =
    "GRANT SELECT, INSERT ON accounts TO %1$I; GRANT SELECT (id, username) ON accounts TO user_scope_system";

/// Makes the login that serves, or renews its password. The password is the same for every server with this secret.
pub async fn make(tables: &PgPool, owner: &PgConnectOptions, secret: &[u8]) -> Result<PgConnectOptions, Failure> {
    const FAILED: &str = "DATABASE_URL may make no login to serve by; make one, \
                          `CREATE ROLE tasks_app LOGIN NOINHERIT PASSWORD '…'`, and name it by APPLICATION_DATABASE_URL";
    let database: String =
        sqlx::query_scalar("SELECT current_database()::text").fetch_one(tables).await.told(FAILED)?;
    // PostgreSQL would cut a longer name, and two databases could come to share a login.
    let name = format!("{database}_server");
    if name.len() > 63 {
        return Err(Failure::new(FAILED));
    }
    let password = jsonwebtoken::crypto::sign(name.as_bytes(), &EncodingKey::from_secret(secret), Algorithm::HS256)
        .told("no password can be made of the secret")?;
    let is_there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)")
        .bind(&name)
        .fetch_one(tables)
        .await
        .told(FAILED)?;
    run(tables, if is_there { RENEW } else { MAKE }, &name, &password).await.told(FAILED)?;
    Ok(owner.clone().username(&name).password(&password))
}

/// Signing in needs the accounts; a report in system mode the names alone.
pub async fn open_accounts(tables: &PgPool, name: &str) -> Result<(), Failure> {
    run(tables, ACCOUNTS, name, "").await.told("the accounts cannot be opened to the application's login")
}

async fn run(tables: &PgPool, statements: &'static str, name: &str, password: &str) -> sqlx::Result<()> {
    let quoted: String = sqlx::query_scalar("SELECT format($1, $2, $3)")
        .bind(statements)
        .bind(name)
        .bind(password)
        .fetch_one(tables)
        .await?;
    sqlx::raw_sql(AssertSqlSafe(quoted)).execute(tables).await.map(drop)
}
