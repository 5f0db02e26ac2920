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
use crate::output::beside;

pub(crate) async fn write(
    target: &Target,
    folder: &Path,
    lock_bound: Duration,
    output: &Output,
) -> Result<Outcome, Failure> {
    let adoption = Configuration::of(target)?.adoption(target)?;
    let plan = on_database!(target.database, |pool| adoption.plan(&pool).await?);
    plan.notes().for_each(|note| beside(format_args!("note: {note}")));
    let fault = |what: &Path, error: std::io::Error| Failure::new(format!("{}: {error}", what.display()));
    std::fs::create_dir_all(folder).map_err(|error| fault(folder, error))?;
    let (last, is_ours) = last(folder)?;
    let migrations = plan.migrations(lock_bound);
    if is_ours && !migrations.is_empty() {
        return Err(Failure::new(format!(
            "{} holds migrations of user-scope already, and the database still lacks something: run those, or remove them first",
            folder.display()
        )));
    }
    let mut names = Vec::new();
    for (version, migration) in versions(last).zip(migrations) {
        for (way, script) in [("up", &migration.up), ("down", &migration.down)] {
            let name = format!("{version}_{}.{way}.sql", migration.name);
            let file = folder.join(&name);
            std::fs::write(&file, script).map_err(|error| fault(&file, error))?;
            names.push(name);
        }
    }
    let words = if names.is_empty() { "nothing to do".to_owned() } else { names.join("\n") };
    told(output, &words, || json!({ "migrations": names, "notes": plan.notes().collect::<Vec<_>>() }))?;
    Ok(Outcome::Well)
}

/// The version of the last migration that is there already, behind which ours come, and whether some are ours.
fn last(folder: &Path) -> Result<(i64, bool), Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
    let names: Vec<_> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    let parts = || names.iter().filter_map(|name| name.split_once('_'));
    let last = parts().filter_map(|(version, _)| version.parse().ok()).max().unwrap_or(0);
    Ok((last, parts().any(|(_, name)| name.starts_with("user_scope_"))))
}

/// As sqlx numbers its migrations: year, month, day, hours, minutes and seconds; a second for each.
fn versions(last: i64) -> impl Iterator<Item = i64> {
    let now = chrono::Utc::now();
    let at = move |seconds| {
        let then = now + chrono::TimeDelta::seconds(seconds);
        then.format("%Y%m%d%H%M%S").to_string().parse().unwrap_or(0)
    };
    (0..).map(move |number| if at(0) > last { at(number) } else { last + 1 + number })
}
