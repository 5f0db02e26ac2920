//! From what the driver reported to an [`Error`].

use sqlx::error::{BoxDynError, DatabaseError, ErrorKind};

use super::{Cause, Error};
use crate::backend::{ByTrigger, by_trigger, column_without_null};
use crate::isolation::fit::Misfit;

/// What a statement was doing, which decides how the refusal of a foreign key reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Reading,
    Writing,
    Deleting,
}

impl Error {
    /// Sorts what the driver reported.
    pub(crate) fn from_sqlx(entity: &'static str, doing: Doing, error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(database) if is_about_the_log(database.as_ref()) => Self::Audit { source: error.into() },
            E::Database(database) => match database.kind() {
                _ if by_trigger(database.as_ref()) == Some(ByTrigger::Taken) => {
                    Self::Duplicate { entity, source: error.into() }
                }
                _ if by_trigger(database.as_ref()) == Some(ByTrigger::NoParent) => {
                    Self::ParentNotFound { entity, source: Some(error.into()) }
                }
                ErrorKind::UniqueViolation => Self::Duplicate { entity, source: error.into() },
                ErrorKind::ForeignKeyViolation if doing == Doing::Deleting => {
                    Self::Referenced { entity, source: Some(error.into()) }
                }
                ErrorKind::ForeignKeyViolation => Self::ParentNotFound { entity, source: Some(error.into()) },
                ErrorKind::NotNullViolation => match column_without_null(database.as_ref()) {
                    Some(column) => Self::MissingValue { entity, column, source: error.into() },
                    None => Self::Rejected { entity, source: error.into() },
                },
                ErrorKind::CheckViolation | ErrorKind::ExclusionViolation => {
                    Self::Rejected { entity, source: error.into() }
                }
                _ if is_about_a_value(database.as_ref()) => Self::Rejected { entity, source: error.into() },
                _ => Self::Database { entity, source: error.into() },
            },
            E::Configuration(reason) if reason.is::<Misfit>() => {
                Self::Isolation { problem: reason.to_string(), source: None }
            }
            E::Encode(_) => Self::Encode { entity, source: error.into() },
            E::ColumnDecode { .. } | E::Decode(_) | E::ColumnIndexOutOfBounds { .. } => {
                Self::Decode { entity, source: error.into() }
            }
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => {
                Self::Unavailable { source: error.into() }
            }
            _ => Self::Database { entity, source: error.into() },
        }
    }

    pub(crate) fn unbindable(entity: &'static str, source: BoxDynError) -> Self {
        Self::Encode { entity, source: sqlx::Error::Encode(source).into() }
    }
}

/// PostgreSQL writes the audit row in the same statement, and names the table that refused: in a field of its own
/// if a constraint did, and in the message if the table is not there or not open to this login (class 42; SQLite's code for that is 1).
fn is_about_the_log(error: &dyn DatabaseError) -> bool {
    const LOG: &str = "user_access_log";
    let is_about_a_table = error.code().is_some_and(|code| code.starts_with("42") || code == "1");
    error.table() == Some(LOG) || is_about_a_table && error.message().contains(LOG)
}

/// What to do where the log cannot be used, by the database's code alone.
pub(super) fn advice_on_the_log(source: &Cause) -> &'static str {
    match source.code().as_deref() {
        // A partition that is not there, or the proof that a move was begun and not ended.
        Some("23514") => "it takes no rows of this month: `user-scope audit partition` makes the partitions",
        Some("42501") => "this login lacks the right to it, which its owner grants",
        Some("25006") => "this database only lets itself be read",
        Some(code) if is_read_only_on_sqlite(code) => "this database was opened only to be read",
        _ => "is it there? `pool.migrate()` makes it",
    }
}

/// The code 8, or one of its kind: SQLite tells the kind in the lowest byte.
fn is_read_only_on_sqlite(code: &str) -> bool {
    code.len() < 5 && code.parse::<u32>().is_ok_and(|code| code & 0xff == 8)
}

/// PostgreSQL has a code for it, SQLite but words.
pub(crate) fn is_about_a_missing_index(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| {
        error.code().is_some_and(|code| code == "42P10")
            || error.message() == "ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint"
    })
}

/// SQLSTATE class 22, "data exception"; SQLite's "string or blob too big" and "datatype mismatch", and a sum that
/// overflows, which has no code of its own.
fn is_about_a_value(error: &dyn DatabaseError) -> bool {
    error.code().is_some_and(|code| match &*code {
        "1" => error.message() == "integer overflow",
        code => code.len() == 5 && code.starts_with("22") || code == "18" || code == "20",
    })
}
