//! Whether a pool's way of keeping users apart is what the database expects of it.

use std::fmt;

use super::SYSTEM_ROLE;
use super::facts::{Texts, ask};
use crate::backend::{Backend, Dialect, Pooling};
use crate::enforcement::Enforcement;
#[cfg(feature = "postgres")]
use crate::error::Result;
use crate::lease::Lease;
use crate::shelf::Shelf;
use crate::sql::isolation::{TableName, fit as question};

/// How a pool keeps users apart.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    pub(crate) enforcement: Enforcement,
    pub(crate) system_role: String,
    /// The tables that the application says are isolated.
    pub(crate) tables: Vec<TableName>,
}

impl Default for Guard {
    fn default() -> Self {
        Self { enforcement: Enforcement::default(), system_role: SYSTEM_ROLE.to_owned(), tables: Vec::new() }
    }
}

/// Why a pool must not be used. It travels as an error of sqlx's configuration, which is what it is.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Misfit(pub(crate) String);

pub(crate) async fn check<DB: Backend>(
    users: &Shelf<DB>,
    system: Option<&Shelf<DB>>,
    guard: &Guard,
    pooling: Pooling,
) -> sqlx::Result<()> {
    if DB::DIALECT == Dialect::Sqlite {
        return Ok(());
    }
    let mut lease = Lease::ready(users, pooling).await?;
    let row = ask(&mut lease, question::STANDING, &[&guard.system_role]).await?.pop().unwrap_or_default();
    let mut row = Texts(row);
    let (login, active, policies) = (row.text(), row.list(), row.text());
    let (is_member, inherits) = (row.is_true(), row.is_true());
    if !guard.enforcement.announces() {
        return match active.first() {
            None => Ok(()),
            Some(table) => misfit(format_args!(
                "{table} is under row-level security, and this pool says by no statement who is asking: it would see \
                 nothing. Build it with `Enforcement::Database`"
            )),
        };
    }
    let role = &guard.system_role;
    let must_be_active = guard.enforcement == Enforcement::Database;
    if must_be_active && active.is_empty() {
        return match policies.as_str() {
            "0" => misfit(format_args!("no table is isolated; apply an `Isolation`, or use `Enforcement::Predicate`")),
            _ => misfit(format_args!(
                "row-level security is not active for the login {login}: it is a superuser, has BYPASSRLS, or owns the \
                 tables; let the application log in as a role that is none of these"
            )),
        };
    }
    if must_be_active && let Some(table) = unguarded(&mut lease, guard).await?.1.first() {
        return misfit(format_args!("{table} is not isolated for the login {login}; apply the `Isolation`"));
    }
    if inherits {
        return misfit(format_args!(
            "the login {login} inherits the role {role}, whose policies show every row; apply the `Isolation`, which makes it \
             ask"
        ));
    }
    if system.is_none() && !is_member {
        return misfit(format_args!(
            "the login {login} may not become {role}, which system mode needs, and telling denials from misses; name it in \
             `Isolation::application`, or give system mode a login of its own by `system_source`"
        ));
    }
    Ok(())
}

/// On PostgreSQL alone: proves that raw SQL on this connection, in this transaction, is kept to its caller's rows.
#[cfg(feature = "postgres")]
pub(crate) async fn prove<DB: Backend>(lease: &mut Lease<DB>, guard: &Guard, for_system_mode: bool) -> Result<()> {
    if !guard.enforcement.announces() || guard.tables.is_empty() {
        let problem = "nothing proves that raw SQL would be kept to its caller's rows: build the pool with \
                       `Enforcement::Database` and `isolated(&isolation)`, or take `unscoped_connection()`";
        return Err(super::run::problem(problem.to_owned()));
    }
    let (role, unguarded) = unguarded(lease, guard).await.map_err(super::run::failed)?;
    if let Some(table) = unguarded.first() {
        return Err(super::run::problem(format!(
            "{table} is not isolated for the role {role}; raw SQL would see all of it"
        )));
    }
    if role == guard.system_role && !for_system_mode {
        return Err(super::run::problem(format!(
            "raw SQL has made itself {role}, who sees every row; begin a new transaction"
        )));
    }
    Ok(())
}

/// Who we are, and which of the tables that are to be isolated are not so for us.
async fn unguarded<DB: Backend>(lease: &mut Lease<DB>, guard: &Guard) -> sqlx::Result<(String, Vec<String>)> {
    let tables: Vec<_> = guard.tables.iter().map(TableName::quoted).collect();
    let row = ask(lease, question::UNGUARDED, &[&tables.join("\u{1f}")]).await?.pop().unwrap_or_default();
    let mut row = Texts(row);
    Ok((row.text(), row.list()))
}

fn misfit(words: fmt::Arguments<'_>) -> sqlx::Result<()> {
    Err(sqlx::Error::Configuration(Misfit(words.to_string()).into()))
}
