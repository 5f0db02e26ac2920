//! Why the server does not start, as a person is told.

use std::error::Error;
use std::fmt;

#[derive(Debug)]
pub struct Failure {
    sentence: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), source: None }
    }

    pub fn no_account(name: &str) -> Self {
        Self::new(format!("there is no account `{name}` to be the administrator: register it first, and start again"))
    }
}

/// The sentence, and what lies beneath it.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        let mut source = self.source.as_deref().map(|source| source as &dyn Error);
        let mut last = String::new();
        while let Some(error) = source {
            let text = error.to_string();
            // Some errors say what lies beneath them, too.
            if !last.contains(&text) {
                write!(f, "\n  {text}")?;
            }
            last = text;
            source = error.source();
        }
        Ok(())
    }
}

impl Error for Failure {}

/// Puts a sentence over an error.
pub trait Told<T> {
    fn told(self, sentence: impl Into<String>) -> Result<T, Failure>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> Told<T> for Result<T, E> {
    fn told(self, sentence: impl Into<String>) -> Result<T, Failure> {
        self.map_err(|error| Failure { sentence: sentence.into(), source: Some(error.into()) })
    }
}
