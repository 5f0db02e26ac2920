//! What can be asked of the library, as data, and what can come of it.

use user_scope::{Error, Uuid};

use super::filter::Filter;
use super::kinds::Kind;
use super::rows::{Draft, Edit, Row};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    User(Uuid),
    /// A system context, narrowed to the rows of one user.
    OwnedBy(Uuid),
    Everyone,
    /// A system context that may only read.
    Reader,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum One {
    Get,
    Find,
    Exists,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Many {
    /// Ordered by id.
    All {
        limit: Option<u32>,
    },
    First,
    Count,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Live,
    Deleted,
    Any,
}

/// To come with the library: an upsert by `UniqueKey`, and pages. Each needs a variant here, an arm in `run`, and what it
/// means in `reads` or `writes`.
#[derive(Debug, Clone)]
pub enum Operation {
    Read(Kind, One, String),
    List {
        kind: Kind,
        filter: Option<Filter>,
        state: State,
        many: Many,
    },
    Children {
        parent: Kind,
        child: Kind,
        id: String,
    },
    /// Of rows that the caller says he has read.
    ChildrenOf {
        parent: Kind,
        child: Kind,
        rows: Vec<Row>,
    },
    /// `owner`: for whom a system context inserts.
    Insert {
        kind: Kind,
        owner: Option<Uuid>,
        drafts: Vec<Draft>,
        together: bool,
    },
    Update(Kind, String, Edit),
    UpdateWhere(Kind, Filter, Edit),
    Delete(Kind, String),
    DeleteWhere(Kind, Filter),
    Restore(Kind, String),
    Transfer(Kind, String, Uuid),
    Purge(Kind, String),
    PurgeWhere(Kind, Filter),
}

impl Operation {
    /// The entities of which rows may be gone afterwards, or another's.
    pub fn takes_away(&self) -> Vec<Kind> {
        match self {
            Self::Delete(kind, _) | Self::DeleteWhere(kind, _) if !kind.facts().soft => kind.family(),
            Self::Transfer(kind, ..) | Self::Purge(kind, _) | Self::PurgeWhere(kind, _) => kind.family(),
            _ => Vec::new(),
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Rows(Vec<Row>),
    Families(Vec<Vec<Row>>),
    Count(u64),
    Is(bool),
    Done,
    Refused(Refusal),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    NotFound,
    ParentNotFound,
    Duplicate,
    Referenced,
    Stale,
    TransactionAborted,
    /// Nothing that the model ever expects.
    Other(String),
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        Self::Refused(match error {
            Error::NotFound { .. } => Refusal::NotFound,
            Error::ParentNotFound { source: None, .. } => Refusal::ParentNotFound,
            Error::Duplicate { .. } => Refusal::Duplicate,
            Error::Referenced { source: None, .. } => Refusal::Referenced,
            Error::Stale { .. } => Refusal::Stale,
            Error::TransactionAborted => Refusal::TransactionAborted,
            // Where a foreign key had to refuse, the library has let something through.
            other => Refusal::Other(format!("{other:?}")),
        })
    }
}
