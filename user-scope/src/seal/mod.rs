//! How a caller goes through a queue and comes back: sealed with a key that only the application has.
//!
//! A [`UserContext`](crate::UserContext) is not for serde, since whoever could write one into a request would be
//! that user. For a job that runs later it is sealed, for one purpose and for a limited time: encrypted and
//! authenticated by XChaCha20-Poly1305, whose nonces are long enough to be drawn at random. Nothing about
//! databases enters here, but that a column can hold the sealed text.

mod contents;
mod key;
mod text;

pub use key::ContextKey;
pub use text::SealedContext;
