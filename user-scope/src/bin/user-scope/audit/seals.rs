//! Seals: the key, sealing, and whether the log is as it was sealed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::json;
use user_scope::audit::{PublicSealKey, SealFinding, SealKey, SealReport};

use super::asking::Asking;
use super::{kept, on_log};
use crate::Outcome;
use crate::adoption::told;
use crate::arguments::Output;
use crate::failure::Failure;
use crate::output::beside;

/// Makes a key, in a file that only its owner may read.
pub(crate) fn key(file: &Path, output: &Output) -> Result<Outcome, Failure> {
    let key = SealKey::generate()?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let wrong = |error| Failure::new(format!("{}: {error}", file.display()));
    let mut written = options.open(file).map_err(wrong)?;
    writeln!(written, "{}", key.to_text()).map_err(wrong)?;
    beside(format_args!("The secret key is in {}.", file.display()));
    show(&key, output)
}

/// Shows the public key of a secret one.
pub(crate) fn show_key(file: &Path, output: &Output) -> Result<Outcome, Failure> {
    show(&read(file)?, output)
}

/// The public key alone, so that it can be taken as it comes.
fn show(key: &SealKey, output: &Output) -> Result<Outcome, Failure> {
    let public = key.public().to_string();
    told(output, &public, || json!({ "public_key": public }))?;
    Ok(Outcome::Well)
}

pub(crate) async fn seal(
    asking: &Asking,
    key: &Path,
    last: Option<&Path>,
    output: &Output,
) -> Result<Outcome, Failure> {
    let (key, kept): (SealKey, _) = (read(key)?, kept::read_if_there(last)?);
    let sealed = on_log!(asking, |system| system.audit().seal_behind(&key, &kept).await?);
    if let (Some(file), Some(seal)) = (last, &sealed.last) {
        kept::keep(file, seal)?;
    }
    let words = format!("{} under {}", spoken(sealed.rows, "new row"), spoken(sealed.seals, "seal"));
    told(
        output,
        &words,
        || json!({ "rows": sealed.rows, "seals": sealed.seals, "last": sealed.last.as_ref().map(ToString::to_string) }),
    )?;
    Ok(Outcome::Well)
}

pub(crate) async fn verify(
    asking: &Asking,
    public_key: &str,
    last: &[PathBuf],
    output: &Output,
) -> Result<Outcome, Failure> {
    let (key, kept) = (public(public_key)?, kept::read_all(last.iter().map(PathBuf::as_path))?);
    let report = on_log!(asking, |system| system.audit().verify(&key, &kept).await?);
    let (rows, seals) = (spoken(report.rows, "row"), spoken(report.seals, "seal"));
    let held = if is_of_another_key(&report) {
        format!("no seal is signed with this key; is it the right one? Of what is under {seals} nothing is proven")
    } else if report.is_clean() {
        format!("{rows} under {seals} as they were sealed")
    } else {
        format!("rows under seals that hold: {} ({seals} in all)", report.rows)
    };
    let mut words = vec![format!("{held}; {} not sealed yet, {} purged by right", report.unsealed, report.purged)];
    words.extend(report.findings.iter().map(|finding| format!("found: {finding}")));
    if let Some(oldest) = report.oldest_unsealed.filter(|_| report.seals > 0) {
        words.push(format!("the oldest that is not sealed yet is of {oldest}"));
    }
    if report.to_purge > 0 {
        words.push(format!(
            "{} to be purged and not gone yet: carry the purge out again",
            spoken(report.to_purge, "row")
        ));
    }
    if report.clusters > 1 {
        words.push(format!(
            "it was sealed in {} clusters, one after the other: it was restored, or moved",
            report.clusters
        ));
    }
    if last.is_empty() {
        words.push("without --last nobody can tell whether the end of the log was cut off".to_owned());
    }
    told(output, &words.join("\n"), || {
        json!({
            "clean": report.is_clean(),
            "rows": report.rows,
            "seals": report.seals,
            "unsealed": report.unsealed,
            "oldest_unsealed": report.oldest_unsealed.map(|oldest| oldest.to_string()),
            "purged": report.purged,
            "to_purge": report.to_purge,
            "clusters": report.clusters,
            "last": report.last.as_ref().map(ToString::to_string),
            "findings": report.findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    })?;
    Ok(if report.is_clean() { Outcome::Well } else { Outcome::Found })
}

/// The public key as it is given: itself, or a file that holds it.
fn public(given: &str) -> Result<PublicSealKey, Failure> {
    let neither = || Failure::new("--public-key is neither 64 hexadecimal digits nor a file that holds them");
    let keys: Option<Vec<_>> = given
        .split(',')
        .map(|part| match part.trim().parse::<PublicSealKey>() {
            Ok(key) => Some(key.to_string()),
            Err(_) => std::fs::read_to_string(part).ok(),
        })
        .collect();
    keys.ok_or_else(neither)?.join(",").parse().map_err(|_| neither())
}

/// Whether all seals look forged, which one that is given the wrong key finds.
fn is_of_another_key(report: &SealReport) -> bool {
    let forged = report.findings.iter().filter(|finding| matches!(finding, SealFinding::SealForged { .. }));
    report.seals > 0 && u64::try_from(forged.count()).is_ok_and(|forged| forged >= report.seals)
}

/// What a file holds. Nothing of it is in what is said of it.
pub(super) fn read<T: FromStr<Err = user_scope::Error>>(file: &Path) -> Result<T, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
    text.parse().map_err(|error| Failure::new(format!("{}: {error}", file.display())))
}

/// A number of things: `1 row`, `2 rows`.
pub(super) fn spoken(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}
