//! The last seal, outside of the database: what tells that the log's end was cut off.

use std::fmt;
use std::str::FromStr;

use super::canonical::Hash;
use super::hex::{from_hex, to_hex};
use crate::entity::Moment;
use crate::error::{Error, Result};
use crate::sql::Link;

/// A seal to be kept outside of the database: all of the log up to it is known by it.
///
/// It prints as one line, and [`FromStr`] reads it. Nothing in it is secret. Whoever can write to where it is kept can put an older
/// one there, and hide what was cut off behind that.
///
/// ```
/// # use user_scope::audit::ExportedSeal;
/// let line = format!("user-scope-seal 1 42 1767225600000000 {} {}", "0f".repeat(32), "1e".repeat(64));
/// let seal: ExportedSeal = line.parse()?;
/// assert_eq!((seal.number(), seal.to_string()), (42, line));
/// # Ok::<(), user_scope::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedSeal {
    number: i64,
    sealed_at: i64,
    pub(super) hash: Hash,
    pub(super) signature: [u8; 64],
}

impl ExportedSeal {
    /// None if the link's hash or signature is not even one.
    pub(super) fn of(link: &Link) -> Option<Self> {
        let (hash, signature) = (from_hex(&link.hash)?, from_hex(&link.signature)?);
        Some(Self { number: link.number, sealed_at: link.sealed_at, hash, signature })
    }

    /// Its number in the chain, from 1 on.
    pub const fn number(&self) -> i64 {
        self.number
    }

    /// When it was made, by the database's clock.
    pub const fn sealed_at(&self) -> Moment {
        Moment::from_unix_micros(self.sealed_at)
    }
}

const BEGINNING: &str = "user-scope-seal 1";

impl fmt::Display for ExportedSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hash, signature) = (to_hex(&self.hash), to_hex(&self.signature));
        write!(f, "{BEGINNING} {} {} {hash} {signature}", self.number, self.sealed_at)
    }
}

impl FromStr for ExportedSeal {
    type Err = Error;

    /// The line that it prints as. White space around it is left out.
    fn from_str(text: &str) -> Result<Self> {
        let read = || {
            let mut words = text.trim().strip_prefix(BEGINNING)?.strip_prefix(' ')?.split(' ');
            let seal = Self {
                number: words.next()?.parse().ok().filter(|number| *number > 0)?,
                sealed_at: words.next()?.parse().ok()?,
                hash: from_hex(words.next()?)?,
                signature: from_hex(words.next()?)?,
            };
            words.next().is_none().then_some(seal)
        };
        read().ok_or(Error::InvalidExportedSeal)
    }
}
