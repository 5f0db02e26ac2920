//! A directory of one's own, with a short path, that goes when its value goes.

use std::collections::hash_map::RandomState;
use std::fs::{self, DirBuilder};
use std::hash::{BuildHasher, Hasher};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A new directory for this process alone. It is removed on drop.
#[derive(Debug)]
pub struct Directory(PathBuf);

impl Directory {
    /// Makes one.
    ///
    /// # Panics
    ///
    /// When neither `/tmp` nor the machine's own directory for such things can be written.
    #[must_use]
    pub fn create(purpose: &str) -> Self {
        Self(make(purpose))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // A test that is over has nothing to say about it, and a panic while another unwinds would abort.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Makes a directory that somebody else will remove.
pub(crate) fn make(purpose: &str) -> PathBuf {
    let name = format!("us-{purpose}-{}", unique());
    // `/tmp` first, whatever TMPDIR says: the path of a Unix socket must stay below 100 bytes or so.
    let places = [PathBuf::from("/tmp"), std::env::temp_dir()];
    let mut faults = Vec::new();
    for place in &places {
        let path = place.join(&name);
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return path,
            Err(error) => faults.push(format!("{}: {error}", path.display())),
        }
    }
    panic!("no place for the files of a test ({}); make /tmp writable or set TMPDIR", faults.join("; "))
}

/// The process's id, and enough chance to tell it from its namesakes in other containers and other times.
pub(crate) fn unique() -> String {
    // Each RandomState differs from the last, and starts from the system's randomness.
    let chance = RandomState::new().build_hasher().finish();
    format!("{}_{:08x}", std::process::id(), chance & 0xffff_ffff)
}
