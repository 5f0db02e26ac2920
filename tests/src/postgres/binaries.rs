//! Where the machine keeps PostgreSQL's server programs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Places that packages install to; `*` stands for a version, the newest first.
const USUAL: &[&str] = &[
    "/usr/lib/postgresql/*/bin",          // Debian, Ubuntu
    "/usr/pgsql-*/bin",                   // RHEL, packages of PostgreSQL itself
    "/usr/libexec/postgresql*",           // Alpine
    "/opt/homebrew/opt/postgresql@*/bin", // Homebrew on ARM
    "/opt/homebrew/opt/postgresql/bin",
    "/usr/local/opt/postgresql@*/bin", // Homebrew on Intel
    "/usr/local/opt/postgresql/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/Library/PostgreSQL/*/bin",
    "/usr/local/pgsql/bin", // from source
];

const WHAT_TO_DO: &str = "These tests need PostgreSQL's server programs, initdb and postgres, and found none. \
    Install them (Debian, Ubuntu: `apt-get install postgresql`; Fedora, RHEL: `dnf install postgresql-server`; \
    macOS: `brew install postgresql`), or name their directory in PG_BIN, or name a server in DATABASE_URL, \
    or have them downloaded: `cargo test --features fetch-postgres`.";

/// The directory of `initdb` and `postgres`.
pub(super) fn find() -> Result<PathBuf, String> {
    if let Some(found) = search(std::env::var_os("PG_BIN"), std::env::var_os("PATH"), USUAL)? {
        return Ok(found);
    }
    #[cfg(feature = "fetch-postgres")]
    return super::fetch::fetch().map_err(|fault| format!("{WHAT_TO_DO}\nThe download failed: {fault}"));
    #[cfg(not(feature = "fetch-postgres"))]
    Err(WHAT_TO_DO.to_owned())
}

fn search(named: Option<OsString>, path: Option<OsString>, usual: &[&str]) -> Result<Option<PathBuf>, String> {
    if let Some(named) = named {
        let directory = PathBuf::from(named);
        return match real(&directory) {
            Some(found) => Ok(Some(found)),
            None => Err(format!("PG_BIN is {}, where initdb and postgres are not", directory.display())),
        };
    }
    let on_path = path.iter().flat_map(std::env::split_paths).find_map(|directory| real(&directory));
    Ok(on_path.or_else(|| usual.iter().flat_map(|pattern| expand(pattern)).find_map(|directory| real(&directory))))
}

/// The directory in which the programs really are, behind whatever links.
fn real(directory: &Path) -> Option<PathBuf> {
    let home = directory.join("initdb").canonicalize().ok()?.parent()?.to_owned();
    home.join("postgres").is_file().then_some(home)
}

/// The directories that match a pattern with at most one `*`, by descending version.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return vec![PathBuf::from(pattern)] };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let mut versions: Vec<String> = std::fs::read_dir(parent)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.strip_prefix(prefix).map(str::to_owned))
        .collect();
    versions.sort_by_key(|version| std::cmp::Reverse(number(version)));
    versions.into_iter().map(|version| PathBuf::from(format!("{before}{version}{after}"))).collect()
}

/// `9.6` as (9, 6), so that 9 comes before 15.
fn number(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;

    fn install(directory: &Path) {
        std::fs::create_dir_all(directory).unwrap();
        for program in ["initdb", "postgres"] {
            std::fs::write(directory.join(program), "").unwrap();
        }
    }

    #[test]
    fn the_newest_version_wins() {
        let root = Directory::create("binaries");
        for version in ["9.6", "17", "15"] {
            install(&root.path().join(version).join("bin"));
        }
        let pattern = root.path().join("*/bin").into_os_string().into_string().unwrap();
        let found = search(None, None, &[&pattern]).unwrap().unwrap();
        assert!(found.ends_with("17/bin"), "{}", found.display());
    }

    #[test]
    fn a_name_that_is_wrong_is_not_passed_over() {
        let root = Directory::create("binaries");
        install(&root.path().join("bin"));
        let path = root.path().join("bin").into_os_string();
        assert!(search(None, Some(path.clone()), &[]).unwrap().is_some());
        let fault = search(Some("/nonexistent".into()), Some(path), &[]).unwrap_err();
        assert!(fault.contains("PG_BIN is /nonexistent"), "{fault}");
    }

    #[test]
    fn nothing_found_says_what_to_install() {
        assert_eq!(search(None, Some("/nonexistent".into()), &["/nonexistent/*/bin"]), Ok(None));
        for word in ["apt-get install postgresql", "PG_BIN", "DATABASE_URL", "--features fetch-postgres"] {
            assert!(WHAT_TO_DO.contains(word), "{word}");
        }
    }
}
