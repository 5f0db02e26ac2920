//! What can go wrong, as a caller may see it.
//!
//! The text of an error says what, where and what to do, and nothing that the database said: that is in
//! [`source`](std::error::Error::source), for logs.

use std::fmt;

use sqlx::error::{BoxDynError, DatabaseError, ErrorKind};

/// What every operation returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong. Its text may be shown to the caller: absent and foreign rows read alike, and nothing of
/// the driver's words is in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller has no such row. Whether somebody else has one is not told.
    #[error("no such row in `{entity}`")]
    NotFound {
        /// The entity's name.
        entity: &'static str,
    },

    /// The caller has no such parent row. Whether somebody else has one is not told.
    #[error("a row of `{entity}` names a parent that does not exist")]
    ParentNotFound {
        /// The child's name.
        entity: &'static str,
        /// What the database said, if it was a foreign key that refused.
        #[source]
        source: Option<Cause>,
    },

    /// A row with the same key exists already.
    #[error("a row of `{entity}` with the same key exists already")]
    Duplicate {
        /// The entity's name.
        entity: &'static str,
        /// What the database said.
        source: Cause,
    },

    /// The caller's row with this key is marked as deleted. An upsert does not bring it back: what was marked together
    /// with it would stay deleted, and could not be restored any more.
    #[error("a row of `{entity}` with this key is marked as deleted; restore it and change it then, or have it purged")]
    Deleted {
        /// The entity's name.
        entity: &'static str,
    },

    /// The table has no unique index on the key of an upsert.
    #[error("`{entity}` has no unique index for this upsert; add it to the table: {statement}")]
    MissingIndex {
        /// The entity's name.
        entity: &'static str,
        /// The statement that creates it.
        statement: String,
        /// What the database said.
        source: Cause,
    },

    /// Other rows still refer to this one.
    #[error("other rows still refer to this row of `{entity}`")]
    Referenced {
        /// The entity's name.
        entity: &'static str,
        /// What the database said, if it was a foreign key that refused.
        #[source]
        source: Option<Cause>,
    },

    /// Somebody has changed the row since the caller read it: what he sends rests on an older version.
    #[error("this row of `{entity}` has been changed meanwhile; read it again, and decide anew")]
    Stale {
        /// The entity's name.
        entity: &'static str,
    },

    /// The database refused a value: a constraint, a range, a text that it cannot store.
    #[error("the database refused a value for `{entity}`")]
    Rejected {
        /// The entity's name.
        entity: &'static str,
        /// What the database said.
        source: Cause,
    },

    /// A value could not be made ready for the database.
    #[error("a value for `{entity}` cannot be stored in this database")]
    Encode {
        /// The entity's name.
        entity: &'static str,
        /// Why.
        source: Cause,
    },

    /// A row does not fit the struct: the table and the entity are at odds.
    #[error("a row of `{entity}` does not fit its struct; compare the column types of the table with the fields")]
    Decode {
        /// The entity's name.
        entity: &'static str,
        /// Why.
        source: Cause,
    },

    /// The row was written, and stands, but what came back of it does not fit the struct: do not write it again.
    #[error("a row of `{entity}` was written, but does not fit its struct; compare the column types with the fields")]
    WrittenButUnreadable {
        /// The entity's name.
        entity: &'static str,
        /// Why.
        source: Cause,
    },

    /// A condition holds more values than one statement can carry.
    #[error("a condition on `{entity}` has more values ({values}) than one statement can carry ({limit}); split it")]
    TooManyValues {
        /// The entity's name.
        entity: &'static str,
        /// How many values the statement would have.
        values: usize,
        /// How many the database takes.
        limit: usize,
    },

    /// A condition is nested so deeply that it must have been put together by a loop.
    #[error("a condition on `{entity}` is nested more than 256 levels deep; write it flatter")]
    TooDeep {
        /// The entity's name.
        entity: &'static str,
    },

    /// The cursor is not one of this query, with the same order and filter, or its values were forged.
    #[error("this cursor of `{entity}` belongs to another query or was damaged; start again at the first page")]
    InvalidCursor {
        /// The entity's name.
        entity: &'static str,
        /// What the database said, if it was the database that refused it.
        #[source]
        source: Option<Cause>,
    },

    /// A page cannot be ordered by a column marked `redact`: the value would be shown in the cursor.
    #[error("pages of `{entity}` cannot be ordered by `{column}`, which is redacted and would be shown in the cursor")]
    SecretInCursor {
        /// The entity's name.
        entity: &'static str,
        /// The column.
        column: &'static str,
    },

    /// The last row of the page has such long values in the order that its cursor would fit into no URL.
    #[error("a cursor of `{entity}` would be longer than 8,192 characters; order the pages by shorter columns")]
    CursorTooLong {
        /// The entity's name.
        entity: &'static str,
    },

    /// A page of no rows leads nowhere.
    #[error("a page of `{entity}` must have room for at least one row")]
    EmptyPage {
        /// The entity's name.
        entity: &'static str,
    },

    /// The system user, or nobody, cannot be a caller: nil, 0, `""` and `"system"` are refused.
    #[error("this user id is reserved and cannot act; a caller is a real user")]
    ReservedUser,

    /// A sealed context is past its time.
    #[cfg(feature = "jobs")]
    #[error("this sealed context has expired; the work has to be asked for again")]
    SealExpired,

    /// A sealed context cannot be opened: it was sealed with another key, for another purpose or for users of another
    /// type, by a clock that is more than five minutes ahead of this one, or it was altered since. Which of these is not
    /// told.
    #[cfg(feature = "jobs")]
    #[error("this is not a context that this application has sealed for this purpose")]
    SealRefused,

    /// A key for sealed contexts is not 32 bytes, or not random ones.
    #[cfg(feature = "jobs")]
    #[error("a context key is 32 random bytes, in hexadecimal or base64; `openssl rand -base64 32` makes one")]
    InvalidKey,

    /// The operating system gave no random numbers.
    #[cfg(feature = "jobs")]
    #[error("the operating system gave no random numbers")]
    NoRandomness,

    /// A system context has to say why it exists, in 1,000 characters at most, three of them letters or
    /// digits.
    #[error("a system context needs a reason: at least 3 letters, at most 1,000 characters, no control characters")]
    InvalidReason,

    /// Something went wrong earlier in this transaction, or an operation in it was cancelled: it can only be
    /// rolled back.
    #[error("this transaction was interrupted or failed earlier and can only be rolled back; begin a new one")]
    TransactionAborted,

    /// A [`RowStream`](crate::RowStream) is open in this transaction, which can do one thing at a time.
    #[error("a stream of rows is open in this transaction; finish or drop it first")]
    Busy,

    /// The audit row could not be written, and therefore nothing was.
    #[error("the audit table cannot be used, and so nothing was done; is it there? `pool.migrate()` makes it")]
    Audit {
        /// What the database said.
        source: Cause,
    },

    /// The audit table is there, and is not what this pool needs.
    #[error("the table `user_access_log` {problem}")]
    Schema {
        /// What is wrong with it, and what to do.
        problem: &'static str,
    },

    /// No connection to the database could be had in time, or it broke.
    #[error("the database cannot be reached")]
    Unavailable {
        /// Why.
        source: Cause,
    },

    /// Anything else that the database, or its driver, answered.
    #[error("the database could not carry out the operation on `{entity}`")]
    Database {
        /// The entity's name, or what else the statement was about.
        entity: &'static str,
        /// What the database said.
        source: Cause,
    },
}

/// What lies beneath an [`Error`], for logs and for decisions that need the driver's code.
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
            sqlx::Error::ColumnDecode { index, .. } => return write!(f, "column {index} could not be decoded"),
            sqlx::Error::Decode(_) => return f.write_str("a value could not be decoded"),
            sqlx::Error::Encode(_) => return f.write_str("a value could not be encoded"),
            other => return other.fmt(f),
        };
        match error.code() {
            // Class 22 quotes the value that it cannot take, in its very message.
            Some(code) if code.starts_with("22") => write!(f, "the database refused a value (SQLSTATE {code})"),
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
                ErrorKind::UniqueViolation => Self::Duplicate { entity, source: error.into() },
                ErrorKind::ForeignKeyViolation if doing == Doing::Deleting => {
                    Self::Referenced { entity, source: Some(error.into()) }
                }
                ErrorKind::ForeignKeyViolation => Self::ParentNotFound { entity, source: Some(error.into()) },
                ErrorKind::NotNullViolation | ErrorKind::CheckViolation | ErrorKind::ExclusionViolation => {
                    Self::Rejected { entity, source: error.into() }
                }
                _ if is_about_a_value(database.as_ref()) => Self::Rejected { entity, source: error.into() },
                _ => Self::Database { entity, source: error.into() },
            },
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
