//! Whether there is a ledger, and whether it may be trusted: what stands in it is executed.

use super::facts::{Texts, ask};
use super::run::{failed, problem};
use crate::backend::{Backend, Dialect};
use crate::error::Result;
use crate::lease::Lease;
use crate::sql::isolation::{TableName, catalogue, ledger};

/// Whether there is one, to note changes of these tables in. Who owns them may have made it.
///
/// # Errors
///
/// If somebody else has made it, who may have written anything into it.
pub(crate) async fn is_there<DB: Backend>(lease: &mut Lease<DB>, tables: &[&TableName]) -> Result<bool> {
    if DB::DIALECT == Dialect::Sqlite {
        return Ok(!ask(lease, catalogue::SQLITE.relation, &[ledger::NAME]).await.map_err(failed)?.is_empty());
    }
    let (is_ours, owner, _) = found(lease, tables).await?;
    match (is_ours, owner) {
        (true, _) => Ok(true),
        (false, Some(owner)) => Err(problem(format!(
            "{} belongs to {owner}, or is not a table as this library makes it: what stands in it would be executed. Log in as who \
             has applied the isolation, or drop it if nobody has",
            ledger::NAME
        ))),
        (false, None) => Ok(false),
    }
}

/// Whether there is one, to take back what stands in it: that nobody but we ourselves have made. Where there is none, none must
/// be anywhere else.
pub(crate) async fn is_there_to_undo<DB: Backend>(lease: &mut Lease<DB>) -> Result<bool> {
    let is_there = is_there(lease, &[]).await?;
    if !is_there
        && DB::DIALECT == Dialect::Postgres
        && let (_, _, Some(schemas)) = found(lease, &[]).await?
    {
        return Err(problem(format!(
            "{} is in {schemas}, where the search_path of this login does not look: log in as who has applied it, or set it",
            ledger::NAME
        )));
    }
    Ok(is_there)
}

async fn found<DB: Backend>(
    lease: &mut Lease<DB>,
    tables: &[&TableName],
) -> Result<(bool, Option<String>, Option<String>)> {
    let names: Vec<_> = tables.iter().map(|table| table.quoted()).collect();
    let row = ask(lease, ledger::FOUND, &[&names.join("\u{1f}")]).await.map_err(failed)?.pop().unwrap_or_default();
    let mut row = Texts(row);
    Ok((row.is_true(), row.next(), row.next()))
}
