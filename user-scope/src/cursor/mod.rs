//! A place in a list, as a token that an application hands out and takes back.
//!
//! Nothing in a token is trusted with more than where to go on: the owner is never taken from it, and no SQL and no
//! name of a column is in it. It is checked for damage when it is read, and against its query when it is used.

mod base64;
mod hash;

use std::fmt;
use std::str::FromStr;

pub(crate) use hash::Fnv;

use crate::backend::KeyValue;

/// Where the next page of a query begins: opaque, and good for the same query alone.
///
/// It is a text of letters, digits, `-` and `_`, by [`Display`](fmt::Display) and [`FromStr`], and with the feature
/// `json` by serde. It holds the values of the columns in the order, encoded and not encrypted: what the caller may see
/// of his last row. It says nothing of who he is, and in another caller's hands gives that caller's own rows.
///
/// ```
/// use user_scope::Cursor;
///
/// assert!("not one of ours".parse::<Cursor>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Of the query that it belongs to.
    fingerprint: u128,
    values: Vec<KeyValue>,
}

/// A text that is no [`Cursor`]. The text is not shown: it came from outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no cursor, or it was damaged; start again at the first page")]
#[non_exhaustive]
pub struct InvalidCursor;

/// The layout: version, fingerprint, values, checksum.
const VERSION: u8 = 1;
const CHECKSUM: usize = 8;

/// Longer texts are not read, and longer cursors not made. Few servers take a longer URL.
const LONGEST: usize = 8_192;

impl Cursor {
    /// `None` if the token would be too long to be of use.
    pub(crate) fn new(fingerprint: u128, values: Vec<KeyValue>) -> Option<Self> {
        let cursor = Self { fingerprint, values };
        (cursor.to_string().len() <= LONGEST).then_some(cursor)
    }

    /// The values, if this cursor belongs to the query with this fingerprint.
    pub(crate) fn values_for(&self, fingerprint: u128) -> Option<&[KeyValue]> {
        (self.fingerprint == fingerprint).then_some(&self.values)
    }

    fn read(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let bytes = base64::decode(text)?;
        let (content, sum) = bytes.split_last_chunk::<CHECKSUM>()?;
        if *sum != checksum(content) {
            return None;
        }
        let (&[VERSION], rest) = content.split_first_chunk::<1>()? else { return None };
        let (fingerprint, mut rest) = rest.split_first_chunk()?;
        let mut values = Vec::new();
        while !rest.is_empty() {
            let value;
            (value, rest) = read_value(rest)?;
            values.push(value);
        }
        Some(Self { fingerprint: u128::from_be_bytes(*fingerprint), values })
    }
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM] {
    let mut hash = Fnv::new();
    hash.add(content);
    (hash.finish() as u64).to_be_bytes()
}

/// A value is a mark, and then as many bytes as its kind has, or a length and as many bytes as that says.
fn write_value(value: &KeyValue, bytes: &mut Vec<u8>) {
    match value {
        KeyValue::Null => bytes.push(0),
        KeyValue::Integer(integer) => {
            bytes.push(1);
            bytes.extend(integer.to_be_bytes());
        }
        KeyValue::Real(bits) => {
            bytes.push(2);
            bytes.extend(bits.to_be_bytes());
        }
        KeyValue::Text(text) => write_long(3, text.as_bytes(), bytes),
        KeyValue::Bytes(value) => write_long(4, value, bytes),
    }
}

fn write_long(mark: u8, value: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(mark);
    bytes.extend((value.len() as u64).to_be_bytes());
    bytes.extend(value);
}

fn read_value(bytes: &[u8]) -> Option<(KeyValue, &[u8])> {
    let (mark, bytes) = bytes.split_first()?;
    if *mark == 0 {
        return Some((KeyValue::Null, bytes));
    }
    let (number, bytes) = bytes.split_first_chunk()?;
    let number = u64::from_be_bytes(*number);
    let long = || bytes.split_at_checked(usize::try_from(number).ok()?);
    Some(match mark {
        1 => (KeyValue::Integer(number.cast_signed()), bytes),
        2 => (KeyValue::Real(number), bytes),
        3 => long().and_then(|(text, rest)| Some((KeyValue::Text(str::from_utf8(text).ok()?.to_owned()), rest)))?,
        4 => long().map(|(value, rest)| (KeyValue::Bytes(value.to_vec()), rest))?,
        _ => return None,
    })
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![VERSION];
        bytes.extend(self.fingerprint.to_be_bytes());
        self.values.iter().for_each(|value| write_value(value, &mut bytes));
        bytes.extend(checksum(&bytes));
        f.write_str(&base64::encode(&bytes))
    }
}

/// Without its content, which is of a row.
impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor(..)")
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        Self::read(text).ok_or(InvalidCursor)
    }
}

impl TryFrom<String> for Cursor {
    type Error = InvalidCursor;

    fn try_from(text: String) -> Result<Self, InvalidCursor> {
        text.parse()
    }
}

#[cfg(feature = "json")]
impl serde::Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "json")]
impl<'de> serde::Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_kind() -> Cursor {
        let values = vec![
            KeyValue::Null,
            KeyValue::Integer(-1),
            KeyValue::Real(1.5_f64.to_bits()),
            KeyValue::Text("é\0".into()),
            KeyValue::Bytes(vec![0, 255]),
        ];
        Cursor { fingerprint: u128::MAX - 1, values }
    }

    #[test]
    fn every_kind_of_value_comes_back() {
        let cursor = every_kind();
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn another_version_is_refused() {
        let text = every_kind().to_string();
        let mut bytes = base64::decode(&text).unwrap_or_default();
        let length = bytes.len() - CHECKSUM;
        bytes.truncate(length);
        if let Some(version) = bytes.first_mut() {
            *version = VERSION + 1;
        }
        bytes.extend(checksum(&bytes));
        assert_eq!(base64::encode(&bytes).parse::<Cursor>(), Err(InvalidCursor));
    }

    #[test]
    fn what_is_too_long_is_neither_made_nor_read() {
        assert!(Cursor::new(0, vec![KeyValue::Text("x".repeat(6_000))]).is_some());
        assert!(Cursor::new(0, vec![KeyValue::Text("x".repeat(6_200))]).is_none());
        let long = Cursor { fingerprint: 0, values: vec![KeyValue::Text("x".repeat(6_200))] };
        assert_eq!(long.to_string().parse::<Cursor>(), Err(InvalidCursor));
    }

    #[test]
    fn debug_shows_nothing_of_a_row() {
        assert_eq!(format!("{:?}", every_kind()), "Cursor(..)");
    }
}
