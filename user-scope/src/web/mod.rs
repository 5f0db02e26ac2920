//! From a request to a caller, and from an error to an answer: tokens, extractors for axum, problem documents.
//!
//! With the feature `jwt` a [`Verifier`] says who the bearer of a JSON Web Token is. With `axum` a [`Problem`] is what a
//! handler returns instead of a row. With both, a handler takes a [`Caller`] or an [`Administrator`] among its arguments,
//! and is not run for anybody else.
//!
//! This room stands in front of the pool, and nothing below knows of it: no statement, no row and no driver enters here. A
//! token is read here and nowhere else, and leaves as a [`UserContext`](crate::UserContext).

#[cfg(feature = "axum")]
mod answer;
#[cfg(feature = "axum")]
mod problem;

#[cfg(feature = "axum")]
pub use problem::Problem;
