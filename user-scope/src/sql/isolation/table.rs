//! A table, as the database is to guard it.

use crate::backend::Dialect;
use crate::entity::{Entity, Types};
use crate::identifier::IdKind;
use crate::sql::SqlText;

/// Where a table is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct TableName {
    /// The search path decides if it is not said.
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
}

/// A table whose rows have owners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: TableName,
    pub(crate) owner: String,
    /// How the table stores owners.
    pub(crate) owner_kind: IdKind,
    pub(crate) id: String,
    /// Whether owner and id together are the key.
    pub(crate) keyed_by_owner: bool,
    pub(crate) parents: Vec<Parent>,
    /// All columns that the entity knows.
    pub(crate) columns: Vec<String>,
    /// What else the entity says, where there is one. A table that is known by name and owner alone has no id here, and its
    /// kind of owner says nothing, until the catalogue is asked.
    pub(crate) entity: Option<Known>,
}

/// What an entity says of its table that only the doctor asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// How the table stores ids.
    pub(crate) id_kind: IdKind,
    /// The tables that it lists as its children.
    pub(crate) children: Vec<TableName>,
    /// Whether columns have the types of its fields, as far as that can be asked.
    pub(crate) types: Option<Types>,
}

/// A column that holds the id of a row of the same owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parent {
    pub(crate) column: String,
    pub(crate) table: TableName,
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) owner_kind: IdKind,
}

impl TableName {
    pub(crate) fn of(entity: &Entity) -> Self {
        Self { schema: entity.schema().map(str::to_owned), name: entity.table().to_owned() }
    }

    /// As a person writes it: `table`, `schema.table`, or with quotes around what has dots in it.
    pub(crate) fn read(name: &str) -> Self {
        let mut parts = vec![String::new()];
        let mut is_quoted = false;
        let mut characters = name.chars().peekable();
        while let Some(character) = characters.next() {
            match (character, is_quoted) {
                // A quote in quotes is doubled.
                ('"', true) if characters.next_if_eq(&'"').is_some() => {
                    parts.iter_mut().next_back().into_iter().for_each(|part| part.push('"'));
                }
                ('"', _) => is_quoted = !is_quoted,
                ('.', false) if parts.len() == 1 => parts.push(String::new()),
                (other, _) => parts.iter_mut().next_back().into_iter().for_each(|part| part.push(other)),
            }
        }
        let name = parts.pop().unwrap_or_default();
        Self { schema: parts.pop(), name }
    }

    /// As PostgreSQL's `to_regclass` takes it.
    pub(crate) fn quoted(&self) -> String {
        let mut text = SqlText::new(Dialect::Postgres);
        self.write(&mut text);
        text.finish()
    }

    /// As a statement names it.
    pub(crate) fn write(&self, text: &mut SqlText) {
        if let Some(schema) = &self.schema {
            text.quoted_name(schema).sql(".");
        }
        text.quoted_name(&self.name);
    }
}

/// As a person reads it.
impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.name)
    }
}

impl Table {
    pub(crate) fn of(entity: &'static Entity, types: Option<Types>) -> Self {
        let definition = entity.definition();
        let parents = definition.parents.iter().map(|link| {
            let parent = (link.entity)();
            Parent {
                column: entity.column_name(link.column).to_owned(),
                table: TableName::of(parent),
                id: parent.id_column().to_owned(),
                owner: parent.owner_column().to_owned(),
                owner_kind: parent.stored_owner_kind(),
            }
        });
        Self {
            name: TableName::of(entity),
            owner: entity.owner_column().to_owned(),
            owner_kind: entity.stored_owner_kind(),
            id: entity.id_column().to_owned(),
            keyed_by_owner: definition.keyed_by_owner,
            parents: parents.collect(),
            columns: entity.column_names().map(str::to_owned).collect(),
            entity: Some(Known {
                id_kind: entity.stored_id_kind(),
                children: definition.children.iter().map(|child| TableName::of(child())).collect(),
                types,
            }),
        }
    }

    /// A table of which no entity is known.
    pub(crate) fn named(name: &str, owner: &str) -> Self {
        Self {
            name: TableName::read(name),
            owner: owner.to_owned(),
            owner_kind: IdKind::Text,
            id: String::new(),
            keyed_by_owner: false,
            parents: Vec::new(),
            columns: vec![owner.to_owned()],
            entity: None,
        }
    }
}
