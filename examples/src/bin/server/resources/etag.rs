//! Versions as HTTP has them: an `ETag` on the way out, `If-Match` on the way in (RFC 9110, 8.8.3 and 13.1.1).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use user_scope::web::Problem;

/// `"7"`, for version 7.
pub fn etag(version: i64) -> HeaderValue {
    // Digits between quotes are a header value.
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// What the client says that it has seen.
#[derive(Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// Nothing, or `*`: whatever there is.
    Any,
    /// One of these versions. Empty, if the tags that it names were never of this server's making.
    Versions(Vec<i64>),
}

impl IfMatch {
    /// Whether the client may change a row of this version.
    pub fn allows(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut versions = Vec::new();
        let mut headers = parts.headers.get_all(header::IF_MATCH).iter().peekable();
        if headers.peek().is_none() {
            return Ok(Self::Any);
        }
        for header in headers {
            match header.to_str().ok().and_then(read) {
                Some(Self::Any) => return Ok(Self::Any),
                Some(Self::Versions(more)) => versions.extend(more),
                None => {
                    let problem = Problem::new(StatusCode::BAD_REQUEST, "invalid_if_match");
                    return Err(problem.detail("If-Match takes `*`, or entity tags such as \"1\""));
                }
            }
        }
        Ok(Self::Versions(versions))
    }
}

/// `None` if the text is neither `*` nor a list of entity tags. A weak tag never matches here, by the RFC's own words.
fn read(text: &str) -> Option<IfMatch> {
    if text.trim() == "*" {
        return Some(IfMatch::Any);
    }
    let mut versions = Vec::new();
    let mut rest = text.trim();
    loop {
        let (is_weak, quoted) = match rest.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, rest),
        };
        let (tag, after) = quoted.strip_prefix('"')?.split_once('"')?;
        // Only the spelling that `etag` gives.
        let version = tag.parse::<i64>().ok().filter(|version| version.to_string() == tag && !is_weak);
        versions.extend(version);
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if after.is_empty() => return Some(IfMatch::Versions(versions)),
            None => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_the_rfc_has_them() {
        let versions = |versions: &[i64]| Some(IfMatch::Versions(versions.to_vec()));
        assert_eq!(read("*"), Some(IfMatch::Any));
        assert_eq!(read("\"1\""), versions(&[1]));
        assert_eq!(read("\"1\", \"22\" ,W/\"3\",\"x,y\""), versions(&[1, 22]));
        assert_eq!(read("\"01\", \"+1\""), versions(&[]));
        for garbage in ["", "1", "\"1\",", "\"1", "\"1\" \"2\"", "w/\"1\"", "\"1\";"] {
            assert_eq!(read(garbage), None, "{garbage}");
        }
    }
}
