//! Who the bearer of a verified token is, and in which roles.
//!
//! Only `Verifier::verify` makes one of these.

use std::fmt;
use std::time::SystemTime;

use serde_json::Value;
use uuid::Uuid;

use super::claims::Claims;
use super::refusal::TokenError;
use crate::context::UserContext;
use crate::identifier::{IdKind, Identifier, RawIdentifier};

/// What a token that was verified says: whose it is, his roles, and until when.
///
/// ```
/// # async fn f(verifier: user_scope::web::Verifier, token: &str) -> Result<(), user_scope::web::TokenError> {
/// let verified = verifier.verify(token).await?;
/// let caller: &user_scope::UserContext = verified.user();
/// let tenant = verified.claim("/realm/tenant").and_then(|tenant| tenant.as_str());
/// # let _ = (caller, tenant); Ok(()) }
/// ```
///
/// `Debug` shows the user and the roles, and no other claim.
pub struct Verified<Id = Uuid> {
    user: UserContext<Id>,
    roles: Vec<String>,
    is_administrator: bool,
    expires_at: SystemTime,
    claims: Claims,
}

/// Where a token says what a caller is made of.
pub(super) struct Names {
    pub(super) user: String,
    pub(super) roles: String,
    pub(super) administrator: String,
}

impl<Id: Identifier> Verified<Id> {
    pub(super) fn read(claims: Claims, names: &Names) -> Result<Self, TokenError> {
        let user = user(&claims, &names.user)?;
        let roles = claims.get(&names.roles).map(roles).unwrap_or_default();
        let is_administrator = roles.contains(&names.administrator);
        let expires_at = claims.expires_at().ok_or_else(|| TokenError::MissingClaim { claim: "exp".to_owned() })?;
        Ok(Self { user, roles, is_administrator, expires_at, claims })
    }

    /// Who it is.
    ///
    /// ```
    /// # fn f(verified: user_scope::web::Verified) {
    /// println!("{:?}", verified.user());
    /// # }
    /// ```
    #[must_use]
    pub const fn user(&self) -> &UserContext<Id> {
        &self.user
    }

    /// Whether one of his roles is that of an administrator, as the verifier was told.
    ///
    /// ```
    /// # fn f(verified: user_scope::web::Verified) {
    /// assert_eq!(verified.is_administrator(), verified.roles().contains(&"admin".to_owned()));
    /// # }
    /// ```
    #[must_use]
    pub const fn is_administrator(&self) -> bool {
        self.is_administrator
    }

    /// His roles, in the order of the token.
    ///
    /// ```
    /// # fn f(verified: user_scope::web::Verified) {
    /// let may_write = verified.roles().iter().any(|role| role == "tasks:write");
    /// # let _ = may_write; }
    /// ```
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// When the token expires, without the leeway.
    ///
    /// ```
    /// # fn f(verified: user_scope::web::Verified) {
    /// let left = verified.expires_at().duration_since(std::time::SystemTime::now()).unwrap_or_default();
    /// # let _ = left; }
    /// ```
    #[must_use]
    pub const fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// Another claim, by its name, or by a JSON pointer where the name begins with `/`.
    ///
    /// ```
    /// # fn f(verified: user_scope::web::Verified) {
    /// let mail = verified.claim("email").and_then(|mail| mail.as_str());
    /// let city = verified.claim("/address/locality");
    /// # let _ = (mail, city); }
    /// ```
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }
}

/// The user, written as this library writes him: two spellings of one integer would be two users to whoever compares texts.
fn user<Id: Identifier>(claims: &Claims, name: &str) -> Result<UserContext<Id>, TokenError> {
    let kind = <Id::Raw as RawIdentifier>::KIND;
    let text = match claims.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if kind == IdKind::Integer && number.as_i64().is_some() => number.to_string(),
        None | Some(Value::Null) => return Err(TokenError::MissingClaim { claim: name.to_owned() }),
        Some(_) => return Err(TokenError::User),
    };
    let raw = Id::Raw::from_text(text.clone()).map_err(|_| TokenError::User)?;
    if kind == IdKind::Integer && raw.to_string() != text {
        return Err(TokenError::User);
    }
    UserContext::new(Id::from_raw(raw)).map_err(|_| TokenError::User)
}

/// An array of texts, or a text with blanks in between, as OAuth writes its `scope`. Anything else is no role.
fn roles(claim: &Value) -> Vec<String> {
    match claim {
        Value::String(text) => text.split(' ').filter(|role| !role.is_empty()).map(str::to_owned).collect(),
        Value::Array(items) => {
            let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            texts.unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

impl<Id: Identifier> fmt::Debug for Verified<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("user", &self.user).field("roles", &self.roles).finish_non_exhaustive()
    }
}
