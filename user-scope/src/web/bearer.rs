//! The token of a request, who its bearer is, and how one without is turned away (RFC 6750).
//!
//! The one place that reads the header `Authorization`. What is told to the outside is that there was no token, that it was
//! not valid, or that it has expired; the reason goes to the log.

use std::sync::Arc;

use http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use super::jwt::{LONGEST_TOKEN, TokenError, Verified, Verifier};
use super::problem::Problem;
use crate::identifier::Identifier;

/// Who was found to be the bearer, by whom, and from what: kept with the request, so that its token is verified once. Another
/// verifier, as of a router within the router, does not believe it, and neither is it believed when the header has changed.
struct Remembered<Id> {
    verifier: Verifier<Id>,
    header: HeaderValue,
    verified: Arc<Verified<Id>>,
}

impl<Id> Clone for Remembered<Id> {
    fn clone(&self) -> Self {
        let (verifier, verified) = (self.verifier.clone(), Arc::clone(&self.verified));
        Self { verifier, header: self.header.clone(), verified }
    }
}

/// The bearer of the request's token; `None` if it has no header `Authorization`.
pub(super) async fn bearer<Id: Identifier>(
    parts: &mut Parts,
    verifier: Verifier<Id>,
) -> Result<Option<Arc<Verified<Id>>>, Problem> {
    let Some(header) = authorization(&parts.headers)? else { return Ok(None) };
    if let Some(known) = parts.extensions.get::<Remembered<Id>>()
        && known.verifier.is(&verifier)
        && known.header == header
    {
        return Ok(Some(Arc::clone(&known.verified)));
    }
    let verified = Arc::new(verifier.verify(token(&header)?).await?);
    parts.extensions.insert(Remembered { verifier, header: header.clone(), verified: Arc::clone(&verified) });
    Ok(Some(verified))
}

fn authorization(headers: &HeaderMap) -> Result<Option<HeaderValue>, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (first, None) => Ok(first.cloned()),
        // Which of them counts is seen differently by everybody on the way.
        (_, Some(_)) => Err(TokenError::Malformed.into()),
    }
}

/// The one token of `Bearer <token>`, with the scheme in any case (RFC 9110, 11.1).
fn token(header: &HeaderValue) -> Result<&str, Problem> {
    let (scheme, rest) = match header.as_bytes().iter().position(|byte| *byte == b' ') {
        Some(end) => header.as_bytes().split_at(end),
        None => (header.as_bytes(), &[][..]),
    };
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Err(no_token());
    }
    let token = std::str::from_utf8(rest).map_err(|_| TokenError::Malformed)?.trim_start_matches(' ');
    let is_one = !token.is_empty() && token.len() <= LONGEST_TOKEN && token.bytes().all(|byte| byte.is_ascii_graphic());
    if is_one { Ok(token) } else { Err(TokenError::Malformed.into()) }
}

/// Nobody has said who he is. The challenge holds nothing more (RFC 6750, 3.1).
pub(super) fn no_token() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "token_required")
        .detail("say who you are, by the header `Authorization: Bearer …`")
        .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

/// A 401 that tells of an expired token that it has expired, and of any other that it is not valid; a 503 where it is the keys
/// that are missing. The error itself is logged, at the level debug.
///
/// ```
/// use user_scope::web::{Problem, TokenError};
///
/// let (forged, foreign) = (Problem::from(TokenError::Signature), Problem::from(TokenError::Audience));
/// assert_eq!(forged.to_string(), "401 Unauthorized (invalid_token): the token is not valid here");
/// assert_eq!(forged.to_string(), foreign.to_string());
/// ```
impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        if error == TokenError::KeysUnavailable {
            let unavailable = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
            return unavailable.later(SECONDS_TO_NEW_KEYS).caused_by(error);
        }
        let detail = match error {
            TokenError::Expired => "the token has expired",
            _ => "the token is not valid here",
        };
        Self::new(StatusCode::UNAUTHORIZED, "invalid_token")
            .detail(detail)
            .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""))
            .caused_by(error)
    }
}

/// They are asked for again in ten seconds at the earliest.
const SECONDS_TO_NEW_KEYS: &str = "10";
