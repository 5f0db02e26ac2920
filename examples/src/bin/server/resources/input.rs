//! What comes in with a request, read so that a mistake is told with the name of its field.

use std::fmt;
use std::marker::PhantomData;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, Uri, header};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::json;
use user_scope::Cursor;
use user_scope::web::Problem;

/// What a list can be asked for beside its filters.
#[derive(Debug)]
pub struct Common {
    pub limit: u32,
    pub cursor: Option<Cursor>,
    pub order: Option<String>,
}

/// Their names.
const COMMON: [&str; 3] = ["limit", "cursor", "order"];
/// How many rows a page has, and has at most.
pub const PAGE: u32 = 50;
pub const LARGEST_PAGE: u32 = 100;

/// A value that was not accepted, and where it stands.
#[derive(Debug)]
pub struct Invalid {
    pub field: String,
    pub message: String,
}

impl Invalid {
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }

    /// What serde says. It names an unknown and a missing field in its words alone, behind the path to the object that it
    /// stands in.
    fn of<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> Self {
        let (path, words) = (error.path().to_string(), error.inner().to_string());
        let message = words.split(" at line ").next().unwrap_or_default().to_owned();
        let named = ["unknown field `", "missing field `", "duplicate field `"]
            .iter()
            .find_map(|start| message.strip_prefix(start)?.split('`').next());
        let field = match (path.as_str(), named) {
            (".", Some(name)) => name.to_owned(),
            // The path of an unknown field ends with it.
            (path, Some(name)) if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
            (path, Some(name)) => format!("{path}.{name}"),
            (path, None) => path.to_owned(),
        };
        Self { field, message }
    }
}

impl From<Invalid> for Problem {
    fn from(Invalid { field, message }: Invalid) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid")
            .detail(format!("`{field}`: {message}"))
            .with("errors", json!([{ "field": field, "message": message }]))
    }
}

/// An object of JSON. Serde's structs would take an array as well, whose items are their fields in order.
#[derive(Debug)]
pub struct Fields<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fields<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor(PhantomData)).map(Self)
    }
}

struct FieldsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FieldsVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}

/// A body of JSON.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
            return Err(problem.detail("the body is to be JSON: `Content-Type: application/json`"));
        }
        let bytes = bytes(request, state).await?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let read = serde_path_to_error::deserialize(&mut reader);
        match read {
            Ok(value) => match reader.end() {
                Ok(()) => Ok(Self(value)),
                Err(error) => Err(no_json(&error)),
            },
            Err(error) if error.inner().is_data() => Err(Invalid::of(&error).into()),
            // Where a word of an enum is wanted, serde_json calls a number no JSON.
            Err(error) if serde_json::from_slice::<IgnoredAny>(&bytes).is_ok() => {
                Err(Invalid::new(error.path().to_string(), "is of another type").into())
            }
            Err(error) => Err(no_json(error.inner())),
        }
    }
}

/// The bytes of a body, if they are not too many.
pub async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large");
            return problem.detail("the body is larger than 1 MiB; send less at once");
        }
        Problem::new(StatusCode::BAD_REQUEST, "broken_body").detail("the body could not be read to its end")
    })
}

fn no_json(error: &serde_json::Error) -> Problem {
    let place = format!("the body is no JSON, at line {}, column {}", error.line(), error.column());
    Problem::new(StatusCode::BAD_REQUEST, "invalid_json").detail(place)
}

/// The parameters of an address: what every list knows, and the filters of this one.
pub fn parameters<F: DeserializeOwned>(uri: &Uri) -> Result<(Common, F), Problem> {
    let mut common = Common { limit: PAGE, cursor: None, order: None };
    let mut rest = form_urlencoded::Serializer::new(String::new());
    let mut seen = Vec::new();
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        let Some(known) = COMMON.into_iter().find(|known| *known == name) else {
            rest.append_pair(&name, &value);
            continue;
        };
        if seen.contains(&known) {
            return Err(Invalid::new(known, "is there twice").into());
        }
        seen.push(known);
        match known {
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=LARGEST_PAGE).contains(limit));
                common.limit =
                    limit.ok_or_else(|| Invalid::new(known, format!("must be a number from 1 to {LARGEST_PAGE}")))?;
            }
            "cursor" => match value.parse() {
                Ok(cursor) => common.cursor = Some(cursor),
                Err(error) => return Err(invalid_cursor(&error)),
            },
            _ => common.order = Some(value.into_owned()),
        }
    }
    let rest = rest.finish();
    let filters = serde_urlencoded::Deserializer::new(form_urlencoded::parse(rest.as_bytes()));
    match serde_path_to_error::deserialize(filters) {
        Ok(filters) => Ok((common, filters)),
        Err(error) => {
            let Invalid { field, mut message } = Invalid::of(&error);
            if message.starts_with("unknown field") {
                message.push_str("; every list knows `limit`, `cursor` and `order`");
            }
            Err(Invalid { field, message }.into())
        }
    }
}

/// Names and values, as in an address or a form.
pub fn form<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text));
    serde_path_to_error::deserialize(reader).map_err(|error| Invalid::of(&error).into())
}

/// As the library answers a cursor of another query.
fn invalid_cursor(error: &user_scope::InvalidCursor) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid_cursor").detail(error.to_string())
}
