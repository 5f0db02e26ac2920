//! From a request to a caller, and from an error to an answer: tokens, extractors for axum, problem documents.
//!
//! With the feature `jwt` a [`Verifier`] says who the bearer of a JSON Web Token is. With `axum` a [`Problem`] is what a
//! handler returns instead of a row. With both, a handler takes a [`Caller`] or an [`Administrator`] among its arguments,
//! and is not run for anybody else.
//!
//! This room stands in front of the pool, and nothing below knows of it: no statement, no row and no driver enters here. A
//! token is read here and nowhere else, and leaves as a [`UserContext`](crate::UserContext).

#[cfg(all(feature = "axum", feature = "jwt"))]
mod administrator;
#[cfg(feature = "axum")]
mod answer;
#[cfg(all(feature = "axum", feature = "jwt"))]
mod bearer;
#[cfg(all(feature = "axum", feature = "jwt"))]
mod caller;
#[cfg(feature = "jwt")]
mod jwt;
#[cfg(feature = "axum")]
mod problem;

#[cfg(all(feature = "axum", feature = "jwt"))]
pub use administrator::Administrator;
#[cfg(all(feature = "axum", feature = "jwt"))]
pub use caller::Caller;
#[cfg(feature = "jwt")]
pub use jwt::{KeyError, Keys, TokenError, Verified, Verifier, VerifierBuilder};
#[cfg(feature = "axum")]
pub use problem::Problem;
