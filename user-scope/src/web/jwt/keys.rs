//! The keys that a verifier is given: in hand, in a file, or behind a URL.
//!
//! What a key is good for is in `pem` and `key_set`, how a file or a URL is read in `source`, and when in `rotation`.

use std::fmt;
use std::path::PathBuf;

use jsonwebtoken::{Algorithm, DecodingKey};

use super::key_set::{Key, KeySet};
use super::pem;
use super::refusal::KeyError;
use super::source::Source;

/// The keys with which tokens are verified. Each is for one algorithm: HS256, RS256, ES256 or EdDSA.
///
/// A secret and a PEM are one key, and verify whatever `kid` a token names. In a JSON Web Key Set the `kid` chooses.
///
/// ```
/// use user_scope::web::Keys;
///
/// # let SESSION_SECRET = "kjPnOPXcm5X1hHfDQLRQnD6kSb8lcUHGBKXIG6jAEHo=";
/// let keys = Keys::secret(SESSION_SECRET)?;                // who verifies can also sign
/// let keys = Keys::key_set_file("/etc/app/jwks.json");     // read again as it changes
/// assert_eq!(format!("{keys:?}"), "Keys(a file)");
/// # Ok::<(), user_scope::web::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Keys(pub(super) Kind);

#[derive(Clone)]
pub(super) enum Kind {
    InHand(KeySet),
    ReadAgain(Source),
}

impl Keys {
    /// A secret for HS256, which the service shares with whoever signs.
    ///
    /// ```
    /// use user_scope::web::Keys;
    ///
    /// assert!(Keys::secret("too short to be secret").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError::ShortSecret`] for fewer than 32 bytes (RFC 7518, 3.2), [`KeyError::NotASecret`] for a PEM.
    pub fn secret(secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let secret = secret.as_ref();
        if secret.len() < 32 {
            return Err(KeyError::ShortSecret);
        }
        if secret.trim_ascii_start().starts_with(b"-----BEGIN ") {
            return Err(KeyError::NotASecret);
        }
        Ok(Self::one(Key::new(Algorithm::HS256, DecodingKey::from_secret(secret))))
    }

    /// A public key in a PEM: of RSA for RS256, of P-256 for ES256, of Ed25519 for EdDSA.
    ///
    /// ```
    /// use user_scope::web::Keys;
    ///
    /// let keys = Keys::pem(
    ///     "-----BEGIN PUBLIC KEY-----\n\
    ///      MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
    ///      -----END PUBLIC KEY-----\n",
    /// )?;
    /// # drop(keys); Ok::<(), user_scope::web::KeyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError::PrivateKey`], [`KeyError::RsaSize`] for one of fewer than 2,048 bits, and [`KeyError::NotAPublicKey`]
    /// for all else, certificates among it.
    pub fn pem(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        pem::public_key(pem.as_ref()).map(Self::one)
    }

    /// A JSON Web Key Set, as text. Keys that are for something else are passed over.
    ///
    /// ```
    /// use user_scope::web::Keys;
    ///
    /// let keys = Keys::key_set(
    ///     r#"{ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "2026-11", "use": "sig",
    ///                     "x": "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE" }] }"#,
    /// )?;
    /// # drop(keys); Ok::<(), user_scope::web::KeyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError::NotAKeySet`], [`KeyError::TooLong`]; [`KeyError::SecretInKeySet`] if it holds a symmetric or a private key;
    /// [`KeyError::NoUsableKey`] if nothing is left.
    pub fn key_set(json: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        KeySet::from_json(json.as_ref()).map(|set| Self(Kind::InHand(set)))
    }

    /// A JSON Web Key Set in a file, which is read when the verifier is built, and again as its keys rotate: when it has not
    /// been read for five minutes, and when a token names a key that is not known, at most once in ten seconds. If it cannot
    /// be read, the keys that were there last are good for an hour.
    ///
    /// ```
    /// let keys = user_scope::web::Keys::key_set_file("/etc/app/jwks.json");
    /// # drop(keys);
    /// ```
    pub fn key_set_file(path: impl Into<PathBuf>) -> Self {
        Self(Kind::ReadAgain(Source::File(path.into())))
    }

    /// A JSON Web Key Set behind a URL, as `https://idp.example/.well-known/jwks.json`, read as a
    /// [file](Self::key_set_file) is. It has five seconds to answer, with the status 200 and at most 1 MiB; no redirect is
    /// followed.
    ///
    /// TLS is switched on at `reqwest`, by one of its features.
    ///
    /// ```
    /// let keys = user_scope::web::Keys::key_set_url("https://idp.example/.well-known/jwks.json")?;
    /// # drop(keys); Ok::<(), user_scope::web::KeyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError::Url`] unless it is https, or http on this machine; [`KeyError::Fetch`] if no client can be made.
    #[cfg(feature = "jwks-url")]
    pub fn key_set_url(url: &str) -> Result<Self, KeyError> {
        Source::url(url, None).map(|source| Self(Kind::ReadAgain(source)))
    }

    /// The same with a client of the application's, with its proxy, its certificates and what it does with redirects.
    ///
    /// ```
    /// # fn f(client: reqwest::Client) -> Result<(), user_scope::web::KeyError> {
    /// let keys = user_scope::web::Keys::key_set_url_with("https://idp.example/.well-known/jwks.json", client)?;
    /// # drop(keys); Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError::Url`] unless it is https, or http on this machine.
    #[cfg(feature = "jwks-url")]
    pub fn key_set_url_with(url: &str, client: reqwest::Client) -> Result<Self, KeyError> {
        Source::url(url, Some(client)).map(|source| Self(Kind::ReadAgain(source)))
    }

    fn one(key: Key) -> Self {
        Self(Kind::InHand(KeySet::of_one(key)))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::InHand(_) => "Keys(in hand)",
            Kind::ReadAgain(Source::File(_)) => "Keys(a file)",
            #[cfg(feature = "jwks-url")]
            Kind::ReadAgain(Source::Url { .. }) => "Keys(a URL)",
        })
    }
}
