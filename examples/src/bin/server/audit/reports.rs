//! Questions to the log that the library's trail does not ask: those by which the deployment that this comes from watched it, with the
//! names of users beside.
//!
//! They are raw SQL in a transaction in system mode, so that the asking is on record like everything else.

use std::future::Future;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

/// How many accesses a user made on a day.
#[derive(Debug, Serialize, FromRow, ToSchema)]
pub struct Pattern {
    user_id: String,
    /// None, if there is no such account any more.
    username: Option<String>,
    /// By the clock of UTC.
    #[schema(format = Date)]
    day: String,
    count: i64,
}

/// An attempt at a row of somebody else.
#[derive(Debug, Serialize, FromRow, ToSchema)]
pub struct Suspicion {
    user_id: String,
    username: Option<String>,
    entity_type: String,
    entity_id: Option<String>,
    /// What he would have done.
    attempted: Option<String>,
    #[schema(format = DateTime)]
    timestamp: String,
}

/// A database whose log can be asked.
pub trait Reports: sqlx::Database {
    fn patterns(
        connection: &mut Self::Connection,
        days: u32,
    ) -> impl Future<Output = sqlx::Result<Vec<Pattern>>> + Send;

    fn suspicious(connection: &mut Self::Connection) -> impl Future<Output = sqlx::Result<Vec<Suspicion>>> + Send;
}

impl Reports for sqlx::Postgres {
    async fn patterns(connection: &mut sqlx::PgConnection, days: u32) -> sqlx::Result<Vec<Pattern>> {
        let text = "SELECT user_id::text, username, day::text, count FROM ( \
                        SELECT user_id, DATE(timestamp AT TIME ZONE 'UTC') AS day, COUNT(*) AS count FROM user_access_log \
                        WHERE timestamp >= now() - make_interval(days => $1) GROUP BY user_id, DATE(timestamp AT TIME ZONE 'UTC') \
                    ) AS counted LEFT JOIN accounts ON accounts.id = user_id ORDER BY day DESC, count DESC, user_id";
        sqlx::query_as(text).bind(i32::try_from(days).unwrap_or(i32::MAX)).persistent(false).fetch_all(connection).await
    }

    async fn suspicious(connection: &mut sqlx::PgConnection) -> sqlx::Result<Vec<Suspicion>> {
        let text = "SELECT user_id::text, username, entity_type, entity_id, details ->> 'attempted' AS attempted, \
                        to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"') AS timestamp \
                    FROM ( \
                        SELECT user_id, entity_type, entity_id, details, timestamp FROM user_access_log \
                        WHERE operation = 'unauthorized_access' ORDER BY timestamp DESC LIMIT 100 \
                    ) AS denied LEFT JOIN accounts ON accounts.id = user_id ORDER BY denied.timestamp DESC";
        sqlx::query_as(text).persistent(false).fetch_all(connection).await
    }
}

/// SQLite's log holds users as text, and the table of accounts as bytes.
impl Reports for sqlx::Sqlite {
    async fn patterns(connection: &mut sqlx::SqliteConnection, days: u32) -> sqlx::Result<Vec<Pattern>> {
        let text = "SELECT user_id, username, day, count FROM ( \
                        SELECT user_id, DATE(timestamp) AS day, COUNT(*) AS count FROM user_access_log \
                        WHERE timestamp >= strftime('%Y-%m-%dT%H:%M:%S', 'now', '-' || $1 || ' days') GROUP BY user_id, DATE(timestamp) \
                    ) LEFT JOIN accounts ON lower(hex(accounts.id)) = replace(user_id, '-', '') \
                    ORDER BY day DESC, count DESC, user_id";
        sqlx::query_as(text).bind(days).fetch_all(connection).await
    }

    async fn suspicious(connection: &mut sqlx::SqliteConnection) -> sqlx::Result<Vec<Suspicion>> {
        let text = "SELECT user_id, username, entity_type, entity_id, details ->> 'attempted' AS attempted, timestamp FROM ( \
                        SELECT user_id, entity_type, entity_id, details, timestamp FROM user_access_log \
                        WHERE operation = 'unauthorized_access' ORDER BY timestamp DESC LIMIT 100 \
                    ) LEFT JOIN accounts ON lower(hex(accounts.id)) = replace(user_id, '-', '') ORDER BY timestamp DESC";
        sqlx::query_as(text).fetch_all(connection).await
    }
}
