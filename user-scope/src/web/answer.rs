//! What an [`Error`] comes to at the edge of a web service.
//!
//! Each of its variants is named, so that a new one is looked at here. Below 500 the error's own text is shown, which is
//! made to be; above, a sentence that says nothing.

use http::StatusCode;
use http::header::{HeaderValue, RETRY_AFTER};

use super::problem::Problem;
use crate::error::{Cause, Error};

/// From an error of the library to a problem:
///
/// | error | status | code |
/// |---|---|---|
/// | `NotFound` | 404 | `not_found` |
/// | `ParentNotFound` | 422 | `parent_not_found` |
/// | `Duplicate`, `Deleted`, `Referenced` | 409 | `duplicate`, `deleted`, `referenced` |
/// | `Stale` | 412 | `stale` |
/// | `NoVersion` | 428 | `no_version` |
/// | `Rejected`, `Encode` | 422 | `rejected` |
/// | `TooManyValues`, `TooDeep`, `InvalidCursor`, `CursorTooLong`, `EmptyPage` | 400 | the same name, as `invalid_cursor` |
/// | `InvalidReason`, `SealExpired`, `SealRefused` | 400 | `invalid_reason`, `seal_expired`, `seal_refused` |
/// | `ReservedUser` | 403 | `reserved_user` |
/// | `Unavailable`, `Audit`, and `Database` where the same may succeed if it is tried again | 503 | `unavailable` |
/// | all others | 500 | `internal` |
///
/// An absent row and a foreign one give the same bytes. A 503 has a `Retry-After`.
///
/// ```
/// use user_scope::Error;
/// use user_scope::web::Problem;
///
/// let problem = Problem::from(Error::NotFound { entity: "task" });
/// assert_eq!(problem.to_string(), "404 Not Found (not_found): no such row in `task`");
/// ```
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (status, code) = status_and_code(&error);
        let problem = Self::new(status, code);
        let problem = match status {
            StatusCode::SERVICE_UNAVAILABLE => return problem.later("1").caused_by(error),
            StatusCode::INTERNAL_SERVER_ERROR => {
                problem.detail("something went wrong here, and was noted; it is not your doing")
            }
            _ => problem.detail(error.to_string()),
        };
        problem.caused_by(error)
    }
}

impl Problem {
    /// What is not there now, and may be again.
    pub(super) fn later(self, seconds: &'static str) -> Self {
        self.detail("this cannot be answered right now; try again")
            .header(RETRY_AFTER, HeaderValue::from_static(seconds))
    }
}

fn status_and_code(error: &Error) -> (StatusCode, &'static str) {
    const UNAVAILABLE: (StatusCode, &str) = (StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    const INTERNAL: (StatusCode, &str) = (StatusCode::INTERNAL_SERVER_ERROR, "internal");
    match error {
        Error::NotFound { .. } => (StatusCode::NOT_FOUND, "not_found"),
        Error::ParentNotFound { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "parent_not_found"),
        Error::Duplicate { .. } => (StatusCode::CONFLICT, "duplicate"),
        Error::Deleted { .. } => (StatusCode::CONFLICT, "deleted"),
        Error::Referenced { .. } => (StatusCode::CONFLICT, "referenced"),
        Error::Stale { .. } => (StatusCode::PRECONDITION_FAILED, "stale"),
        Error::NoVersion { .. } => (StatusCode::PRECONDITION_REQUIRED, "no_version"),
        Error::Rejected { .. } | Error::Encode { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "rejected"),
        Error::TooManyValues { .. } => (StatusCode::BAD_REQUEST, "too_many_values"),
        Error::TooDeep { .. } => (StatusCode::BAD_REQUEST, "too_deep"),
        Error::InvalidCursor { .. } => (StatusCode::BAD_REQUEST, "invalid_cursor"),
        Error::CursorTooLong { .. } => (StatusCode::BAD_REQUEST, "cursor_too_long"),
        Error::EmptyPage { .. } => (StatusCode::BAD_REQUEST, "empty_page"),
        Error::InvalidReason => (StatusCode::BAD_REQUEST, "invalid_reason"),
        Error::ReservedUser => (StatusCode::FORBIDDEN, "reserved_user"),
        #[cfg(feature = "jobs")]
        Error::SealExpired => (StatusCode::BAD_REQUEST, "seal_expired"),
        #[cfg(feature = "jobs")]
        Error::SealRefused => (StatusCode::BAD_REQUEST, "seal_refused"),
        Error::Unavailable { .. } | Error::Audit { .. } => UNAVAILABLE,
        Error::Database { source, .. } if may_succeed_again(source) => UNAVAILABLE,
        Error::Database { .. }
        | Error::MissingIndex { .. }
        | Error::MissingValue { .. }
        | Error::Decode { .. }
        | Error::WrittenButUnreadable { .. }
        | Error::SecretInCursor { .. }
        | Error::TransactionAborted
        | Error::TransactionEnded
        | Error::Busy
        | Error::Schema { .. }
        | Error::Isolation { .. } => INTERNAL,
        #[cfg(feature = "jobs")]
        Error::InvalidKey => INTERNAL,
        #[cfg(any(feature = "jobs", feature = "seals"))]
        Error::NoRandomness => INTERNAL,
        #[cfg(feature = "seals")]
        Error::InvalidSealKey | Error::InvalidExportedSeal | Error::Seals { .. } => INTERNAL,
    }
}

/// PostgreSQL's serialization failure, deadlock and lock that was not to be had, its lack of connections, and that it is being
/// stopped or started; SQLite's BUSY and LOCKED, and BUSY_RECOVERY,
/// BUSY_SNAPSHOT and BUSY_TIMEOUT.
fn may_succeed_again(cause: &Cause) -> bool {
    let codes = ["40001", "40P01", "55P03", "53300", "57P01", "57P02", "57P03", "5", "6", "261", "517", "773"];
    cause.code().is_some_and(|code| codes.contains(&code.as_str()))
}
