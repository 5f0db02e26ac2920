//! A sealed context as a text that a queue can carry.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Type};

use super::key::SHORTEST;
use crate::error::{Error, Result};

/// A caller in a seal, from [`ContextKey::seal`](crate::ContextKey::seal): an opaque text, which only the application's
/// key turns into a [`UserContext`](crate::UserContext) again.
///
/// [`Display`](fmt::Display) and [`FromStr`] write and read the text: letters, digits, `-` and `_`, some 140 of them for
/// a `Uuid`. A text column holds it as it is, and with the feature `json` so does a string of serde. It tells nothing of
/// the user, but whoever holds it can have the work done that it was sealed for, until it expires: keep it where the
/// jobs are, and out of logs. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SealedContext(Box<[u8]>);

impl SealedContext {
    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes.into_boxed_slice())
    }

    pub(super) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for SealedContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Base64UrlUnpadded::encode_string(&self.0))
    }
}

impl fmt::Debug for SealedContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedContext([sealed])")
    }
}

impl FromStr for SealedContext {
    type Err = Error;

    /// Fails with [`Error::SealRefused`] if `text` is no sealed context. Whether it is one of ours is told by
    /// [`open`](crate::ContextKey::open).
    fn from_str(text: &str) -> Result<Self> {
        let bytes = Base64UrlUnpadded::decode_vec(text).map_err(|_| Error::SealRefused)?;
        if bytes.len() < SHORTEST { Err(Error::SealRefused) } else { Ok(Self::from_bytes(bytes)) }
    }
}

#[cfg(feature = "json")]
impl serde::Serialize for SealedContext {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "json")]
impl<'de> serde::Deserialize<'de> for SealedContext {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<DB: Database> Type<DB> for SealedContext
where
    String: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        String::type_info()
    }

    fn compatible(type_info: &DB::TypeInfo) -> bool {
        String::compatible(type_info)
    }
}

impl<'q, DB: Database> Encode<'q, DB> for SealedContext
where
    String: Encode<'q, DB>,
{
    fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.to_string().encode(buffer)
    }
}

impl<'r, DB: Database> Decode<'r, DB> for SealedContext
where
    String: Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(String::decode(value)?.parse::<Self>()?)
    }
}
