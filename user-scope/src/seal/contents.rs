//! What is inside a seal: who, and for how long.

use crate::context::UserContext;
use crate::error::{Error, Result};
use crate::identifier::{IdKind, IdValue, Identifier, RawIdentifier};

/// A clock that stands further behind the one that sealed cannot tell what has expired.
const CLOCKS_DIFFER_BY: i64 = 5 * 60 * 1_000_000;

/// Who, and for how long; times in microseconds since 1970.
pub(super) struct Contents {
    pub(super) kind: IdKind,
    pub(super) user: String,
    pub(super) issued_at: i64,
    pub(super) expires_at: i64,
}

impl Contents {
    pub(super) fn of<Id: Identifier>(caller: &UserContext<Id>, issued_at: i64, expires_at: i64) -> Self {
        let user = IdValue::of(caller.user()).into_text();
        Self { kind: <Id::Raw as RawIdentifier>::KIND, user, issued_at, expires_at }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![kind_as_byte(self.kind)];
        bytes.extend_from_slice(&self.issued_at.to_be_bytes());
        bytes.extend_from_slice(&self.expires_at.to_be_bytes());
        bytes.extend_from_slice(self.user.as_bytes());
        bytes
    }

    /// The caller, if he is one of this type, and his time has not passed.
    pub(super) fn caller<Id: Identifier>(bytes: &[u8], now: i64) -> Result<UserContext<Id>> {
        let kind = <Id::Raw as RawIdentifier>::KIND;
        let contents = Self::from_bytes(kind, bytes).ok_or(Error::SealRefused)?;
        if now < contents.issued_at.saturating_sub(CLOCKS_DIFFER_BY) {
            return Err(Error::SealRefused);
        }
        if now >= contents.expires_at {
            return Err(Error::SealExpired);
        }
        let user = Id::Raw::from_text(contents.user).map_err(|_| Error::SealRefused)?;
        UserContext::new(Id::from_raw(user))
    }

    fn from_bytes(kind: IdKind, bytes: &[u8]) -> Option<Self> {
        let (&[sealed_kind], bytes) = bytes.split_first_chunk()?;
        let (&issued_at, bytes) = bytes.split_first_chunk()?;
        let (&expires_at, user) = bytes.split_first_chunk()?;
        if sealed_kind != kind_as_byte(kind) {
            return None;
        }
        let user = std::str::from_utf8(user).ok()?.to_owned();
        Some(Self { kind, user, issued_at: i64::from_be_bytes(issued_at), expires_at: i64::from_be_bytes(expires_at) })
    }
}

const fn kind_as_byte(kind: IdKind) -> u8 {
    match kind {
        IdKind::Uuid => 1,
        IdKind::Integer => 2,
        IdKind::Text => 3,
    }
}
