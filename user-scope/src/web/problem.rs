//! A refusal as the client reads it: RFC 9457, "Problem Details for HTTP APIs".
//!
//! What is behind it is for logs, and does not enter the body. What an error of the library comes to is in `answer`.

use std::error::Error as StdError;
use std::fmt;

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

/// A refusal as a document of `application/problem+json`, which a handler can return.
///
/// Its members are `title`, which is the status's phrase, `status`, `code`, a word that a program can rely on, and `detail`,
/// a sentence for people. There is no `type`, which says `about:blank`. At a status of 500 and above the response logs what
/// was behind it as an error, with the target `user_scope`.
///
/// ```
/// use http::StatusCode;
/// use user_scope::web::Problem;
///
/// # #[derive(Debug, thiserror::Error)]
/// # #[error("17 in 16")]
/// # struct Overbooked;
/// let problem = Problem::new(StatusCode::CONFLICT, "overbooked")
///     .detail("this course has no free place")
///     .with("places", 16)                                  // a further member
///     .caused_by(Overbooked);                              // for logs alone
/// assert_eq!(problem.status(), 409);
/// assert_eq!(problem.to_string(), "409 Conflict (overbooked): this course has no free place");
/// ```
///
/// An [`Error`](crate::Error) turns into one by `?`:
///
/// ```
/// # use user_scope::{Backend, ScopedPool, Stores, UserContext, UserScoped, Uuid};
/// use user_scope::web::Problem;
///
/// # #[derive(UserScoped)]
/// # #[user_scoped(table = "tasks")]
/// # struct Task { #[user_scoped(id)] id: Uuid, #[user_scoped(owner)] user_id: Uuid, title: String }
/// async fn title<DB: Stores<Task>>(pool: &ScopedPool<DB>, caller: &UserContext, id: Uuid) -> Result<String, Problem> {
///     Ok(pool.repository::<Task>(caller).get(&id).await?.title)    // 404, be it absent or foreign
/// }
/// ```
pub struct Problem(Box<Parts>);

/// In a box, so that a result with a problem is small.
struct Parts {
    status: StatusCode,
    code: &'static str,
    detail: Option<String>,
    members: Map<String, Value>,
    headers: HeaderMap,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Problem {
    /// A problem with this status, and a code that tells it from others with the same.
    ///
    /// ```
    /// let problem = user_scope::web::Problem::new(http::StatusCode::IM_A_TEAPOT, "no_coffee");
    /// assert_eq!(problem.code(), "no_coffee");
    /// ```
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str) -> Self {
        let (members, headers) = (Map::new(), HeaderMap::new());
        Self(Box::new(Parts { status, code, detail: None, members, headers, source: None }))
    }

    /// What went wrong this time, for people.
    ///
    /// ```
    /// # use user_scope::web::Problem;
    /// let problem = Problem::new(http::StatusCode::BAD_REQUEST, "too_early").detail("bookings begin on Monday");
    /// assert!(problem.to_string().ends_with("bookings begin on Monday"));
    /// ```
    #[must_use]
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.0.detail = Some(text.into());
        self
    }

    /// A further member of the document. One that the document has of itself (`status`, `title`, `code`, `detail`) keeps its
    /// own value.
    ///
    /// ```
    /// # use user_scope::web::Problem;
    /// let problem = Problem::new(http::StatusCode::UNPROCESSABLE_ENTITY, "invalid_form")
    ///     .with("fields", vec!["title", "due_on"]);
    /// # drop(problem);
    /// ```
    #[must_use]
    pub fn with(mut self, member: &'static str, value: impl Into<Value>) -> Self {
        self.0.members.insert(member.to_owned(), value.into());
        self
    }

    /// A header of the response, beside those of the same name that were said before.
    ///
    /// ```
    /// # use user_scope::web::Problem;
    /// use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
    ///
    /// let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "slow_down")
    ///     .header(RETRY_AFTER, HeaderValue::from_static("30"));
    /// # drop(problem);
    /// ```
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.append(name, value);
        self
    }

    /// What is behind it. It is logged, and is never in the body.
    ///
    /// ```
    /// # use user_scope::web::Problem;
    /// use std::error::Error as _;
    ///
    /// let problem = Problem::new(http::StatusCode::BAD_GATEWAY, "no_mail")
    ///     .caused_by(std::io::Error::other("connection refused"));
    /// assert!(problem.source().is_some());
    /// assert!(!problem.to_string().contains("refused"));
    /// ```
    #[must_use]
    pub fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// The status.
    ///
    /// ```
    /// let problem = user_scope::web::Problem::from(user_scope::Error::ReservedUser);
    /// assert_eq!(problem.status(), http::StatusCode::FORBIDDEN);
    /// ```
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The code.
    ///
    /// ```
    /// let problem = user_scope::web::Problem::from(user_scope::Error::NotFound { entity: "task" });
    /// assert_eq!(problem.code(), "not_found");
    /// ```
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.0.code
    }

    fn body(&mut self) -> String {
        let Parts { status, code, detail, members, .. } = &mut *self.0;
        let mut document = std::mem::take(members);
        let mut set = |member: &str, value: Value| drop(document.insert(member.to_owned(), value));
        if let Some(phrase) = status.canonical_reason() {
            set("title", phrase.into());
        }
        set("status", status.as_u16().into());
        set("code", (*code).into());
        if let Some(detail) = detail.take() {
            set("detail", detail.into());
        }
        Value::Object(document).to_string()
    }

    fn log(&self) {
        let (status, code) = (self.0.status.as_u16(), self.0.code);
        if self.0.status.is_server_error() {
            tracing::error!(target: "user_scope", status, code, cause = %Chain(self), "a request failed");
        } else if self.0.source.is_some() {
            tracing::debug!(target: "user_scope", status, code, cause = %Chain(self), "a request was refused");
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        self.log();
        let body = self.body();
        let mut response = (self.0.status, body).into_response();
        response.headers_mut().extend(std::mem::take(&mut self.0.headers));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

/// The problem, and what was behind it, as one line of a log.
struct Chain<'a>(&'a Problem);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)?;
        let mut next = self.0.source();
        while let Some(error) = next {
            write!(f, ": {error}")?;
            next = error.source();
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0.status, self.0.code)?;
        self.0.detail.iter().try_for_each(|detail| write!(f, ": {detail}"))
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { status, code, detail, source, .. } = &*self.0;
        let mut shown = f.debug_struct("Problem");
        shown.field("status", &status.as_u16()).field("code", code).field("detail", detail).field("source", source);
        shown.finish_non_exhaustive()
    }
}

impl StdError for Problem {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
