//! How the log is kept: partitions, what is let go, what is copied out.

use std::path::Path;
use std::pin::pin;

use serde_json::json;
use user_scope::audit::{Partitioned, Purgeable, SealKey, Window, partition, standing};
use user_scope::{Backend, Moment};

use super::asking::{Asking, Form};
use super::questions::sheet;
use super::seals::{read, spoken};
use super::{on_log, there};
use crate::Outcome;
use crate::adoption::told;
use crate::arguments::{DatabaseUrl, Output};
use crate::database::Database;
use crate::failure::Failure;
use crate::output::{answer, beside, is_closed, is_gone};

pub(crate) async fn export(asking: &Asking, from: Moment, until: Moment, csv: bool) -> Result<Outcome, Failure> {
    if until <= from {
        return Err(Failure::new(
            "there is no day within this time: --until is the day behind the last, and after --from",
        ));
    }
    if is_closed() {
        return Err(Failure::new("the standard output is closed, and nothing would be copied out"));
    }
    let form = Form { json: !csv, csv };
    if csv {
        answer(super::questions::ROW.join(","))?;
    }
    // Where it ends early, be it by an interrupt, the log has on record how many rows were given until then.
    let given = on_log!(asking, |system| {
        let log = system.audit();
        let mut export = log.export(Window::between(from, until));
        let mut interrupt = pin!(tokio::signal::ctrl_c());
        let mut given = 0;
        loop {
            let next = tokio::select! {
                biased;
                _ = &mut interrupt => Err(Failure::new(format!("interrupted; {} were given", spoken(given, "row")))),
                next = export.next() => next.map_err(Failure::from),
            };
            let Some(rows) = next? else { break };
            given += rows.len() as u64;
            sheet(&rows, form).tell_lines(form)?;
            if is_gone() {
                break;
            }
        }
        given
    });
    if !is_gone() {
        beside(spoken(given, "row"));
    }
    Ok(Outcome::Well)
}

pub(crate) async fn purge(
    asking: &Asking,
    before: Moment,
    carry_out: bool,
    key: Option<&Path>,
    output: &Output,
) -> Result<Outcome, Failure> {
    let key: Option<SealKey> = key.map(read).transpose()?;
    let done = on_log!(asking, |system| {
        let log = system.audit();
        let mut purge = log.purge_before(before);
        if let Some(key) = &key {
            purge = purge.key(key);
        }
        if carry_out { purge.carry_out().await? } else { purge.plan().await? }
    });
    if before > Moment::now() {
        beside(format_args!("what is of this month stays: everything before {}", done.until.day()));
    }
    told(output, &in_words(&done, carry_out), || {
        json!({
            "until": done.until.to_string(),
            "rows": done.rows,
            "kept": done.kept,
            "first": done.times.as_ref().map(|times| &times.0),
            "last": done.times.as_ref().map(|times| &times.1),
            "partitions": done.partitions,
            "sealed": done.sealed,
            "carried_out": carry_out,
        })
    })?;
    Ok(Outcome::Well)
}

fn in_words(done: &Purgeable, carried_out: bool) -> String {
    let until = done.until.day();
    let kept = match done.kept {
        0 => String::new(),
        kept => format!(
            "\n{} from before what was asked for {}: the partition that holds them holds later ones as well, and goes as a whole",
            spoken(kept, "row"),
            if kept == 1 { "stays" } else { "stay" },
        ),
    };
    let Some((first, last)) = &done.times else {
        return match done.partitions.as_slice() {
            [] => format!("nothing was recorded before {until} that could go{kept}"),
            partitions => {
                let went = if carried_out { "is gone" } else { "would go; say --carry-out" };
                format!("what an earlier purge has left of {} {went}{kept}", partitions.join(", "))
            }
        };
    };
    let went = if carried_out { "are gone" } else { "would go; say --carry-out" };
    let partitions = match done.partitions.as_slice() {
        [] => String::new(),
        partitions => format!(", in the partitions {}", partitions.join(", ")),
    };
    let sealed = if done.sealed && !carried_out { "; they are sealed, and need the --key" } else { "" };
    let count = spoken(done.rows, "row");
    format!("{count} from before {until}, recorded from {first} to {last}{partitions}, {went}{sealed}{kept}")
}

pub(crate) async fn make_partitions(database: &DatabaseUrl, ahead: u32, output: &Output) -> Result<Outcome, Failure> {
    let (done, has_partitions) = match Database::connect(&database.url).await? {
        Database::Postgres(pool) => (made(&pool, ahead).await?, true),
        Database::Sqlite(pool) => (made(&pool, ahead).await?, false),
    };
    let mut words = Vec::new();
    if let Some(name) = &done.moved {
        words.push(format!("the plain log is now the partition {name}"));
    }
    match done.made.as_slice() {
        [] if !has_partitions => words.push("the log of SQLite has no partitions: there is nothing to do".to_owned()),
        [] => words.push("no partition was missing".to_owned()),
        made => words.push(format!("made {}", made.join(", "))),
    }
    told(output, &words.join("\n"), || json!({ "moved": done.moved, "made": done.made }))?;
    Ok(Outcome::Well)
}

async fn made<DB: Backend>(pool: &sqlx::Pool<DB>, ahead: u32) -> Result<Partitioned, Failure> {
    there(standing(pool).await?)?;
    Ok(partition(pool, ahead).await?)
}
