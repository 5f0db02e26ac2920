//! `user-scope plan --migrations`: the plan as files for sqlx.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::Outcome;
use crate::adoption::told;
use crate::arguments::{Output, Target};
use crate::configuration::Configuration;
use crate::database::on_database;
use crate::failure::Failure;

pub(crate) async fn write(
    target: &Target,
    folder: &Path,
    lock_bound: Duration,
    output: &Output,
) -> Result<Outcome, Failure> {
    let adoption = Configuration::of(target)?.adoption(target)?;
    let plan = on_database!(target, |pool| adoption.plan(&pool).await?);
    plan.notes().for_each(|note| eprintln!("note: {note}"));
    let fault = |what: &Path, error: std::io::Error| Failure::new(format!("{}: {error}", what.display()));
    std::fs::create_dir_all(folder).map_err(|error| fault(folder, error))?;
    let versions = now().max(last(folder)? + 1)..;
    let mut names = Vec::new();
    for (version, migration) in versions.zip(plan.migrations(lock_bound)) {
        for (way, script) in [("up", &migration.up), ("down", &migration.down)] {
            let name = format!("{version}_{}.{way}.sql", migration.name);
            let file = folder.join(&name);
            std::fs::write(&file, script).map_err(|error| fault(&file, error))?;
            names.push(name);
        }
    }
    let words = if names.is_empty() { "nothing to do".to_owned() } else { names.join("\n") };
    told(output, &words, || json!({ "migrations": names, "notes": plan.notes().collect::<Vec<_>>() }));
    Ok(Outcome::Well)
}

/// The version of the last migration that is there already: ours come behind it.
fn last(folder: &Path) -> Result<i64, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
    let versions = entries.filter_map(|entry| {
        let name = entry.ok()?.file_name();
        name.to_str()?.split_once('_')?.0.parse::<i64>().ok()
    });
    Ok(versions.max().unwrap_or(0))
}

/// As sqlx numbers its migrations: year, month, day, hours, minutes and seconds.
fn now() -> i64 {
    chrono::Utc::now().format("%Y%m%d%H%M%S").to_string().parse().unwrap_or(0)
}
