//! A table as its administrator describes it.

use crate::identifier::{IdKind, IdValue, Identifier};

/// A table that is to come under isolation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct AdoptedTable {
    pub(super) name: String,
    pub(super) owner: String,
    pub(super) kind: Option<IdKind>,
    pub(super) backfill: Backfill,
    pub(super) unlinked: Vec<String>,
}

impl AdoptedTable {
    /// A table, as `"invoice"` or `"crm.visit"`, quoted where a name has dots in it. Its owner is in the column `user_id`, and
    /// rows that have none get the system user.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            owner: "user_id".to_owned(),
            kind: None,
            backfill: Backfill::system(),
            unlinked: Vec::new(),
        }
    }

    /// The column of the owner, which may be there already.
    pub fn owner(mut self, column: impl Into<String>) -> Self {
        self.owner = column.into();
        self
    }

    /// The type in which this table stores owners, where it is another than that of their ids: UUIDs as texts.
    pub fn stored_as<Id: Identifier>(mut self) -> Self {
        self.kind = Some(<Id::Raw as crate::RawIdentifier>::KIND);
        self
    }

    /// Where rows that are there get their owner. What has one keeps it.
    pub fn backfill(mut self, backfill: Backfill) -> Self {
        self.backfill = backfill;
        self
    }

    /// A column that names a row which may belong to another: no key and no trigger asks for its owner.
    pub fn unlinked(mut self, column: impl Into<String>) -> Self {
        self.unlinked.push(column.into());
        self
    }
}

/// Where rows that are there get their owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backfill(pub(super) Way);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    System,
    Constant(String),
    Expression(String),
    Parent { table: String, through: String },
    Mapping { key: String, owners: Vec<(String, String)> },
}

impl Backfill {
    /// The system user, as whom nobody can act: an administrator hands the rows over later. On PostgreSQL this is a change of
    /// the catalogue alone, however large the table is.
    #[must_use]
    pub const fn system() -> Self {
        Self(Way::System)
    }

    /// One user, for all rows.
    #[must_use]
    pub fn constant(user: impl Into<String>) -> Self {
        Self(Way::Constant(user.into()))
    }

    /// An SQL expression on a row, in the words of the database.
    #[must_use]
    pub fn expression(sql: impl Into<String>) -> Self {
        Self(Way::Expression(sql.into()))
    }

    /// The owner of the row in this table that this column names.
    #[must_use]
    pub fn parent(table: impl Into<String>, through: impl Into<String>) -> Self {
        Self(Way::Parent { table: table.into(), through: through.into() })
    }

    /// Pairs of a value of this column, as text, and its owner.
    #[must_use]
    pub fn mapping(key: impl Into<String>, owners: Vec<(String, String)>) -> Self {
        Self(Way::Mapping { key: key.into(), owners })
    }
}

/// The user of this type, as a table stores him, whom a text names. `None` if it names none.
pub(super) fn user(kind: IdKind, of: IdKind, text: &str) -> Option<IdValue> {
    match (kind, of) {
        (IdKind::Uuid, _) => text.parse().ok().map(IdValue::Uuid),
        (IdKind::Integer, _) => text.parse().ok().map(IdValue::Integer),
        // As the library writes it: two texts of one UUID are two users.
        (IdKind::Text, IdKind::Uuid) => text.parse().ok().map(|id: uuid::Uuid| IdValue::Text(id.to_string())),
        (IdKind::Text, IdKind::Integer) => text.parse().ok().map(|id: i64| IdValue::Text(id.to_string())),
        (IdKind::Text, IdKind::Text) => Some(IdValue::Text(text.to_owned())).filter(|_| !text.is_empty()),
    }
}

/// The system user.
pub(super) fn system(kind: IdKind, of: IdKind) -> IdValue {
    match (kind, of) {
        (IdKind::Uuid, _) => IdValue::Uuid(uuid::Uuid::nil()),
        (IdKind::Integer, _) => IdValue::Integer(0),
        // Of users who are UUIDs, stored as texts.
        (IdKind::Text, IdKind::Uuid) => IdValue::Text(uuid::Uuid::nil().to_string()),
        (IdKind::Text, _) => IdValue::Text("system".to_owned()),
    }
}
