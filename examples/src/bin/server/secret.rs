//! The secret that signs tokens: read, or made once and kept.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;

use crate::failure::{Failure, Told};

/// The file's contents without the blanks around them.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = || format!("the secret in {} cannot be read", path.display());
    File::open(path).and_then(contents).told(failed())
}

fn contents(file: File) -> std::io::Result<Vec<u8>> {
    let mut secret = Vec::new();
    file.take(64 * 1024).read_to_end(&mut secret)?;
    Ok(secret.trim_ascii().to_vec())
}

/// The secret in this directory, which is made if it is not there.
pub fn kept(directory: &Path) -> Result<Vec<u8>, Failure> {
    let path = directory.join("jwt-secret");
    let failed = || format!("the secret in {} cannot be made; name one by --jwt-secret-file", path.display());
    let mut random = [0; 40];
    getrandom::fill(&mut random).map_err(|error| error.to_string()).told(failed())?;
    let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let (text, name) = text.split_at(64);
    // Written under another name first, so that it is never there in part.
    let new = directory.join(format!("jwt-secret-{name}"));
    let written = private(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        file.metadata()
    });
    let linked = written.and_then(|mine| match std::fs::hard_link(&new, &path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok((mine, path.symlink_metadata()?, File::open(&path)?)),
    });
    let _ = std::fs::remove_file(&new);
    let (mine, named, found) = linked.told(failed())?;
    if !is_ours(&mine, &named, &found.metadata().told(failed())?) {
        return Err(Failure::new(format!(
            "{} is not a file that only its owner, who runs the server, can read and write: somebody else may know the secret",
            path.display()
        )));
    }
    contents(found).told(failed())
}

/// Whether a file is as one that we have just made, and the very one that is named, not one that a link leads to.
#[cfg(unix)]
fn is_ours(mine: &Metadata, named: &Metadata, found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let is_it = (named.dev(), named.ino()) == (found.dev(), found.ino());
    is_it && found.is_file() && found.uid() == mine.uid() && found.mode() & 0o077 == 0
}

#[cfg(not(unix))]
fn is_ours(_: &Metadata, named: &Metadata, found: &Metadata) -> bool {
    named.is_file() && found.is_file()
}

/// A directory that only its owner can look into.
pub fn directory(path: &Path) -> Result<(), Failure> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).told(format!("the data directory {} cannot be made", path.display()))
}

/// Makes a file that only its owner can read and write.
pub fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
