//! Whether a database keeps users apart, as it is now: grants drift, views are added, somebody alters a policy by hand.
//!
//! Here it is decided what is a finding; the questions are SQL, and stand in `sql::isolation::doctor`. Nothing in this room
//! changes anything.

mod entities;
mod kinds;
mod postgres;
pub(crate) mod report;
mod server;
mod sqlite;
mod types;

use std::pin::pin;

use report::Report;
use sqlx::Pool;

use super::facts::{self, Facts};
use super::run::{Looked, failed};
use super::{Isolation, Settings, named};
use crate::backend::{Backend, Dialect, Pooling};
use crate::enforcement::Enforcement;
use crate::error::Result;
use crate::identifier::Identifier;
use crate::lease::Lease;
use crate::observe::observed;
use crate::pool::ScopedPool;
use crate::shelf::Shelf;
use crate::sql::isolation::Table;

use super::fit::Guard;

/// Looks at the database as the application meets it: whether all that keeps users apart is there, and whether something
/// reaches around it. For start-up, and for a CI.
///
/// It asks on the pool's own login, changes nothing, and works on a pool that would refuse every operation. Where even the
/// pool cannot be built, ask [`Isolation::examine`].
///
/// ```
/// # #[cfg(feature = "postgres")]
/// # async fn f(pool: user_scope::ScopedPool<sqlx::Postgres>) -> user_scope::Result<()> {
/// # use user_scope::{UserScoped, Uuid};
/// # #[derive(UserScoped)]
/// # #[user_scoped(table = "tasks")]
/// # struct Task { #[user_scoped(id)] id: Uuid, #[user_scoped(owner)] user_id: Uuid }
/// use user_scope::isolation;
///
/// let report = user_scope::doctor(&pool, &isolation![Task]).await?;
/// print!("{report}");                                      // for a person: what, why, and the SQL that mends it
/// report.into_result()?;                                   // refuses to start
/// # Ok(()) }
/// ```
///
/// # What it finds
///
/// Where no database is named, both are looked at.
///
/// | name | severity | found when |
/// |---|---|---|
/// | `rows-without-caller` | leak | PostgreSQL: a transaction without a caller sees a row |
/// | `row-security-off` | leak | PostgreSQL: a table, or the log, is not under row-level security |
/// | `policy-altered` | leak | PostgreSQL: a policy of ours has another condition, role or command |
/// | `policy-beside-ours` | leak | PostgreSQL: there is a permissive policy beside ours |
/// | `partition-reachable` | leak | PostgreSQL: a partition or child table is not under row-level security |
/// | `ancestor-unguarded` | leak | PostgreSQL: the table is part of one that is not under row-level security |
/// | `dangerous-grant` | leak | PostgreSQL: the login may TRUNCATE, or make REFERENCES or TRIGGERs |
/// | `own-table-open` | leak | PostgreSQL: others than system mode can use a table that the library keeps beside the log |
/// | `view-without-security-invoker` | leak | PostgreSQL: the login can use a view of the tables that is its owner's |
/// | `materialized-view` | leak | PostgreSQL: the login can read a materialised view of the tables |
/// | `login-is-superuser` | leak | PostgreSQL: no policy holds for the login |
/// | `login-bypasses-row-security` | leak | PostgreSQL: no policy holds for the login |
/// | `system-role-inherited` | leak | PostgreSQL: the login is in system mode without asking |
/// | `rows-with-foreign-parent` | leak | SQLite: rows name a parent of another owner |
/// | `transfer-left-open` | leak | SQLite: owners may change outside of a transfer |
/// | `row-security-not-forced` | weakness | PostgreSQL: policies do not hold for the owner of a table |
/// | `trigger-missing` | weakness | a trigger of ours is not there |
/// | `trigger-off` | weakness | PostgreSQL: a trigger of ours is disabled |
/// | `trigger-altered` | weakness | a trigger of ours does something else |
/// | `function-altered` | weakness | PostgreSQL: a function of our triggers does something else |
/// | `parent-key-missing` | weakness | PostgreSQL: no key holds a parent and its owner |
/// | `parent-not-isolated` | weakness | an entity's parent is not in the isolation |
/// | `child-not-listed` | weakness | an entity does not list one that names it as its parent |
/// | `foreign-key-without-owner` | weakness | PostgreSQL: a key refers to the id alone, from whatever table |
/// | `unique-key-without-owner` | weakness | PostgreSQL: a unique index other than that of the id has no owner |
/// | `owner-nullable` | weakness | a row may have no owner; on SQLite, if no trigger refuses it |
/// | `rows-without-owner` | weakness | SQLite: rows have no owner |
/// | `foreign-keys-off` | weakness | SQLite: a table has foreign keys, and the pool does not look at them |
/// | `login-owns-table` | weakness | PostgreSQL: the login is the owner of a table, or can become him |
/// | `login-can-bypass-row-security` | weakness | PostgreSQL: the login is a member of a role for which no policy holds |
/// | `login-creates-roles` | weakness | PostgreSQL: the login has CREATEROLE |
/// | `login-replicates` | weakness | PostgreSQL: the login has REPLICATION |
/// | `predefined-role` | weakness | PostgreSQL: the login is in `pg_read_all_data` or another of that kind |
/// | `preset-setting` | weakness | PostgreSQL: a caller, a role or `row_security` is set for the login or database |
/// | `system-role-shared` | weakness | PostgreSQL: system mode has a login, and the application's can do the same |
/// | `system-role-can-log-in` | weakness | PostgreSQL: one can log in as the role of system mode |
/// | `security-definer-function` | weakness | PostgreSQL: the login can call a function that may reach the tables as another |
/// | `leakproof-function` | weakness | PostgreSQL: the login can call a function that a user has marked LEAKPROOF |
/// | `log-granted-too-much` | weakness | PostgreSQL: the login may change the log, or forge its ids and times |
/// | `ledger-open` | weakness | PostgreSQL: the ledger of the isolation is not under row-level security |
/// | `table-missing` | fault | a table, or the log, is not there |
/// | `log-ends` | a partitioned log has no partition for the next month |
/// | `policy-missing` | fault | PostgreSQL: a policy of ours is not there |
/// | `column-missing` | fault | the entity has a column that the table has not |
/// | `column-not-filled` | fault | the table wants a value in a column that the entity does not know |
/// | `column-type-at-odds` | fault | PostgreSQL: a column has a type that its field cannot be read from |
/// | `owner-type-at-odds` | fault | the owner's column has another type than the entity |
/// | `id-type-at-odds` | fault | the id's column has another type than the entity |
/// | `enforcement-at-odds` | fault | PostgreSQL: the pool does not tell the database who is asking |
/// | `system-role-missing` | fault | PostgreSQL: there is no role of system mode |
/// | `system-role-out-of-reach` | fault | PostgreSQL: the login may not become it |
/// | `system-role-at-odds` | fault | PostgreSQL: pool and isolation name different ones |
/// | `transfer-table-missing` | fault | SQLite: the table by which triggers know of a transfer is not there |
/// | `no-backup-role` | advice | PostgreSQL: no login but superusers can make a backup |
/// | `server-too-old` | advice | PostgreSQL: the server lacks a known fix of row-level security |
/// | `owner-index-missing` | advice | no index begins with the owner |
/// | `policy-narrows` | advice | PostgreSQL: a restrictive policy stands beside ours |
///
/// # What it does not look at
///
/// - **Hooks of the pool.** The library rests on none: what cleans a connection is part of every operation.
/// - **The types of columns on SQLite**, where each value has its own; and of entities that did not come by `isolation![…]`,
///   which asks the compiler for them.
/// - **What a function's body does.** One that is SECURITY DEFINER is named if it mentions a table, makes statements up, or
///   cannot be read; one that calls another which does is not.
/// - **Superusers.** Every server has one. That one could make backups does not count: nothing should run as it.
/// - **`recursive_triggers` on SQLite.** REPLACE fires triggers of deletion only with it, and ours are not of that kind.
///
/// # Errors
///
/// If it could not look: what [`ScopedPool`]'s operations return where the database cannot be reached.
pub async fn doctor<DB: Backend, Id: Identifier>(
    pool: &ScopedPool<DB, Id>,
    isolation: &Isolation<Id>,
) -> Result<Report> {
    let connections = pool.state().connections();
    let guard = Some((connections.guard(), connections.has_system_login()));
    examine(isolation, connections.shelf(), guard).await
}

impl<Id: Identifier> Isolation<Id> {
    /// What [`doctor`](crate::doctor()) finds, on a pool of sqlx with the login of the application: for a database that is so ill
    /// that no [`ScopedPool`] can be built on it. What such a pool is set to is not looked at.
    ///
    /// # Errors
    ///
    /// If it could not look.
    pub async fn examine<DB: Backend>(&self, application: &Pool<DB>) -> Result<Report> {
        examine(self, &Shelf::none(application.clone()), None).await
    }
}

async fn examine<DB: Backend, Id: Identifier>(
    isolation: &Isolation<Id>,
    shelf: &Shelf<DB>,
    guard: Option<(&Guard, bool)>,
) -> Result<Report> {
    tables(&isolation.tables, &isolation.settings, shelf, guard).await
}

/// The same, of tables of which no entity need be known.
pub(crate) async fn tables<DB: Backend>(
    tables: &[Table],
    settings: &Settings,
    shelf: &Shelf<DB>,
    guard: Option<(&Guard, bool)>,
) -> Result<Report> {
    let mut report = Report::default();
    let looked = async {
        let mut lease = Lease::of(shelf, Pooling::Transaction).await.map_err(failed)?;
        if DB::DIALECT == Dialect::Postgres {
            lease.begin(crate::sql::isolation::doctor::begin()).await.map_err(failed)?;
        }
        look(&mut lease, tables, settings, guard, &mut report).await?;
        if lease.is_open() {
            lease.rollback().await.map_err(failed)?;
        }
        Ok(())
    };
    observed("isolation", "doctor", pin!(looked)).await?;
    Ok(report.sorted())
}

async fn look<DB: Backend>(
    lease: &mut Lease<DB>,
    tables: &[Table],
    settings: &Settings,
    guard: Option<(&Guard, bool)>,
    report: &mut Report,
) -> Result<()> {
    let tables = named::completed(lease, tables).await?;
    let mut there = Vec::with_capacity(tables.len());
    for table in &tables {
        match facts::of(lease, &table.name).await.map_err(failed)? {
            Some(facts) => there.push(Looked { table, facts }),
            None => report.add(&kinds::TABLE_MISSING, &table.name, "", ""),
        }
    }
    entities::look(DB::DIALECT, &tables, &there, report);
    match DB::DIALECT {
        Dialect::Sqlite => sqlite::look(lease, &there, settings, report).await,
        Dialect::Postgres => {
            let has_own_login = !settings.system_logins.is_empty() || guard.is_some_and(|(_, own)| own);
            let active = postgres::look(lease, &there, settings, has_own_login, report).await?;
            if let Some((guard, _)) = guard {
                fits(guard, settings, &active, report);
            }
            Ok(())
        }
    }
}

/// What the pool itself rests on.
fn fits(guard: &Guard, settings: &Settings, active: &[String], report: &mut Report) {
    match (guard.enforcement, active.first()) {
        (Enforcement::Predicate, Some(table)) => report.add(&kinds::ENFORCEMENT_AT_ODDS, table, "", ""),
        (Enforcement::Predicate, None) => {}
        _ if guard.system_role != settings.system_role => {
            report.add(&kinds::SYSTEM_ROLE_AT_ODDS, &guard.system_role, &settings.system_role, "");
        }
        (Enforcement::Announced | Enforcement::Database, _) => {}
    }
}

/// Whether any index finds the rows of an owner.
fn has_owner_index(table: &Table, facts: &Facts) -> bool {
    facts.indexes.iter().any(|index| index.whole && index.columns.first() == Some(&table.owner))
}
