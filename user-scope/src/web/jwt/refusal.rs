//! Why a token is not taken, and why keys cannot be used.
//!
//! No text here holds a token, a key, or what stands in one: both are written to logs.

use std::path::PathBuf;
use std::time::Duration;

use jsonwebtoken::errors::{Error, ErrorKind};

/// Why a token is not taken. It is for the service's own logs: the bearer is told that it has expired, or that it is not
/// valid, and no more.
///
/// ```
/// # async fn f(verifier: user_scope::web::Verifier) {
/// use user_scope::web::TokenError;
///
/// assert!(matches!(verifier.verify("not a token").await, Err(TokenError::Malformed)));
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is no signed JSON Web Token, or its claims are none: not JSON, one twice, one that cannot be.
    #[error("this is not a JSON Web Token")]
    Malformed,

    /// Its algorithm is not that of its key.
    #[error("the token is signed with an algorithm that is not its key's")]
    Algorithm,

    /// It demands an extension of its header to be understood, and none is known here.
    #[error("the token demands an extension that is not known here")]
    Critical,

    /// It names a key that is not there.
    #[error("the token names a key that is not known")]
    UnknownKey,

    /// It was not signed with any of the keys, or was altered since.
    #[error("the token's signature is not that of a key known here")]
    Signature,

    /// Its time has passed.
    #[error("the token has expired")]
    Expired,

    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYetValid,

    /// It comes from somebody else.
    #[error("the token was issued by somebody whose tokens are not taken here")]
    Issuer,

    /// It is for somebody else.
    #[error("the token is for another audience")]
    Audience,

    /// A claim that it must have is not there, or not of the right kind.
    #[error("the token lacks the claim `{claim}`, or it is not of the right kind")]
    MissingClaim {
        /// The claim.
        claim: String,
    },

    /// Its user is not one: not of the type that identifies users here, or the system user.
    #[error("the token's user is not one of this service")]
    User,

    /// The keys have not been readable for so long that they are not trusted any more.
    #[error("the keys have not been readable for too long")]
    KeysUnavailable,
}

impl From<Error> for TokenError {
    fn from(error: Error) -> Self {
        match error.into_kind() {
            ErrorKind::InvalidSignature | ErrorKind::InvalidKeyFormat => Self::Signature,
            ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::UnsupportedAlgorithm => {
                Self::Algorithm
            }
            ErrorKind::ExpiredSignature => Self::Expired,
            ErrorKind::ImmatureSignature => Self::NotYetValid,
            ErrorKind::InvalidIssuer => Self::Issuer,
            ErrorKind::InvalidAudience => Self::Audience,
            ErrorKind::MissingRequiredClaim(claim) | ErrorKind::InvalidClaimFormat(claim) => {
                Self::MissingClaim { claim }
            }
            // `none`, and what else is no algorithm, is told from other headers by these words alone. It is for logs.
            ErrorKind::Json(json) if json.to_string().starts_with("unknown variant") => Self::Algorithm,
            _ => Self::Malformed,
        }
    }
}

/// Why a verifier cannot be built, or keys not be read.
///
/// ```
/// use user_scope::web::{KeyError, Keys};
///
/// assert!(matches!(Keys::secret("hunter2"), Err(KeyError::ShortSecret)));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A secret that can be guessed.
    #[error("a secret for HS256 has at least 32 bytes; `openssl rand -base64 32` makes one")]
    ShortSecret,

    /// A PEM where a secret is asked for. If it were taken, whoever knows the public key could sign.
    #[error("this is a PEM and no secret; `Keys::pem` takes a public key")]
    NotASecret,

    /// A private key, where a public one verifies.
    #[error("this is a private key; a verifier needs the public one: `openssl pkey -pubout`")]
    PrivateKey,

    /// A PEM that holds no key which can be used here.
    #[error("this PEM is not one public key of RSA, P-256 or Ed25519")]
    NotAPublicKey,

    /// An RSA key that can be broken, or that is too long to be used.
    #[error("an RSA key has 2,048 to 8,192 bits; this one has {bits}")]
    RsaSize {
        /// How many it has.
        bits: usize,
    },

    /// What should be a JSON Web Key Set is none.
    #[error("this is not a JSON Web Key Set")]
    NotAKeySet,

    /// A key set that holds what must not be known to those who may read it.
    #[error("this key set holds a secret or a private key; a set is published, and has public keys alone")]
    SecretInKeySet,

    /// A key set that can verify nothing.
    #[error("this key set has no key for RS256, ES256 or EdDSA that verifies signatures")]
    NoUsableKey,

    /// A key set, or the answer that holds it, is longer than 1 MiB.
    #[error("this key set is longer than 1 MiB")]
    TooLong,

    /// The file cannot be read.
    #[error("the key set {} cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },

    /// Keys that come over a network in the open can be anybody's.
    #[cfg(feature = "jwks-url")]
    #[error("a key set comes from an https URL, or by http from this machine alone")]
    Url,

    /// The URL does not answer with a key set.
    #[cfg(feature = "jwks-url")]
    #[error("the key set cannot be fetched")]
    Fetch {
        /// Why, without the URL.
        source: reqwest::Error,
    },

    /// The URL answers with another status than 200.
    #[cfg(feature = "jwks-url")]
    #[error("the URL of the key set answers with the status {status}")]
    Status {
        /// The status.
        status: u16,
    },

    /// Reading took too long.
    #[error("the key set could not be read within {} seconds", limit.as_secs())]
    Timeout {
        /// How long was waited.
        limit: Duration,
    },

    /// Nobody has said whose tokens are taken.
    #[error("say whose tokens are taken: by `issuer(…)`, or by `any_issuer()`, and not by both")]
    Issuer,

    /// Nobody has said for whom the tokens are.
    #[error("say for whom the tokens are: by `audience(…)`, or by `any_audience()`, and not by both")]
    Audience,

    /// A leeway that would make expired tokens valid for long.
    #[error("a leeway is at most five minutes")]
    Leeway,

    /// An empty text for an issuer, an audience, a claim or a role, as an environment variable that is not set gives one.
    #[error("the name of an issuer, an audience, a claim or a role is empty")]
    EmptyName,
}
