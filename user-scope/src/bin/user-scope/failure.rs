//! Why a command could not do its work, as a person reads it.

use std::error::Error;
use std::fmt;

/// A sentence, with what caused it.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// An error with all its causes, in one line.
impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut sentence = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let told = cause.to_string();
            // Many errors repeat their cause in their own words.
            if !sentence.contains(&told) {
                sentence = format!("{sentence}: {told}");
            }
            source = cause.source();
        }
        Self(sentence)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
