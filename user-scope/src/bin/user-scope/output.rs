//! What is said on the standard output and beside it. Whoever reads may go away at any time, as `head` does: then there is nobody
//! to tell, which is no reason to end in the middle of a change.

use std::fmt::Display;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

/// That nobody reads the answers any more.
static GONE: AtomicBool = AtomicBool::new(false);

/// The answer.
pub(crate) fn answer(words: impl Display) {
    if writeln!(std::io::stdout().lock(), "{words}").is_err() {
        GONE.store(true, Ordering::Relaxed);
    }
}

/// Whether nobody reads the answers any more: what would go on for ever may end.
pub(crate) fn is_gone() -> bool {
    GONE.load(Ordering::Relaxed)
}

/// What is said beside it: how far it is, and what a person should know.
pub(crate) fn beside(words: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{words}");
}
