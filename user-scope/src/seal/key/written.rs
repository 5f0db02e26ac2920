//! How a key is written in a secret of the application, and which ones nobody can have drawn at random.

use std::str::FromStr;

use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding};

use super::ContextKey;
use crate::error::{Error, Result};

impl FromStr for ContextKey {
    type Err = Error;

    /// The key from 64 hexadecimal digits, or from base64, of either alphabet, padded or not. White space around it is
    /// left out: a file that holds a secret often ends with a line break.
    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        let mut bytes = [0; 32];
        let decode = match text.len() {
            64 => return Self::new(&from_hex(text).ok_or(Error::InvalidKey)?),
            44 if text.contains(['-', '_']) => Base64Url::decode,
            44 => Base64::decode,
            43 if text.contains(['-', '_']) => Base64UrlUnpadded::decode,
            43 => Base64Unpadded::decode,
            _ => return Err(Error::InvalidKey),
        };
        match decode(text, &mut bytes) {
            Ok(decoded) if decoded.len() == 32 => Self::new(&bytes),
            _ => Err(Error::InvalidKey),
        }
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        for &digit in digits {
            let value = char::from(digit).to_digit(16)?;
            *byte = *byte << 4 | u8::try_from(value).ok()?;
        }
    }
    Some(bytes)
}

/// Whether no random source can have given this.
pub(super) fn is_chosen(bytes: &[u8; 32]) -> bool {
    let mut different = bytes.to_vec();
    different.sort_unstable();
    different.dedup();
    let mut steps = bytes.iter().zip(bytes.iter().skip(1)).map(|(one, next)| next.wrapping_sub(*one));
    let first = steps.next();
    different.len() < 12
        || steps.all(|step| Some(step) == first)
        || bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
}
