//! Names and passwords, checked when they come in.

use std::fmt;

use serde::Deserialize;
use utoipa::ToSchema;

/// A name: 1 to 64 letters, digits, `.`, `_` and `-`, the first a letter or a digit.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$", examples("alice"))]
pub struct Username(String);

#[derive(Debug, thiserror::Error)]
#[error("must have 1 to 64 letters, digits, `.`, `_` or `-`, and begin with a letter or a digit")]
pub struct NoUsername;

impl TryFrom<String> for Username {
    type Error = NoUsername;

    fn try_from(text: String) -> Result<Self, NoUsername> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if !is_first || text.len() > 64 || !text.bytes().all(is_plain) {
            return Err(NoUsername);
        }
        Ok(Self(text))
    }
}

impl Username {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Username> for String {
    fn from(Username(name): Username) -> Self {
        name
    }
}

/// A password: 8 to 200 characters. It is shown nowhere.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, format = Password, min_length = 8, max_length = 200, examples("correct horse"))]
pub struct Password(String);

#[derive(Debug, thiserror::Error)]
#[error("must have 8 to 200 characters")]
pub struct NoPassword;

impl TryFrom<String> for Password {
    type Error = NoPassword;

    fn try_from(text: String) -> Result<Self, NoPassword> {
        if (8..=200).contains(&text.chars().count()) { Ok(Self(text)) } else { Err(NoPassword) }
    }
}

impl Password {
    /// One that was given to sign in with, whatever it is: it is compared, and not kept.
    pub fn given(text: String) -> Self {
        Self(text)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}
