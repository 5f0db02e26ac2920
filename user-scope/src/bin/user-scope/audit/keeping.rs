//! How the log is kept: partitions, what is let go, what is copied out.

use std::path::Path;

use serde_json::json;
use user_scope::Moment;
use user_scope::audit::{Purgeable, SealKey, Window, partition};

use super::arguments::{Asking, Form};
use super::on_log;
use super::questions::sheet;
use super::seals::{read, spoken};
use crate::Outcome;
use crate::adoption::told;
use crate::arguments::{DatabaseUrl, Output};
use crate::database::on_database;
use crate::failure::Failure;
use crate::output::{answer, beside, is_gone};

pub(crate) async fn export(asking: &Asking, from: Moment, until: Moment, csv: bool) -> Result<Outcome, Failure> {
    let form = Form { json: !csv, csv };
    if csv {
        answer(super::questions::ROW.join(","));
    }
    let given = on_log!(asking, |system| {
        let log = system.audit();
        let mut export = log.export(Window::between(from, until));
        let mut given = 0;
        while let Some(rows) = export.next().await? {
            given += rows.len();
            sheet(&rows).tell_lines(form)?;
            if is_gone() {
                break;
            }
        }
        given
    });
    beside(format_args!("{given} rows"));
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
    });
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
    let done = on_database!(database, |pool| partition(&pool, ahead).await?);
    let mut words = Vec::new();
    if let Some(name) = &done.moved {
        words.push(format!("the plain log is now the partition {name}"));
    }
    match done.made.as_slice() {
        [] => words.push("no partition was missing".to_owned()),
        made => words.push(format!("made {}", made.join(", "))),
    }
    told(output, &words.join("\n"), || json!({ "moved": done.moved, "made": done.made }));
    Ok(Outcome::Well)
}
