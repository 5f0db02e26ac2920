//! What a verifier is told before it verifies anything.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::{Algorithm, Validation};
use uuid::Uuid;

use super::keys::{Keys, Kind};
use super::refusal::KeyError;
use super::rotation::Rotation;
use super::verified::Names;
use super::{ALGORITHMS, Store, Verifier};
use crate::identifier::Identifier;

const LONGEST_LEEWAY: Duration = Duration::from_secs(5 * 60);

/// A [`Verifier`] to be, from [`Verifier::builder`].
///
/// ```
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// use user_scope::web::{Keys, Verifier};
///
/// let verifier = Verifier::builder(Keys::key_set_file("/etc/app/jwks.json"))
///     .owner::<String>()                                   // users are identified by texts
///     .issuer("https://idp.example/realms/app")
///     .audience("tasks")
///     .role_claim("/realm_access/roles")                   // a JSON pointer, as Keycloak needs one
///     .administrator("tasks-admin")
///     .build()
///     .await?;
/// # drop(verifier); Ok(()) }
/// ```
#[must_use = "a verifier exists once it is built: `.build().await?`"]
pub struct VerifierBuilder<Id = Uuid> {
    keys: Keys,
    issuers: Said,
    audiences: Said,
    leeway: Duration,
    names: Names,
    id: PhantomData<fn() -> Id>,
}

/// Some names, or aloud that any will do.
#[derive(Default)]
struct Said {
    names: Vec<String>,
    any: bool,
}

impl Said {
    /// The names that count, or `None` for any; `unsaid` where it was not said, or both.
    fn told(&self, unsaid: KeyError) -> Result<Option<&[String]>, KeyError> {
        match (&self.names[..], self.any) {
            ([], true) => Ok(None),
            (names @ [_, ..], false) => Ok(Some(names)),
            _ => Err(unsaid),
        }
    }
}

impl<Id: Identifier> VerifierBuilder<Id> {
    pub(super) fn new(keys: Keys) -> Self {
        let names = Names { user: "sub".to_owned(), roles: "roles".to_owned(), administrator: "admin".to_owned() };
        let (issuers, audiences) = (Said::default(), Said::default());
        Self { keys, issuers, audiences, leeway: Duration::from_secs(30), names, id: PhantomData }
    }

    /// What identifies users, a `Uuid` unless this is said, as in
    /// [`ScopedPoolBuilder::owner`](crate::ScopedPoolBuilder::owner).
    ///
    /// ```
    /// # async fn f(keys: user_scope::web::Keys) -> Result<(), user_scope::web::KeyError> {
    /// # use user_scope::web::Verifier;
    /// let verifier: Verifier<i64> =
    ///     Verifier::builder(keys).owner::<i64>().issuer("app").audience("app").build().await?;
    /// # drop(verifier); Ok(()) }
    /// ```
    pub fn owner<Other: Identifier>(self) -> VerifierBuilder<Other> {
        let Self { keys, issuers, audiences, leeway, names, id: _ } = self;
        VerifierBuilder { keys, issuers, audiences, leeway, names, id: PhantomData }
    }

    /// Whose tokens are taken: the claim `iss`, letter for letter. Said several times, each of them will do.
    ///
    /// ```
    /// # fn f(keys: user_scope::web::Keys) {
    /// # use user_scope::web::Verifier;
    /// let builder = Verifier::builder(keys).issuer("https://idp.example").issuer("https://old-idp.example");
    /// # drop(builder); }
    /// ```
    pub fn issuer(mut self, iss: impl Into<String>) -> Self {
        self.issuers.names.push(iss.into());
        self
    }

    /// For whom the tokens are: one of the claim `aud`. Said several times, each of them will do.
    ///
    /// ```
    /// # fn f(keys: user_scope::web::Keys) {
    /// # use user_scope::web::Verifier;
    /// let builder = Verifier::builder(keys).audience("https://api.example");
    /// # drop(builder); }
    /// ```
    pub fn audience(mut self, aud: impl Into<String>) -> Self {
        self.audiences.names.push(aud.into());
        self
    }

    /// Takes tokens of any issuer, and such as name none: whoever has the key is trusted.
    ///
    /// ```
    /// # fn f(keys: user_scope::web::Keys) {
    /// # use user_scope::web::Verifier;
    /// let builder = Verifier::builder(keys).any_issuer().audience("tasks");
    /// # drop(builder); }
    /// ```
    pub fn any_issuer(mut self) -> Self {
        self.issuers.any = true;
        self
    }

    /// Takes tokens for any audience: those, too, that the issuer has made for another service, which could come here with
    /// them.
    ///
    /// ```
    /// # fn f(keys: user_scope::web::Keys) {
    /// # use user_scope::web::Verifier;
    /// let builder = Verifier::builder(keys).issuer("app").any_audience();
    /// # drop(builder); }
    /// ```
    pub fn any_audience(mut self) -> Self {
        self.audiences.any = true;
        self
    }

    /// How far clocks may differ where `exp` and `nbf` are compared with this one: 30 seconds unless this is said, five
    /// minutes at most. Parts of a second do not count.
    ///
    /// ```
    /// # fn f(keys: user_scope::web::Keys) {
    /// # use user_scope::web::Verifier;
    /// let builder = Verifier::builder(keys).leeway(std::time::Duration::ZERO);
    /// # drop(builder); }
    /// ```
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// The claim that is the user, `sub` unless this is said: a text, or an integer where users are `i64`s. A name that begins
    /// with `/` is a JSON pointer.
    ///
    /// ```
    /// # fn f(keys: user_scope::web::Keys) {
    /// # use user_scope::web::Verifier;
    /// let builder = Verifier::builder(keys).user_claim("https://example.com/user_id");
    /// # drop(builder); }
    /// ```
    pub fn user_claim(mut self, name: impl Into<String>) -> Self {
        self.names.user = name.into();
        self
    }

    /// The claim that holds the roles, `roles` unless this is said: an array of texts, or a text with blanks in between. Where it
    /// is anything else there are none. A name that begins with `/` is a JSON pointer.
    ///
    /// ```
    /// # fn f(keys: user_scope::web::Keys) {
    /// # use user_scope::web::Verifier;
    /// let builder = Verifier::builder(keys).role_claim("scope").administrator("admin:all");
    /// # drop(builder); }
    /// ```
    pub fn role_claim(mut self, name: impl Into<String>) -> Self {
        self.names.roles = name.into();
        self
    }

    /// The role of those who may ask for system mode, `admin` unless this is said.
    ///
    /// ```
    /// # fn f(keys: user_scope::web::Keys) {
    /// # use user_scope::web::Verifier;
    /// let builder = Verifier::builder(keys).administrator("tasks-admin");
    /// # drop(builder); }
    /// ```
    pub fn administrator(mut self, role: impl Into<String>) -> Self {
        self.names.administrator = role.into();
        self
    }

    /// The verifier. It reads a file or a URL once, so that a mistake is told when the service starts.
    ///
    /// ```
    /// # use user_scope::web::{KeyError, Keys, Verifier};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), KeyError> {
    /// let forgotten = Verifier::builder(Keys::secret([7; 32])?).issuer("app").build().await;
    /// assert!(matches!(forgotten, Err(KeyError::Audience)));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError::Issuer`] and [`KeyError::Audience`] if it was not said which, [`KeyError::Leeway`],
    /// [`KeyError::EmptyName`]; and what is wrong with a file, a URL, or the key set that it holds.
    pub async fn build(self) -> Result<Verifier<Id>, KeyError> {
        let validation = self.validation()?;
        // An application that has switched on two providers has chosen one before, or has ours. Where nobody chooses,
        // verifying would panic.
        let _ = aws_lc::DEFAULT_PROVIDER.install_default();
        let store = match self.keys.0 {
            Kind::InHand(keys) => Store::Fixed(keys.into()),
            Kind::ReadAgain(source) => Store::Rotating(Rotation::open(Box::new(move || source.read())).await?),
        };
        let validations = ALGORITHMS.map(|algorithm| {
            let algorithms = vec![algorithm];
            Validation { algorithms, ..validation.clone() }
        });
        Ok(Verifier::new(store, validations, self.names))
    }

    fn validation(&self) -> Result<Validation, KeyError> {
        let issuers = self.issuers.told(KeyError::Issuer)?;
        let audiences = self.audiences.told(KeyError::Audience)?;
        let names = [&self.names.user, &self.names.roles, &self.names.administrator];
        let mut names = self.issuers.names.iter().chain(&self.audiences.names).chain(names);
        if names.any(String::is_empty) {
            return Err(KeyError::EmptyName);
        }
        if self.leeway > LONGEST_LEEWAY {
            return Err(KeyError::Leeway);
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = self.leeway.as_secs();
        validation.validate_nbf = true;
        if let Some(issuers) = issuers {
            validation.set_issuer(issuers);
            validation.required_spec_claims.insert("iss".to_owned());
        }
        match audiences {
            Some(audiences) => {
                validation.set_audience(audiences);
                validation.required_spec_claims.insert("aud".to_owned());
            }
            None => validation.validate_aud = false,
        }
        Ok(validation)
    }
}

impl<Id> fmt::Debug for VerifierBuilder<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierBuilder({:?})", self.keys)
    }
}
