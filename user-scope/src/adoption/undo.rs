//! Takes back what was applied, the last change first, each by itself: what needs a lock asks for it briefly, and whoever is
//! interrupted goes on where he was.

use std::pin::pin;
use std::time::Duration;

use sqlx::Pool;

use super::Adoption;
use super::patience::{Tries, begin, end_by, reserve};
use super::run::{NAME, acquire, claim};
use crate::backend::{Backend, Dialect};
use crate::error::{Error, Result};
use crate::isolation::facts::{self, Texts, ask};
use crate::isolation::ledger as isolation;
use crate::isolation::plan::{Plan, Step};
use crate::isolation::run::{failed, problem};
use crate::lease::Lease;
use crate::migration;
use crate::observe::observed;
use crate::sql::adoption::{kind, postgres as change};
use crate::sql::isolation::{Change, TableName, ledger, script};

/// A change that is to be taken back.
struct Entry {
    number: String,
    object: String,
    change: String,
    undo: String,
}

pub(super) async fn rollback<DB: Backend>(adoption: &Adoption, pool: &Pool<DB>, drop_audit_log: bool) -> Result<Plan> {
    let mut undone = Plan::default();
    let taken_back = async {
        let mut lease = acquire(pool).await?;
        claim(&mut lease).await?;
        isolation::is_there_to_undo(&mut lease).await?;
        while let Some(entry) = last(&mut lease).await? {
            patiently(&mut lease, adoption.bound, &entry, &mut undone).await?;
        }
        let log = TableName { schema: None, name: "user_access_log".to_owned() };
        if drop_audit_log && facts::of(&mut lease, &log).await.map_err(failed)?.is_some() {
            if migration::is_foreign(&mut lease).await.map_err(failed)? {
                return Err(problem("user_access_log was not made by this library, and is not dropped".to_owned()));
            }
            for statement in change::DROP_LOG {
                let change = Change { sql: statement.to_owned(), undo: String::new() };
                let mut tries = Tries::new();
                while let Err(error) = alone(&mut lease, adoption.bound, &change.sql).await {
                    tries.again(&mut lease, "user_access_log", error, failed).await?;
                }
                let why = "it is not wanted any more".to_owned();
                undone.steps.push(Step { object: "user_access_log".to_owned(), why, change });
            }
        }
        Ok(())
    };
    observed(NAME, "rollback", pin!(taken_back)).await?;
    Ok(undone)
}

/// What was applied last. Where nothing is left, the ledger goes as well.
async fn last<DB: Backend>(lease: &mut Lease<DB>) -> Result<Option<Entry>> {
    if !isolation::is_there(lease, &[]).await? {
        return Ok(None);
    }
    // To anybody but its owner the ledger is empty, or says that it would be.
    let rows = ask(lease, ledger::LAST, &[]).await.map_err(|error| Error::Isolation {
        problem: "what was applied cannot be read: log in as the owner of the tables, who has applied it".to_owned(),
        source: Some(error.into()),
    });
    if let Some(row) = rows?.pop() {
        let mut row = Texts(row);
        return Ok(Some(Entry { number: row.text(), object: row.text(), change: row.text(), undo: row.text() }));
    }
    DB::execute_script(lease.connection(), script(ledger::FORGET.to_owned())).await.map_err(failed)?;
    Ok(None)
}

async fn patiently<DB: Backend>(
    lease: &mut Lease<DB>,
    bound: Duration,
    entry: &Entry,
    undone: &mut Plan,
) -> Result<()> {
    let parts = match DB::DIALECT {
        Dialect::Postgres => kind::in_two(&entry.undo),
        Dialect::Sqlite => None,
    };
    let (sql, rest) = match parts {
        Some([first, second]) => (first, Some(second)),
        None => (entry.undo.clone(), None),
    };
    let refused = |error: sqlx::Error| Error::Isolation {
        problem: format!("{}: this was refused: {sql}", entry.object),
        source: Some(error.into()),
    };
    let mut tries = Tries::new();
    while let Err(error) = part(lease, bound, entry, &sql, rest.as_deref()).await {
        let told = tries.again(lease, &entry.object, error, refused).await;
        if let Err(error) = told {
            return Err(if is_gone(lease, entry).await? { gone(entry) } else { error });
        }
    }
    let change = Change { sql, undo: entry.change.clone() };
    undone.steps.push(Step { object: entry.object.clone(), why: "taken back".to_owned(), change });
    Ok(())
}

/// Whether a table was dropped or renamed since.
async fn is_gone<DB: Backend>(lease: &mut Lease<DB>, entry: &Entry) -> Result<bool> {
    let of_tables = ["ALTER TABLE ", "DROP TRIGGER ", "DROP INDEX "];
    let is_of_a_table = of_tables.iter().any(|word| entry.undo.starts_with(word)) || entry.undo.contains(" ON ");
    Ok(is_of_a_table && facts::of(lease, &TableName::read(&entry.object)).await.map_err(failed)?.is_none())
}

fn gone(entry: &Entry) -> Error {
    let object = &entry.object;
    problem(format!(
        "{object} is not there any more. If it was renamed, give it its name back for this; if it was dropped, nothing is left to \
         be taken back: DELETE FROM user_scope_isolation WHERE object = '{}'. Then run it again",
        object.replace('\'', "''")
    ))
}

/// The change and the end of its note, together or not at all; or the first part of a change, of which a rest is noted.
async fn part<DB: Backend>(
    lease: &mut Lease<DB>,
    bound: Duration,
    entry: &Entry,
    sql: &str,
    rest: Option<&str>,
) -> sqlx::Result<()> {
    begin(lease, bound).await?;
    reserve(lease, &[TableName::read(&entry.object)], bound).await?;
    let noted = ledger::undone::<DB>(&entry.number, rest).map_err(sqlx::Error::Encode)?;
    DB::execute(lease.connection(), noted).await?;
    end_by(lease, sql).await
}

async fn alone<DB: Backend>(lease: &mut Lease<DB>, bound: Duration, sql: &str) -> sqlx::Result<()> {
    begin(lease, bound).await?;
    end_by(lease, sql).await
}
