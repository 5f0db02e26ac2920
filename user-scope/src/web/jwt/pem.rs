//! A public key in a PEM, and the algorithm that it is for.
//!
//! Nothing but public keys enters: no certificate, whose validity nobody would look at, and no private key.

use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::{Algorithm, DecodingKey};

use super::key_set::{Key, rsa_of_good_size};
use super::refusal::KeyError;

/// How every uncompressed public key of P-256 begins, in base64: its kind, its curve, and the 4 of "uncompressed". Other
/// curves have points of the same length, so that the curve has to be looked at.
const P_256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";

/// How every public key of Ed25519 begins.
const ED25519: &str = "MCowBQYDK2VwAyEA";

pub(super) fn public_key(pem: &[u8]) -> Result<Key, KeyError> {
    let text = std::str::from_utf8(pem).map_err(|_| KeyError::NotAPublicKey)?;
    if text.contains("PRIVATE KEY-----") {
        return Err(KeyError::PrivateKey);
    }
    // Of several only the first would be used, and nobody would be told.
    let [_, block] = &text.split("-----BEGIN ").collect::<Vec<_>>()[..] else { return Err(KeyError::NotAPublicKey) };
    let (label, rest) = block.split_once("-----").ok_or(KeyError::NotAPublicKey)?;
    let body: String = rest.chars().filter(|character| !character.is_whitespace()).collect();
    let (algorithm, decoding) = match label {
        "PUBLIC KEY" if body.starts_with(P_256) => (Algorithm::ES256, DecodingKey::from_ec_pem(pem)),
        "PUBLIC KEY" if body.starts_with(ED25519) => (Algorithm::EdDSA, DecodingKey::from_ed_pem(pem)),
        "PUBLIC KEY" | "RSA PUBLIC KEY" => (Algorithm::RS256, DecodingKey::from_rsa_pem(pem)),
        _ => return Err(KeyError::NotAPublicKey),
    };
    let decoding = decoding.map_err(|_| KeyError::NotAPublicKey)?;
    if algorithm == Algorithm::RS256 {
        let der = decoding.try_get_as_bytes().map_err(|_| KeyError::NotAPublicKey)?;
        let components = aws_lc::DEFAULT_PROVIDER.key_utils.rsa_pub_components_from_public_key;
        let (modulus, _) = components(der).map_err(|_| KeyError::NotAPublicKey)?;
        rsa_of_good_size(&modulus)?;
    }
    Ok(Key::new(algorithm, decoding))
}
