//! Tokens: signed here, verified by `user_scope::web`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use user_scope::Uuid;
use user_scope::web::{KeyError, Keys, Problem, Verifier};

use super::Account;

/// Who signs, and for whom: this server both.
const SERVER: &str = "user-scope-server";
const ADMINISTRATOR: &str = "admin";
const LASTS: Duration = Duration::from_secs(3_600);

pub struct Signer(EncodingKey);

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: Uuid,
    roles: &'a [&'a str],
    iat: u64,
    exp: u64,
}

impl Signer {
    pub fn new(secret: &[u8]) -> Self {
        Self(EncodingKey::from_secret(secret))
    }

    /// A token for this account, and for how many seconds it is good.
    pub fn sign(&self, account: &Account) -> Result<(String, u64), Problem> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let roles: &[&str] = if account.administrator { &[ADMINISTRATOR] } else { &[] };
        let claims = Claims { iss: SERVER, aud: SERVER, sub: account.id, roles, iat: now, exp: now + LASTS.as_secs() };
        let token = encode(&Header::new(Algorithm::HS256), &claims, &self.0);
        let broken = |error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").caused_by(error);
        Ok((token.map_err(broken)?, LASTS.as_secs()))
    }
}

/// What verifies them.
pub async fn verifier(secret: &[u8]) -> Result<Verifier, KeyError> {
    Verifier::builder(Keys::secret(secret)?).issuer(SERVER).audience(SERVER).administrator(ADMINISTRATOR).build().await
}
