//! From a request to a caller: tokens, their keys, extractors and answers.

mod extractors;
mod keys;
mod problems;
mod readme;
mod rotation;
mod signer;
mod tokens;
