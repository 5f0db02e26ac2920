//! Keys that are ready to verify: each with the one algorithm that it is for, and with its name.
//!
//! A key's algorithm comes from the key and never from a token. How keys are obtained is in `keys`, `source` and `rotation`.

use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use serde_json::Value;

use super::refusal::{KeyError, TokenError};

/// A set of a provider is a few kilobytes.
pub(super) const LONGEST: usize = 1024 * 1024;

/// How many keys are tried on one token.
const MOST_TRIED: usize = 16;

/// Base64 of 32 bytes, a coordinate of P-256 or a key of Ed25519.
const LENGTH_OF_32_BYTES: usize = 43;

/// A key that verifies, and the one algorithm that it is for.
#[derive(Clone)]
pub(super) struct Key {
    name: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

impl Key {
    pub(super) const fn new(algorithm: Algorithm, decoding: DecodingKey) -> Self {
        Self { name: None, algorithm, decoding }
    }
}

/// Some keys, of which a token chooses by its `kid`.
#[derive(Clone)]
pub(super) struct KeySet {
    keys: Vec<Key>,
    /// Whether the `kid` of a token is looked at: a key that is alone has no name, whatever its owner calls it.
    named: bool,
}

impl KeySet {
    pub(super) fn of_one(key: Key) -> Self {
        Self { keys: vec![key], named: false }
    }

    /// From the text of a JSON Web Key Set (RFC 7517).
    pub(super) fn from_json(json: &[u8]) -> Result<Self, KeyError> {
        if json.len() > LONGEST {
            return Err(KeyError::TooLong);
        }
        let set: Value = serde_json::from_slice(json).map_err(|_| KeyError::NotAKeySet)?;
        let listed = set.get("keys").and_then(Value::as_array).ok_or(KeyError::NotAKeySet)?;
        if listed.iter().any(is_secret) {
            return Err(KeyError::SecretInKeySet);
        }
        let keys: Vec<Key> = listed.iter().filter_map(usable).collect();
        if keys.is_empty() { Err(KeyError::NoUsableKey) } else { Ok(Self { keys, named: true }) }
    }

    /// The keys that a token of this header may have been signed with, of which there is at least one.
    pub(super) fn fitting(&self, name: Option<&str>, algorithm: Algorithm) -> Result<Vec<&Key>, TokenError> {
        let name = name.filter(|_| self.named);
        let has_name = |key: &&Key| name.is_none() || key.name.as_deref() == name;
        let named: Vec<&Key> = self.keys.iter().filter(has_name).collect();
        if named.is_empty() {
            return Err(TokenError::UnknownKey);
        }
        let fitting: Vec<&Key> = named.into_iter().filter(|key| key.algorithm == algorithm).take(MOST_TRIED).collect();
        if fitting.is_empty() { Err(TokenError::Algorithm) } else { Ok(fitting) }
    }
}

/// Whether it is symmetric, or has a member of a private key (RFC 7518, 6).
fn is_secret(jwk: &Value) -> bool {
    jwk.get("kty").and_then(Value::as_str) == Some("oct")
        || ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|member| jwk.get(member).is_some())
}

/// The key, if it is one that verifies what is verified here. A set may hold others, for others.
fn usable(jwk: &Value) -> Option<Key> {
    let text = |member: &str| jwk.get(member).and_then(Value::as_str);
    let absent_or = |member: &str, wanted: &str| jwk.get(member).is_none_or(|value| value.as_str() == Some(wanted));
    let verifies = jwk.get("key_ops").is_none_or(|operations| {
        operations.as_array().is_some_and(|operations| operations.iter().any(|operation| operation == "verify"))
    });
    if !absent_or("use", "sig") || !verifies {
        return None;
    }
    let is_32_bytes = |encoded: &&str| encoded.len() == LENGTH_OF_32_BYTES;
    let (algorithm, name_of_algorithm, decoding) = match (text("kty")?, text("crv")) {
        ("RSA", _) => {
            let key = DecodingKey::from_rsa_components(text("n")?, text("e")?).ok()?;
            let DecodingKeyKind::RsaModulusExponent { n, .. } = key.kind() else { return None };
            rsa_of_good_size(n).ok()?;
            (Algorithm::RS256, "RS256", key)
        }
        ("EC", Some("P-256")) => {
            let (x, y) = (text("x").filter(is_32_bytes)?, text("y").filter(is_32_bytes)?);
            (Algorithm::ES256, "ES256", DecodingKey::from_ec_components(x, y).ok()?)
        }
        ("OKP", Some("Ed25519")) => {
            let x = text("x").filter(is_32_bytes)?;
            (Algorithm::EdDSA, "EdDSA", DecodingKey::from_ed_components(x).ok()?)
        }
        _ => return None,
    };
    if !absent_or("alg", name_of_algorithm) {
        return None;
    }
    let name = match jwk.get("kid") {
        None => None,
        Some(name) => Some(name.as_str()?.to_owned()),
    };
    Some(Key { name, ..Key::new(algorithm, decoding) })
}

/// Refuses a modulus, in its bytes from the greatest on, that is known to be weak, or that no provider takes.
pub(super) fn rsa_of_good_size(modulus: &[u8]) -> Result<(), KeyError> {
    let mut significant = modulus.iter().skip_while(|byte| **byte == 0);
    let greatest = significant.next().map_or(0, |byte| 8 - byte.leading_zeros() as usize);
    let bits = greatest + 8 * significant.count();
    if (2_048..=8_192).contains(&bits) { Ok(()) } else { Err(KeyError::RsaSize { bits }) }
}
