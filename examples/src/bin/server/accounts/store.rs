//! The table of accounts. Its SQL is the same on both databases.

use std::future::Future;

use sqlx::{FromRow, Pool};
use user_scope::Uuid;

#[derive(Debug, Clone, FromRow)]
pub struct Account {
    pub id: Uuid,
    pub username: String,
    pub password_hash: String,
    pub administrator: bool,
}

/// A database that holds accounts.
pub trait AccountStore: sqlx::Database {
    /// Adds one; false if its name is taken, in whatever case.
    fn add_account(pool: &Pool<Self>, account: &Account) -> impl Future<Output = sqlx::Result<bool>> + Send;

    fn account(pool: &Pool<Self>, id: &Uuid) -> impl Future<Output = sqlx::Result<Option<Account>>> + Send;

    fn account_by_name(pool: &Pool<Self>, name: &str) -> impl Future<Output = sqlx::Result<Option<Account>>> + Send;

    /// Makes an account an administrator's; false if there is none of this name.
    fn promote(pool: &Pool<Self>, name: &str) -> impl Future<Output = sqlx::Result<bool>> + Send;

    /// Whether the database answers.
    fn answers(pool: &Pool<Self>) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// Whether the tables beside have been under isolation before.
    fn was_guarded(pool: &Pool<Self>) -> impl Future<Output = bool> + Send;

    /// Whether there is no account at all.
    fn is_new(pool: &Pool<Self>) -> impl Future<Output = sqlx::Result<bool>> + Send;
}

const ADD: &str = "INSERT INTO accounts (id, username, password_hash, administrator) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT DO NOTHING";
const BY_ID: &str = "SELECT id, username, password_hash, administrator FROM accounts WHERE id = $1";
const BY_NAME: &str =
    "SELECT id, username, password_hash, administrator FROM accounts WHERE lower(username) = lower($1)";
const PROMOTE: &str = "UPDATE accounts SET administrator = true WHERE lower(username) = lower($1)";
const ANY: &str = "SELECT count(*) FROM (SELECT 1 FROM accounts LIMIT 1) AS one";

/// sqlx has no bound that says "a database of which these few types are columns"; the bodies are the same.
macro_rules! stores_accounts {
    ($($database:ty),+) => {$(
        impl AccountStore for $database {
            async fn add_account(pool: &Pool<Self>, account: &Account) -> sqlx::Result<bool> {
                let added = sqlx::query(ADD).bind(account.id).bind(&account.username).bind(&account.password_hash);
                Ok(added.bind(account.administrator).execute(pool).await?.rows_affected() == 1)
            }

            async fn account(pool: &Pool<Self>, id: &Uuid) -> sqlx::Result<Option<Account>> {
                sqlx::query_as(BY_ID).bind(id).fetch_optional(pool).await
            }

            async fn account_by_name(pool: &Pool<Self>, name: &str) -> sqlx::Result<Option<Account>> {
                sqlx::query_as(BY_NAME).bind(name).fetch_optional(pool).await
            }

            async fn promote(pool: &Pool<Self>, name: &str) -> sqlx::Result<bool> {
                Ok(sqlx::query(PROMOTE).bind(name).execute(pool).await?.rows_affected() == 1)
            }

            async fn answers(pool: &Pool<Self>) -> sqlx::Result<()> {
                sqlx::query_scalar::<_, i64>(ANY).fetch_one(pool).await.map(drop)
            }

            async fn was_guarded(pool: &Pool<Self>) -> bool {
                // The ledger of the isolation; without one there is no such table.
                sqlx::query_scalar::<_, i64>("SELECT count(*) FROM user_scope_isolation").fetch_one(pool).await.is_ok()
            }

            async fn is_new(pool: &Pool<Self>) -> sqlx::Result<bool> {
                Ok(sqlx::query_scalar::<_, i64>(ANY).fetch_one(pool).await? == 0)
            }
        }
    )+};
}

stores_accounts!(sqlx::Postgres, sqlx::Sqlite);
