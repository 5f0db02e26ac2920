//! System mode as an argument of a handler: a caller in the role of an administrator, who says why.
//!
//! The receipt is written by the pool, after everything that can be refused here has been.

use std::fmt;
use std::ops::Deref;

use axum_core::extract::{FromRef, FromRequestParts};
use http::StatusCode;
use http::header::{HeaderMap, HeaderName};
use http::request::Parts;
use percent_encoding::percent_decode;
use uuid::Uuid;

use super::caller::Caller;
use super::jwt::Verifier;
use super::problem::Problem;
use crate::backend::Backend;
use crate::error::Error;
use crate::identifier::Identifier;
use crate::pool::ScopedPool;
use crate::system::SystemContext;

/// Why an administrator needs system mode, as `encodeURIComponent` writes it: a header holds no other letters.
const REASON: HeaderName = HeaderName::from_static("access-reason");

/// An administrator, who has said why he needs system mode: the [`SystemContext`] of this request.
///
/// His token must name the role that the [`Verifier`] was told, and the request must have the header `access-reason`:
/// percent-encoded UTF-8, as JavaScript's `encodeURIComponent` makes it. By the time the handler runs, the receipt is
/// committed. The state of the router has to give a [`Verifier`] and a [`ScopedPool`].
///
/// ```
/// use user_scope::web::{Administrator, Problem};
/// # use user_scope::{Stores, UserScoped, Uuid};
/// # #[derive(UserScoped)]
/// # #[user_scoped(table = "tasks")]
/// # struct Task { #[user_scoped(id)] id: Uuid, #[user_scoped(owner)] user_id: Uuid, title: String }
///
/// async fn count<DB: Stores<Task>>(admin: Administrator<DB>) -> Result<String, Problem> {
///     let everyones = admin.repository::<Task>().query().count().await?;
///     Ok(format!("{everyones}, because of {:?}", admin.reason()))
/// }
/// ```
///
/// Refused is, in this order: who has no valid token (401), who is no administrator (403, `not_an_administrator`), and who
/// says no reason, two, or one that [`Error::InvalidReason`] is for (400, `reason_required`). None of them leaves a receipt.
pub struct Administrator<DB: Backend, Id = Uuid> {
    system: SystemContext<DB, Id>,
}

impl<DB: Backend, Id: Identifier> Administrator<DB, Id> {
    /// The context alone, to be narrowed or sent elsewhere.
    ///
    /// ```
    /// # use user_scope::Backend;
    /// use user_scope::web::Administrator;
    ///
    /// async fn look<DB: Backend>(admin: Administrator<DB>) {
    ///     let reader = admin.into_inner().read_only();
    ///     drop(reader);
    /// }
    /// ```
    #[must_use]
    pub fn into_inner(self) -> SystemContext<DB, Id> {
        self.system
    }
}

impl<DB: Backend, Id: Identifier> Deref for Administrator<DB, Id> {
    type Target = SystemContext<DB, Id>;

    fn deref(&self) -> &SystemContext<DB, Id> {
        &self.system
    }
}

impl<DB: Backend, Id: Identifier> fmt::Debug for Administrator<DB, Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Administrator({:?})", self.system)
    }
}

impl<S, DB, Id> FromRequestParts<S> for Administrator<DB, Id>
where
    S: Send + Sync,
    DB: Backend,
    Id: Identifier,
    Verifier<Id>: FromRef<S>,
    ScopedPool<DB, Id>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = <Caller<Id> as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        if !caller.verified().is_administrator() {
            let problem = Problem::new(StatusCode::FORBIDDEN, "not_an_administrator");
            return Err(problem.detail("this is for administrators alone"));
        }
        let reason = reason(&parts.headers).ok_or_else(reason_required)?;
        let pool = ScopedPool::<DB, Id>::from_ref(state);
        match pool.system(&reason).requested_by(&caller).await {
            Ok(system) => Ok(Self { system }),
            Err(Error::InvalidReason) => Err(reason_required()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The reason, if there is exactly one, in UTF-8. A `%` that encodes nothing stays as it is.
fn reason(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(REASON).iter();
    let (reason, None) = (values.next()?, values.next()) else { return None };
    Some(percent_decode(reason.as_bytes()).decode_utf8().ok()?.into_owned())
}

fn reason_required() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "reason_required").detail(format!(
        "say why, by one header `{REASON}`, percent-encoded: at least 3 letters, at most 1,000 characters, none for control"
    ))
}
