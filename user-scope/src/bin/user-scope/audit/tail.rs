//! The end of the log, and what appears behind it.

use std::collections::HashSet;
use std::time::Duration;

use user_scope::Backend;
use user_scope::audit::{AuditLog, Operation, TrailRow};

use super::asking::{Asking, Form};
use super::on_log;
use super::questions::{ROW, sheet};
use crate::Outcome;
use crate::failure::Failure;
use crate::output::{answer, is_gone};

/// How often it is looked for what has appeared.
const PAUSE: Duration = Duration::from_millis(500);

pub(crate) async fn tail(
    asking: &Asking,
    follow: bool,
    limit: u32,
    operation: Option<&str>,
    form: Form,
) -> Result<Outcome, Failure> {
    let operation = operation.map(known).transpose()?;
    if follow {
        on_log!(asking, |system| followed(&system.audit(), limit, operation, form).await?);
        return Ok(Outcome::Well);
    }
    let rows = on_log!(asking, |system| newest(&system.audit(), limit, operation).await?);
    sheet(&rows, form).tell(form, "the log is empty")?;
    Ok(Outcome::Well)
}

fn known(word: &str) -> Result<Operation, Failure> {
    Operation::ALL
        .iter()
        .copied()
        .find(|operation| operation.as_str() == word)
        .ok_or_else(|| Failure::new(format!("{word:?} is no operation; see `user-scope audit tail --help`")))
}

async fn newest<DB: Backend>(
    log: &AuditLog<'_, DB>,
    limit: u32,
    operation: Option<Operation>,
) -> user_scope::Result<Vec<TrailRow>> {
    let rows = log.rows().limit(limit);
    if let Some(operation) = operation { rows.operation(operation).all().await } else { rows.all().await }
}

/// The newest rows, the oldest of them first, and each that appears, until it is interrupted or nobody reads any more.
async fn followed<DB: Backend>(
    log: &AuditLog<'_, DB>,
    limit: u32,
    operation: Option<Operation>,
    form: Form,
) -> Result<(), Failure> {
    let mut follower = log.follow();
    // From here on it misses nothing. What appears before the newest are read is among both, and shown once.
    let early = follower.next().await?;
    let mut rows = newest(log, limit, operation).await?;
    rows.reverse();
    let shown: HashSet<_> = rows.iter().filter_map(|row| row.id).collect();
    let is_new = |row: &TrailRow| {
        row.id.is_none_or(|id| !shown.contains(&id))
            && operation.is_none_or(|operation| row.operation == operation.as_str())
    };
    rows.extend(early.into_iter().filter(is_new));
    if form.csv {
        answer(ROW.join(","))?;
    }
    loop {
        sheet(&rows, form).tell_lines(form)?;
        let pause = tokio::time::timeout(PAUSE, tokio::signal::ctrl_c()).await;
        if pause.is_ok() || is_gone() {
            return Ok(());
        }
        rows = follower.next().await?.into_iter().filter(is_new).collect();
    }
}
