//! The caller as an argument of a handler.
//!
//! Who he is comes from `bearer`; nothing of the request but its header is looked at.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use axum_core::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use uuid::Uuid;

use super::bearer::{bearer, no_token};
use super::jwt::{Verified, Verifier};
use super::problem::Problem;
use crate::context::UserContext;
use crate::identifier::Identifier;

/// Whoever has sent the request, by its bearer token: a handler that has one among its arguments is run for nobody else.
///
/// It is a [`UserContext`] wherever one is asked for. The state of the router has to give a [`Verifier`]:
///
/// ```
/// use axum::extract::{FromRef, State};
/// use axum::{Json, Router, routing::get};
/// use user_scope::web::{Caller, Problem, Verifier};
/// # use user_scope::{Backend, ScopedPool, Stores, UserScoped, Uuid};
/// # #[derive(UserScoped)]
/// # #[user_scoped(table = "tasks")]
/// # struct Task { #[user_scoped(id)] id: Uuid, #[user_scoped(owner)] user_id: Uuid, title: String }
///
/// struct App<DB: Backend> {
///     pool: ScopedPool<DB>,
///     verifier: Verifier,
/// }
/// # impl<DB: Backend> Clone for App<DB> {
/// #     fn clone(&self) -> Self { Self { pool: self.pool.clone(), verifier: self.verifier.clone() } }
/// # }
///
/// impl<DB: Backend> FromRef<App<DB>> for Verifier {
///     fn from_ref(app: &App<DB>) -> Self {
///         app.verifier.clone()
///     }
/// }
///
/// async fn titles<DB: Stores<Task>>(caller: Caller, State(app): State<App<DB>>) -> Result<Json<Vec<String>>, Problem> {
///     let tasks = app.pool.repository::<Task>(&caller).query().all().await?;     // hers, and nobody else's
///     Ok(Json(tasks.into_iter().map(|task| task.title).collect()))
/// }
///
/// fn router<DB: Stores<Task>>(app: App<DB>) -> Router {
///     Router::new().route("/titles", get(titles::<DB>)).with_state(app)
/// }
/// ```
///
/// In front of a whole router it stands as `axum::middleware::from_extractor_with_state::<Caller, _>(app)`. A token is verified
/// once for a request. `Option<Caller>` is `None` for a request without a header `Authorization`; a token that is not valid is
/// refused there too.
pub struct Caller<Id = Uuid> {
    verified: Arc<Verified<Id>>,
}

impl<Id: Identifier> Caller<Id> {
    /// What else the token says: roles, claims, until when.
    ///
    /// ```
    /// use user_scope::web::Caller;
    ///
    /// async fn hello(caller: Caller) -> String {
    ///     let name = caller.verified().claim("name").and_then(|name| name.as_str());
    ///     format!("Hello, {}!", name.unwrap_or("you"))
    /// }
    /// ```
    #[must_use]
    pub fn verified(&self) -> &Verified<Id> {
        &self.verified
    }

    /// The context alone, to be kept or sent elsewhere.
    ///
    /// ```
    /// use user_scope::UserContext;
    /// use user_scope::web::Caller;
    ///
    /// async fn later(caller: Caller) {
    ///     let caller: UserContext = caller.into_inner();
    ///     tokio::spawn(async move { drop(caller) });
    /// }
    /// ```
    #[must_use]
    pub fn into_inner(self) -> UserContext<Id> {
        self.verified.user().clone()
    }
}

impl<Id: Identifier> Deref for Caller<Id> {
    type Target = UserContext<Id>;

    fn deref(&self) -> &UserContext<Id> {
        self.verified.user()
    }
}

impl<Id> Clone for Caller<Id> {
    fn clone(&self) -> Self {
        Self { verified: Arc::clone(&self.verified) }
    }
}

impl<Id: Identifier> fmt::Debug for Caller<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Caller({:?}, roles {:?})", self.verified.user(), self.verified.roles())
    }
}

impl<S, Id> FromRequestParts<S> for Caller<Id>
where
    S: Send + Sync,
    Id: Identifier,
    Verifier<Id>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let verified = bearer(parts, Verifier::from_ref(state)).await?.ok_or_else(no_token)?;
        Ok(Self { verified })
    }
}

impl<S, Id> OptionalFromRequestParts<S> for Caller<Id>
where
    S: Send + Sync,
    Id: Identifier,
    Verifier<Id>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        let verified = bearer(parts, Verifier::from_ref(state)).await?;
        Ok(verified.map(|verified| Self { verified }))
    }
}
