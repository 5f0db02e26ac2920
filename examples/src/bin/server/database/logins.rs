//! Logins of PostgreSQL: the one that serves, where none is given, and what it may do with the accounts.
//!
//! Names of roles cannot be bound, so this is the server's one room in which SQL is put together; PostgreSQL itself quotes what is put in.

use jsonwebtoken::{Algorithm, EncodingKey};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use crate::failure::{Failure, Told};

/// Statements, with a name as `%1$I`, and a password as `%2$L` or another name as `%2$I`.
const MAKE: &str = "CREATE ROLE %1$I LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD %2$L";
const ACCOUNTS: &str = "GRANT SELECT, INSERT ON accounts TO %1$I; GRANT SELECT (id, username) ON accounts TO %2$I";

/// The name of a role that is this database's own.
pub async fn name(tables: &PgPool, role: &str) -> Result<String, Failure> {
    let database: String = sqlx::query_scalar("SELECT current_database()::text")
        .fetch_one(tables)
        .await
        .told("the database cannot be asked for its name")?;
    let name = format!("{database}_{role}");
    // PostgreSQL would cut a longer one, and two databases could come to share a role.
    if name.len() > 63 {
        return Err(Failure::new(format!("the database's name is too long for a role `{name}`; use a shorter one")));
    }
    Ok(name)
}

/// The login that serves, which is made if it is not there. The password is the same for every server with this secret.
pub async fn make(tables: &PgPool, owner: &PgConnectOptions, secret: &[u8]) -> Result<PgConnectOptions, Failure> {
    const FAILED: &str = "DATABASE_URL may make no login to serve by; have one made, and name it by APPLICATION_DATABASE_URL: \
                          --help says by which statements";
    let name = name(tables, "server").await?;
    let password = jsonwebtoken::crypto::sign(name.as_bytes(), &EncodingKey::from_secret(secret), Algorithm::HS256)
        .told("no password can be made of the secret")?;
    let login = owner.clone().username(&name).password(&password);
    let is_there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)")
        .bind(&name)
        .fetch_one(tables)
        .await
        .told(FAILED)?;
    if !is_there {
        run(tables, MAKE, &name, &password).await.told(FAILED)?;
    }
    // Not given another password: it may be somebody else's, or that of a server with another secret, which serves by it now.
    let tried = PgConnection::connect_with(&login).await.told(format!(
        "the login `{name}` is there and has another password: start with the secret of the server that made it (--data or \
         --jwt-secret-file), name another login by APPLICATION_DATABASE_URL, or remove the role if nobody uses it"
    ))?;
    tried.close().await.told(FAILED)?;
    Ok(login)
}

/// Signing in needs the accounts; a report in system mode the names alone.
pub async fn open_accounts(tables: &PgPool, name: &str, system: &str) -> Result<(), Failure> {
    run(tables, ACCOUNTS, name, system).await.told("the accounts cannot be opened to the application's login")
}

async fn run(tables: &PgPool, statements: &'static str, name: &str, other: &str) -> sqlx::Result<()> {
    let quoted: String = sqlx::query_scalar("SELECT format($1, $2, $3)")
        .bind(statements)
        .bind(name)
        .bind(other)
        .fetch_one(tables)
        .await?;
    sqlx::raw_sql(AssertSqlSafe(quoted)).execute(tables).await.map(drop)
}
