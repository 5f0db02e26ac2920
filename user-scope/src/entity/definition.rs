//! An entity as data: what the derive knows of a struct, in the order of its fields.

use super::{OnDelete, ReadAudit, SqlCache, WriteAudit};
use crate::identifier::IdKind;

/// Names and roles of an entity, and the texts of its statements once they are written.
///
/// Made by the derive alone, as a static: the texts live as long as the program.
#[derive(Debug)]
pub struct Entity {
    definition: Definition,
    cache: SqlCache,
}

/// What the derive fills in. Every name in it was checked when it was compiled.
#[doc(hidden)]
#[derive(Debug)]
pub struct Definition {
    /// How audit rows and errors call the entity.
    pub name: &'static str,
    pub schema: Option<&'static str>,
    pub table: &'static str,
    pub columns: &'static [ColumnDefinition],
    pub id: usize,
    pub id_kind: IdKind,
    pub id_by_database: bool,
    pub owner: usize,
    pub owner_kind: IdKind,
    /// Whether the key of a row is owner and id together.
    pub keyed_by_owner: bool,
    pub created_at: Option<usize>,
    pub updated_at: Option<usize>,
    pub deleted_at: Option<usize>,
    pub version: Option<usize>,
    /// The last version that its field can hold; 0 if there is none.
    pub last_version: i64,
    pub parents: &'static [ParentDefinition],
    /// Entities that name this one as their parent, and are to follow it when it is deleted or transferred.
    pub children: &'static [fn() -> &'static Entity],
    pub audit: EntityAudit,
}

/// A column.
#[doc(hidden)]
#[derive(Debug)]
pub struct ColumnDefinition {
    pub name: &'static str,
    /// Kept out of the audit.
    pub redact: bool,
    /// An identifier that is stored as text, whatever it is in Rust.
    pub as_text: bool,
}

/// A column that holds the id of another entity of the same owner.
#[doc(hidden)]
#[derive(Debug)]
pub struct ParentDefinition {
    pub column: usize,
    pub nullable: bool,
    pub entity: fn() -> &'static Entity,
    pub on_delete: OnDelete,
}

/// How accesses to an entity are audited, where it differs from the pool's setting.
#[doc(hidden)]
#[derive(Debug)]
pub struct EntityAudit {
    pub writes: Option<WriteAudit>,
    pub reads: Option<ReadAudit>,
    pub denials: Option<ReadAudit>,
    /// Whether the audit records the values that a write replaced, and those that it wrote.
    pub values: bool,
}

impl Entity {
    /// For the derive alone. Names go into SQL, so they are checked once more, when the static is compiled.
    #[doc(hidden)]
    pub const fn new(definition: Definition) -> Self {
        assert!(is_plain(definition.table) && is_plain(definition.name));
        if let Some(schema) = definition.schema {
            assert!(is_plain(schema));
        }
        let mut columns = definition.columns;
        while let [column, others @ ..] = columns {
            assert!(is_plain(column.name));
            columns = others;
        }
        Self { definition, cache: SqlCache::new() }
    }

    /// How audit rows and errors call the entity: its table, unless `name` says otherwise.
    pub const fn name(&self) -> &'static str {
        self.definition.name
    }

    /// The table, without its schema.
    pub const fn table(&self) -> &'static str {
        self.definition.table
    }

    /// The table's schema, if the entity names one.
    pub const fn schema(&self) -> Option<&'static str> {
        self.definition.schema
    }

    /// The names of all columns, in the order in which they are selected.
    pub fn column_names(&self) -> impl ExactSizeIterator<Item = &'static str> {
        self.definition.columns.iter().map(|column| column.name)
    }

    /// The column that holds the id.
    pub fn id_column(&self) -> &'static str {
        self.column_name(self.definition.id)
    }

    /// The column that holds the owner.
    pub fn owner_column(&self) -> &'static str {
        self.column_name(self.definition.owner)
    }

    pub(crate) const fn definition(&self) -> &Definition {
        &self.definition
    }

    pub(crate) const fn cache(&self) -> &SqlCache {
        &self.cache
    }

    /// How the table stores ids, which need not be how Rust holds them.
    pub(crate) fn stored_id_kind(&self) -> IdKind {
        self.stored_kind(self.definition.id, self.definition.id_kind)
    }

    /// How the table stores owners.
    pub(crate) fn stored_owner_kind(&self) -> IdKind {
        self.stored_kind(self.definition.owner, self.definition.owner_kind)
    }

    fn stored_kind(&self, position: usize, kind: IdKind) -> IdKind {
        match self.definition.columns.get(position) {
            Some(column) if column.as_text => IdKind::Text,
            _ => kind,
        }
    }

    /// A position that the derive did not make cannot come here; an empty name would fail as SQL, not panic.
    pub(crate) fn column_name(&self, position: usize) -> &'static str {
        self.definition.columns.get(position).map_or("", |column| column.name)
    }
}

/// Letters, digits and underscores, and at least one of them.
const fn is_plain(name: &str) -> bool {
    let mut rest = name.as_bytes();
    while let [first, others @ ..] = rest {
        if !(first.is_ascii_alphanumeric() || *first == b'_') {
            return false;
        }
        rest = others;
    }
    !name.is_empty()
}

/// A set of columns, by position. The derive refuses entities of more than 128 columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[doc(hidden)]
pub struct ColumnSet(u128);

impl ColumnSet {
    pub const EMPTY: Self = Self(0);

    #[must_use]
    pub const fn with(self, position: usize) -> Self {
        Self(self.0 | (1 << (position & 127)))
    }

    #[must_use]
    pub const fn without(self, position: usize) -> Self {
        Self(self.0 & !(1 << (position & 127)))
    }

    pub const fn contains(self, position: usize) -> bool {
        self.0 & (1 << (position & 127)) != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The positions, ascending.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let position = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(position)
        })
    }
}
