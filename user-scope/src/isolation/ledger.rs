//! Whether there is a ledger, and whether it may be trusted: what stands in it is executed.

use super::facts::{Texts, ask};
use super::run::{failed, problem};
use crate::backend::{Backend, Dialect};
use crate::error::Result;
use crate::lease::Lease;
use crate::sql::isolation::{catalogue, ledger};

/// Whether there is one.
///
/// # Errors
///
/// If somebody else has made it, who may have written anything into it.
pub(crate) async fn is_there<DB: Backend>(lease: &mut Lease<DB>) -> Result<bool> {
    if DB::DIALECT == Dialect::Sqlite {
        return Ok(!ask(lease, catalogue::SQLITE.relation, &[ledger::NAME]).await.map_err(failed)?.is_empty());
    }
    let row = ask(lease, ledger::FOUND, &[]).await.map_err(failed)?.pop().unwrap_or_default();
    let mut row = Texts(row);
    let (is_ours, owner) = (row.next(), row.next());
    match (is_ours.as_deref(), owner) {
        (Some("true"), _) => Ok(true),
        (_, Some(owner)) => Err(problem(format!(
            "{} belongs to {owner}, or is not a table as this library makes it: what stands in it would be executed. Log in as who \
             has applied the isolation, or drop it if nobody has",
            ledger::NAME
        ))),
        (_, None) => Ok(false),
    }
}

/// The same, before all is taken back: where there is none, none must be anywhere else.
pub(crate) async fn is_there_to_undo<DB: Backend>(lease: &mut Lease<DB>) -> Result<bool> {
    let found = is_there(lease).await?;
    if !found && DB::DIALECT == Dialect::Postgres {
        let row = ask(lease, ledger::FOUND, &[]).await.map_err(failed)?.pop().unwrap_or_default();
        if let Some(schemas) = row.into_iter().nth(2).flatten() {
            return Err(problem(format!(
                "{} is in {schemas}, where the search_path of this login does not look: log in as who has applied it, or set it",
                ledger::NAME
            )));
        }
    }
    Ok(found)
}
