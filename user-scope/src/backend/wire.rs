//! How a statement with arguments goes over a connection. sqlx sends it in two messages, one that prepares it and one that
//! runs it, and what the first leaves on the server the second has to find there.

use sqlx::database::HasStatementCache;
use sqlx::{Database, IntoArguments};
use sqlx_core::query::{Query as Statement, query_with_result};

use super::{Backend, Query};

/// For how long a client has a connection of the server.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pooling {
    /// As long as he is connected: what is prepared stays there.
    #[default]
    Session,
    /// For one transaction. A pooler that does not know of statements' names gives it to somebody else after that.
    Transaction,
}

impl Pooling {
    /// What is said of a database, as far as it can be: nothing stands before a file.
    pub(crate) const fn of<DB: Backend>(self) -> Self {
        if DB::IS_REMOTE { self } else { Self::Session }
    }
}

/// A connection, as statements are sent on it: the methods of [`Backend`] take nothing else.
#[doc(hidden)]
#[derive(Debug)]
pub struct Wire<'c, DB: Database> {
    pub(crate) connection: &'c mut DB::Connection,
    pub(crate) prepares: Prepares,
}

/// What a connection of the server can keep for the next message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prepares {
    /// Statements by name, for as long as the client is there.
    Named,
    /// The last statement, without a name, until the end of the transaction.
    Unnamed,
    /// Nothing: the next message may reach a connection on which somebody else has prepared another statement.
    Nothing,
}

/// The statement, as it can be sent here. Where it cannot, it fails before a byte is sent.
pub(super) fn statement<DB>(query: Query<DB>, prepares: Prepares) -> Statement<'static, DB, DB::Arguments>
where
    DB: Database<Arguments: IntoArguments<DB>> + HasStatementCache,
{
    let arguments = match prepares {
        Prepares::Named | Prepares::Unnamed => Ok(query.arguments),
        Prepares::Nothing => Err("behind a pooler a statement has to be in a transaction".into()),
    };
    query_with_result(query.text, arguments).persistent(query.keep && prepares == Prepares::Named)
}
