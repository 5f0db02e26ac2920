//! What is said on the standard output and beside it. Whoever reads may go away at any time, as `head` does: then there is nobody
//! to tell, which is no reason to end in the middle of a change. Whatever else keeps an answer from being written is a failure.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::failure::Failure;
use crate::shown;

/// That nobody reads the answers any more.
static GONE: AtomicBool = AtomicBool::new(false);

/// The answer, written to its end.
pub(crate) fn answer(words: impl Display) -> Result<(), Failure> {
    if is_gone() {
        return Ok(());
    }
    judged(write_all(format!("{words}\n").as_bytes()))
}

/// The answer to a machine, in which no terminal finds anything to obey.
pub(crate) fn document(document: &impl Serialize) -> Result<(), Failure> {
    answer(shown::escaped(&serde_json::to_string_pretty(document)?))
}

/// What became of writing an answer: that its reader has gone away is no failure.
pub(crate) fn judged(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            GONE.store(true, Ordering::Relaxed);
            Ok(())
        }
        written => written.map_err(|error| Failure::new(format!("the answer could not be written: {error}"))),
    }
}

/// Whether nobody reads the answers any more: what would go on for ever may end.
pub(crate) fn is_gone() -> bool {
    GONE.load(Ordering::Relaxed)
}

/// What is said beside it: how far it is, and what a person should know.
pub(crate) fn beside(words: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{words}");
}

/// Past the standard library's handle, which takes it for written where the output is not open for writing.
#[cfg(unix)]
fn write_all(bytes: &[u8]) -> io::Result<()> {
    use std::os::fd::AsFd as _;
    std::fs::File::from(io::stdout().as_fd().try_clone_to_owned()?).write_all(bytes)
}

#[cfg(not(unix))]
fn write_all(bytes: &[u8]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(bytes).and_then(|()| output.flush())
}

/// Whether the output was closed before the program began. The runtime then puts `/dev/null` in its place, open for reading, too,
/// as no shell's `>` opens it; only Linux tells.
pub(crate) fn is_closed() -> bool {
    let leads_nowhere = std::fs::read_link("/proc/self/fd/1").is_ok_and(|file| file.as_os_str() == "/dev/null");
    let told = std::fs::read_to_string("/proc/self/fdinfo/1").unwrap_or_default();
    let flags = told.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    leads_nowhere && flags.is_some_and(|flags| flags & 0o3 == 0o2)
}
