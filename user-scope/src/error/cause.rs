//! What the driver said, without the values that it quotes.

use std::fmt;

use sqlx::error::{BoxDynError, UnexpectedNullError};

/// What lies beneath an [`Error`](crate::Error), for logs and for decisions that need the driver's code.
///
/// Its `Debug` and `Display` leave out the parts in which databases quote the values of a row, as in "Key (email)=(…)
/// already exists".
pub struct Cause(Box<sqlx::Error>);

impl Cause {
    /// What sqlx reported. Its own `Debug` may show values of the row.
    pub const fn as_sqlx(&self) -> &sqlx::Error {
        &self.0
    }

    /// The database's own error code, such as PostgreSQL's SQLSTATE.
    pub fn code(&self) -> Option<String> {
        Some(self.0.as_database_error()?.code()?.into_owned())
    }

    /// The constraint that was violated, where the database tells it.
    pub fn constraint(&self) -> Option<&str> {
        self.0.as_database_error()?.constraint()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match &*self.0 {
            sqlx::Error::Database(error) => error,
            // These quote the value that they could not read or write.
            sqlx::Error::ColumnDecode { index, source } => {
                write!(f, "column {index} could not be decoded")?;
                return if is_about_types(source) { write!(f, ": {source}") } else { Ok(()) };
            }
            sqlx::Error::Decode(_) => return f.write_str("a value could not be decoded"),
            sqlx::Error::Encode(_) => return f.write_str("a value could not be encoded"),
            other => return other.fmt(f),
        };
        match error.code() {
            // Class 22 quotes the value that it cannot take, in its very message.
            Some(code) if code.starts_with("22") => {
                write!(f, "the database refused a value{} (SQLSTATE {code})", refused_for(&code))
            }
            Some(code) => write!(f, "{} (code {code})", error.message()),
            None => f.write_str(error.message()),
        }
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cause({self})")
    }
}

impl std::error::Error for Cause {}

impl From<sqlx::Error> for Cause {
    fn from(error: sqlx::Error) -> Self {
        Self(Box::new(error))
    }
}

/// What is wrong with a value, as far as its class says it without the value.
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn refused_for(code: &str) -> &'static str {
    match code {
        "22001" => ", which is too long",
        "22003" => ", which is out of range",
        "22007" | "22008" => ", which is no date or time that it knows",
        "22012" => ", by which it cannot divide",
        "22021" | "22P05" => ", which has a character that it cannot store",
        "22P02" | "22P03" => ", which is not of its type",
        _ => "",
    }
}

/// Whether an error names types alone, and no value.
fn is_about_types(error: &BoxDynError) -> bool {
    error.is::<UnexpectedNullError>() || error.to_string().starts_with("mismatched types; Rust type")
}
