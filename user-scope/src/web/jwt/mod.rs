//! Who the bearer of a token is: JSON Web Tokens (RFC 7519), verified with keys that are in hand or read again as they
//! rotate.
//!
//! The rules are those of RFC 8725. An algorithm belongs to a key and not to a token; nothing in a token says where its key
//! is to be found; who issued it and for whom is always asked. Nothing about HTTP or databases enters here.

mod builder;
mod claims;
mod key_set;
mod keys;
mod pem;
mod refusal;
mod rotation;
mod source;
mod verified;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use serde_json::Value;
use uuid::Uuid;

pub use builder::VerifierBuilder;
pub use keys::Keys;
pub use refusal::{KeyError, TokenError};
pub use verified::Verified;

use self::claims::Claims;
use self::key_set::KeySet;
use self::rotation::Rotation;
use self::verified::Names;
use crate::identifier::Identifier;

/// The longest token that is looked at. A header of HTTP is rarely let through beyond that.
pub(super) const LONGEST_TOKEN: usize = 8 * 1024;

/// All algorithms that a key here can be for.
const ALGORITHMS: [Algorithm; 4] = [Algorithm::HS256, Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

/// Says who the bearer of a token is. It is cheap to clone, and a clone is the same verifier.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use user_scope::web::{Keys, Verifier};
/// use user_scope::{UserContext, Uuid};
///
/// # let secret = "kjPnOPXcm5X1hHfDQLRQnD6kSb8lcUHGBKXIG6jAEHo=";
/// let verifier = Verifier::builder(Keys::secret(secret)?).issuer("app").audience("tasks").build().await?;
///
/// # let alice_id = Uuid::now_v7();
/// # let exp = jsonwebtoken::get_current_timestamp() + 60;
/// # let claims = serde_json::json!({ "sub": alice_id, "iss": "app", "aud": "tasks", "exp": exp });
/// # let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
/// # let token = jsonwebtoken::encode(&Default::default(), &claims, &key)?;
/// let verified = verifier.verify(&token).await?;
/// let alice: &UserContext = verified.user();               // what the repositories ask for
/// assert_eq!(*alice.user(), alice_id);
/// assert!(!verified.is_administrator());
/// # Ok(()) }
/// ```
pub struct Verifier<Id = Uuid> {
    inner: Arc<Inner>,
    id: PhantomData<fn() -> Id>,
}

struct Inner {
    store: Store,
    validations: [Validation; ALGORITHMS.len()],
    names: Names,
}

enum Store {
    Fixed(Arc<KeySet>),
    Rotating(Rotation),
}

impl Verifier<Uuid> {
    /// Starts a verifier with these keys.
    ///
    /// ```
    /// # async fn f() -> Result<(), user_scope::web::KeyError> {
    /// use user_scope::web::{Keys, Verifier};
    ///
    /// let keys = Keys::key_set_file("/etc/app/jwks.json");
    /// let verifier = Verifier::builder(keys).issuer("https://idp.example").audience("tasks").build().await?;
    /// # drop(verifier); Ok(()) }
    /// ```
    pub fn builder(keys: Keys) -> VerifierBuilder<Uuid> {
        VerifierBuilder::new(keys)
    }
}

impl<Id: Identifier> Verifier<Id> {
    fn new(store: Store, validations: [Validation; ALGORITHMS.len()], names: Names) -> Self {
        Self { inner: Arc::new(Inner { store, validations, names }), id: PhantomData }
    }

    /// Who the bearer of `token` is: the text alone, without `Bearer`.
    ///
    /// Its signature must be that of one of the keys, by that key's algorithm. `exp` is required, `nbf` is looked at where it
    /// is there, and `iss` and `aud` must be those that the verifier was told. Where keys rotate it may read them again.
    ///
    /// ```
    /// # async fn f(verifier: user_scope::web::Verifier, token: &str) -> Result<(), user_scope::web::TokenError> {
    /// let verified = verifier.verify(token).await?;
    /// println!("{verified:?}");                            // the user and his roles
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// A [`TokenError`] that says why it is not taken; [`TokenError::KeysUnavailable`] if the keys have not been readable for
    /// an hour.
    pub async fn verify(&self, token: &str) -> Result<Verified<Id>, TokenError> {
        if token.len() > LONGEST_TOKEN {
            return Err(TokenError::Malformed);
        }
        let header = decode_header(token)?;
        if header.crit.is_some() {
            return Err(TokenError::Critical);
        }
        let keys = self.inner.keys_for(&header).await?;
        let claims = self.inner.claims(token, &header, &keys)?;
        Verified::read(claims, &self.inner.names)
    }

    /// Whether both are clones of one.
    #[cfg(feature = "axum")]
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Inner {
    /// The keys as they are, or as they are by now if the token names one that was not among them.
    async fn keys_for(&self, header: &Header) -> Result<Arc<KeySet>, TokenError> {
        let rotation = match &self.store {
            Store::Fixed(keys) => return Ok(Arc::clone(keys)),
            Store::Rotating(rotation) => rotation,
        };
        let keys = rotation.keys().await?;
        match keys.fitting(header.kid.as_deref(), header.alg) {
            Err(TokenError::UnknownKey) => Ok(rotation.after(&keys).await),
            _ => Ok(keys),
        }
    }

    /// What the token claims, if one of the keys has signed it and all of it holds.
    fn claims(&self, token: &str, header: &Header, keys: &KeySet) -> Result<Claims, TokenError> {
        let mut validations = self.validations.iter();
        let validation = validations.find(|validation| validation.algorithms.contains(&header.alg));
        let validation = validation.ok_or(TokenError::Algorithm)?;
        for key in keys.fitting(header.kid.as_deref(), header.alg)? {
            match decode::<Claims>(token, &key.decoding, validation) {
                Ok(decoded) => return self.one_issuer(decoded.claims),
                Err(error) if *error.kind() == ErrorKind::InvalidSignature => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(TokenError::Signature)
    }

    /// A token has one issuer (RFC 7519, 4.1.1). jsonwebtoken would take a list in which the right one stands.
    fn one_issuer(&self, claims: Claims) -> Result<Claims, TokenError> {
        let is_asked = self.validations.iter().any(|validation| validation.iss.is_some());
        let is_one = claims.get("iss").is_some_and(Value::is_string);
        if is_one || !is_asked { Ok(claims) } else { Err(TokenError::Issuer) }
    }
}

impl<Id> Clone for Verifier<Id> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), id: PhantomData }
    }
}

impl<Id> fmt::Debug for Verifier<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.inner.store {
            Store::Fixed(_) => "Verifier(keys in hand)",
            Store::Rotating(_) => "Verifier(keys that rotate)",
        })
    }
}
