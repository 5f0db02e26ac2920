//! Seals that are kept outside of the database: files of one a line, the last of which is the latest.

use std::path::Path;

use user_scope::audit::ExportedSeal;

use crate::failure::Failure;

/// All that are in these files.
pub(super) fn read_all<'p>(files: impl IntoIterator<Item = &'p Path>) -> Result<Vec<ExportedSeal>, Failure> {
    let mut seals = Vec::new();
    for file in files {
        let wrong = |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
        let before = seals.len();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            seals.push(line.parse().map_err(|error: user_scope::Error| wrong(&error))?);
        }
        if seals.len() == before {
            return Err(wrong(&"it holds no seal"));
        }
    }
    Ok(seals)
}

/// Those in the file, if there is one.
pub(super) fn read_if_there(file: Option<&Path>) -> Result<Vec<ExportedSeal>, Failure> {
    read_all(file.filter(|file| file.exists()))
}

/// Puts the seal in the place of an earlier one, and never of a later one, which somebody else has put there meanwhile. It is written
/// beside first: who is interrupted leaves the one that was there.
pub(super) fn keep(file: &Path, seal: &ExportedSeal) -> Result<(), Failure> {
    if read_if_there(Some(file))?.iter().any(|kept| kept.number() >= seal.number()) {
        return Ok(());
    }
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let written = std::fs::write(&beside, format!("{seal}\n")).and_then(|()| std::fs::rename(&beside, file));
    written.map_err(|error| {
        // Half a file is of no use to anybody.
        drop(std::fs::remove_file(&beside));
        Failure::new(format!("the log is sealed, but the last seal could not be kept in {}: {error}", file.display()))
    })
}
