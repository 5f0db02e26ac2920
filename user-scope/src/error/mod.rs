//! What can go wrong, as a caller may see it.
//!
//! The text of an error says what, where and what to do, and nothing that the database said: that is in
//! [`source`](std::error::Error::source), for logs.
//!
//! One file for what lies beneath it ([`cause`]), one for how the driver's errors are sorted ([`sort`]).

mod cause;
mod sort;

pub use cause::Cause;
use sort::advice_on_the_log;
pub(crate) use sort::{Doing, is_about_a_missing_index};

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

    /// The changes name no version, or that of no row: those that the library inserts begin with 1. `..Default::default()`
    /// has left it at 0.
    #[error("these changes to a row of `{entity}` name no version; set it to that of the row as it was read")]
    NoVersion {
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

    /// A column that must have a value was given none: the struct has no field for it, or one that is an `Option`.
    #[error(
        "a row of `{entity}` leaves `{column}` empty; give it a field that is no `Option`, or the column a default"
    )]
    MissingValue {
        /// The entity's name.
        entity: &'static str,
        /// The column, behind the name of its table.
        column: String,
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
    #[cfg(any(feature = "jobs", feature = "seals"))]
    #[error("the operating system gave no random numbers")]
    NoRandomness,

    /// A key for seals over the log is not 32 bytes in hexadecimal, or no key at all.
    #[cfg(feature = "seals")]
    #[error("a key for seals is 64 hexadecimal digits; `SealKey::generate()` makes one")]
    InvalidSealKey,

    /// This is no seal that was exported.
    #[cfg(feature = "seals")]
    #[error("an exported seal is one line: `user-scope-seal 1`, its number, its time, its hash and its signature")]
    InvalidExportedSeal,

    /// The log cannot be sealed further: what its seals say is not what who has the key has signed, or not what is asked for.
    #[cfg(feature = "seals")]
    #[error("the seals of `user_access_log`: {problem}")]
    Seals {
        /// What is wrong, and what to do.
        problem: &'static str,
    },

    /// A system context has to say why it exists, in 1,000 characters at most, three of them letters or
    /// digits.
    #[error("a system context needs a reason: at least 3 letters, at most 1,000 characters, no control characters")]
    InvalidReason,

    /// Something went wrong earlier in this transaction, or an operation in it was cancelled: it can only be
    /// rolled back.
    #[error("this transaction was interrupted or failed earlier and can only be rolled back; begin a new one")]
    TransactionAborted,

    /// SQL of the application's own, on a connection that was lent to it, has committed the transaction or rolled it back.
    #[error(
        "raw SQL has ended this transaction; what came before is as it left it, and nothing more can be done in it"
    )]
    TransactionEnded,

    /// A [`RowStream`](crate::RowStream) is open in this transaction, which can do one thing at a time.
    #[error("a stream of rows is open in this transaction; finish or drop it first")]
    Busy,

    /// The audit row could not be written, and therefore nothing was.
    #[error("the audit table cannot be used, and so nothing was done; {}", advice_on_the_log(source))]
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

    /// The database is not guarded as it should be, or cannot be.
    #[error("isolation: {problem}")]
    Isolation {
        /// What is wrong, where, and what to do.
        problem: String,
        /// What the database said, if it was asked.
        #[source]
        source: Option<Cause>,
    },

    /// No connection to the database could be had in time, or it broke.
    #[error("the database cannot be reached")]
    Unavailable {
        /// Why.
        source: Cause,
    },

    /// Anything else that the database, or its driver, answered: a table or a column that is not there, a login that may not
    /// use it, a lock that was waited for too long, a deadlock, a transaction that could not be serialized, a full disk.
    ///
    /// [`source`](std::error::Error::source) says which, and [`Cause::code`] holds the database's code: on PostgreSQL
    /// `40001` and `40P01` say that the same transaction may succeed if it is begun anew, on SQLite `5` that another
    /// connection is writing.
    #[error("the database could not carry out the operation on `{entity}`")]
    Database {
        /// The entity's name, or what else the statement was about.
        entity: &'static str,
        /// What the database said.
        source: Cause,
    },
}
