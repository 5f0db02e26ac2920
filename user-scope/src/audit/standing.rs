//! What has to be known of a log before a pool can be built on it.

use std::pin::pin;

use sqlx::Pool;

use super::log::{NAME, reading};
use crate::backend::{Backend, Dialect};
use crate::enforcement::Enforcement;
use crate::error::Result;
use crate::isolation::facts::{Texts, ask};
use crate::lease::Lease;
use crate::migration;
use crate::observe::observed;
use crate::sql::{self, schema};

/// What identifies the users of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogUsers {
    /// [`Uuid`](crate::Uuid)s.
    Uuid,
    /// `i64`s.
    Integer,
    /// Texts; on SQLite, whatever they are elsewhere.
    Text,
}

/// What a tool that was built without the application has to know of its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogStanding {
    /// What identifies its users.
    pub users: LogUsers,
    /// How a pool of this login has to be built: with [`Enforcement::Database`] where row-level security keeps it to what it is
    /// asked for.
    pub enforcement: Enforcement,
    /// Whether it was made by an older version, and [`ScopedPool::migrate`](crate::ScopedPool::migrate) has to be called first.
    pub is_behind: bool,
}

/// Looks at the log that `pool` leads to; `None` if there is none.
///
/// # Errors
///
/// [`Error::Database`](crate::Error::Database) or [`Error::Unavailable`](crate::Error::Unavailable) if the database does not
/// answer.
pub async fn standing<DB: Backend>(pool: &Pool<DB>) -> Result<Option<LogStanding>> {
    let looked = async {
        let mut lease = Lease::acquire(pool).await.map_err(reading)?;
        if !lease.is_open() && DB::DIALECT == Dialect::Postgres {
            lease.begin(sql::begin::<DB>()).await.map_err(reading)?;
        }
        let found = ask(&mut lease, sql::log_standing(DB::DIALECT), &[]).await.map_err(reading)?.pop();
        let Some(row) = found else { return Ok(None) };
        // Who may not look how far it has come finds out when he asks.
        let is_behind = migration::done(&mut lease).await.is_ok_and(|done| done < schema::last(DB::DIALECT));
        let mut row = Texts(row);
        let users = match row.text().as_str() {
            "uuid" => LogUsers::Uuid,
            "bigint" => LogUsers::Integer,
            _ => LogUsers::Text,
        };
        let enforcement = if row.is_true() { Enforcement::Database } else { Enforcement::Predicate };
        Ok(Some(LogStanding { users, enforcement, is_behind }))
    };
    observed(NAME, "standing", pin!(looked)).await
}
