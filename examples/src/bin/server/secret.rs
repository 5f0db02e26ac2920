//! The secret that signs tokens: read, or made once and kept.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;

use crate::failure::{Failure, Told};

/// The file's contents without the blanks around them.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut secret = Vec::new();
    let failed = || format!("the secret in {} cannot be read", path.display());
    File::open(path).and_then(|file| file.take(64 * 1024).read_to_end(&mut secret)).told(failed())?;
    Ok(secret.trim_ascii().to_vec())
}

/// The secret in this directory, which is made if it is not there.
pub fn kept(directory: &Path) -> Result<Vec<u8>, Failure> {
    let path = directory.join("jwt-secret");
    let failed = || format!("the secret in {} cannot be made; name one by --jwt-secret-file", path.display());
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| error.to_string()).told(failed())?;
    let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    match private(&path) {
        Ok(mut file) => file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).told(failed())?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).told(failed()),
    }
    read(&path)
}

/// A directory that only its owner can look into.
pub fn directory(path: &Path) -> Result<(), Failure> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).told(format!("the data directory {} cannot be made", path.display()))
}

fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
