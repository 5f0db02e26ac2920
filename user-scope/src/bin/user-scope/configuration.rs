//! The file `user-scope.toml`: which tables, whose, and where existing rows get their owner.

use std::path::Path;

use serde::Deserialize;
use user_scope::Uuid;
use user_scope::adoption::{AdoptedTable, Adoption, Backfill};

use crate::arguments::Target;
use crate::failure::Failure;

/// What is read if nothing is said.
const FILE: &str = "user-scope.toml";

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Configuration {
    #[serde(default)]
    pub(crate) owner: Owner,
    #[serde(default, rename = "table")]
    pub(crate) tables: Vec<Table>,
}

/// Whose rows are, unless a table says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Owner {
    pub(crate) column: String,
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
}

impl Default for Owner {
    fn default() -> Self {
        Self { column: "user_id".to_owned(), kind: Kind::default() }
    }
}

/// What identifies a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    #[default]
    Uuid,
    Bigint,
    Text,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// The column of the owner, where it is another than elsewhere.
    pub(crate) owner: Option<String>,
    /// How the table stores owners, where it is otherwise than elsewhere.
    #[serde(rename = "type")]
    pub(crate) kind: Option<Kind>,
    /// Where rows that are there get their owner.
    pub(crate) backfill: Option<toml::Value>,
    /// Columns that name rows which may belong to another.
    #[serde(default)]
    pub(crate) unlinked: Vec<String>,
}

impl Configuration {
    /// Whether nothing says which tables: a file that is still empty, since a proposal is about to be written into it, says nothing.
    pub(crate) fn is_absent(target: &Target) -> Result<bool, Failure> {
        let is_asked = target.config.is_some() || !target.tables.is_empty();
        Ok(!is_asked && (!Path::new(FILE).exists() || Self::read(Path::new(FILE))?.tables.is_empty()))
    }

    /// As the arguments say: a file, or tables alone.
    pub(crate) fn of(target: &Target) -> Result<Self, Failure> {
        let configuration = match &target.config {
            Some(file) => Self::read(file)?,
            None if target.tables.is_empty() && Path::new(FILE).exists() => Self::read(Path::new(FILE))?,
            None => {
                let tables = target.tables.iter().map(|name| Table {
                    name: name.clone(),
                    owner: None,
                    kind: None,
                    backfill: None,
                    unlinked: Vec::new(),
                });
                Self { owner: Owner::default(), tables: tables.collect() }
            }
        };
        if configuration.tables.is_empty() {
            return Err(Failure::new(
                "no table was named: give --table NAME, or --config FILE with a [[table]] each; `user-scope plan` without \
                 either proposes one",
            ));
        }
        Ok(configuration)
    }

    fn read(file: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Failure::new(format!("{} cannot be read: {error}", file.display())))?;
        toml::from_str(&text).map_err(|error| Failure::new(format!("{}: {error}", file.display())))
    }

    /// The column of a table's owner.
    pub(crate) fn owner_of<'a>(&'a self, table: &'a Table) -> &'a str {
        table.owner.as_deref().unwrap_or(&self.owner.column)
    }

    /// What is to be done, as the library takes it.
    pub(crate) fn adoption(&self, target: &Target) -> Result<Adoption, Failure> {
        let mut adoption = match self.owner.kind {
            Kind::Uuid => Adoption::of::<Uuid>(),
            Kind::Bigint => Adoption::of::<i64>(),
            Kind::Text => Adoption::of::<String>(),
        };
        let folder = target.config.as_deref().and_then(Path::parent).unwrap_or_else(|| Path::new(""));
        for table in &self.tables {
            let mut adopted = AdoptedTable::new(&table.name).owner(self.owner_of(table));
            adopted = match table.kind {
                None => adopted,
                Some(Kind::Uuid) => adopted.stored_as::<Uuid>(),
                Some(Kind::Bigint) => adopted.stored_as::<i64>(),
                Some(Kind::Text) => adopted.stored_as::<String>(),
            };
            if let Some(backfill) = &table.backfill {
                adopted = adopted.backfill(read_backfill(&table.name, backfill, folder)?);
            }
            adopted = table.unlinked.iter().fold(adopted, AdoptedTable::unlinked);
            adoption = adoption.table(adopted);
        }
        Ok(target.app_roles.iter().fold(adoption, Adoption::application).system_role(&target.system_role))
    }
}

/// `"system"`, or a table with the words of one way.
fn read_backfill(table: &str, given: &toml::Value, folder: &Path) -> Result<Backfill, Failure> {
    let word = |name: &str| given.get(name).and_then(toml::Value::as_str);
    let words = given.as_table().map(|words| words.keys().map(String::as_str).collect::<Vec<_>>()).unwrap_or_default();
    match (given.as_str(), words.as_slice()) {
        (Some("system"), _) => Some(Backfill::system()),
        (Some(_), _) => None,
        (None, ["constant"]) => word("constant").map(Backfill::constant),
        (None, ["expression"]) => word("expression").map(Backfill::expression),
        (None, ["parent", "through"]) => {
            word("parent").zip(word("through")).map(|(parent, through)| Backfill::parent(parent, through))
        }
        (None, ["file", "key"] | ["key", "file"]) => match word("file").zip(word("key")) {
            Some((file, key)) => return Ok(Backfill::mapping(key, read_mapping(&folder.join(file))?)),
            None => None,
        },
        _ => None,
    }
    .ok_or_else(|| {
        Failure::new(format!(
            "the backfill of {table} is none of \"system\", {{ constant = \"…\" }}, {{ expression = \"…\" }}, {{ parent = \"…\", through = \"…\" }}, {{ file = \"….csv\", key = \"…\" }}"
        ))
    })
}

/// Two columns, with a line of headings: the value of the key, and the owner.
fn read_mapping(file: &Path) -> Result<Vec<(String, String)>, Failure> {
    let fault = |error: csv::Error| Failure::new(format!("{}: {error}", file.display()));
    let mut pairs = Vec::new();
    for record in csv::Reader::from_path(file).map_err(fault)?.records() {
        let record = record.map_err(fault)?;
        match (record.get(0), record.get(1), record.len()) {
            (Some(key), Some(owner), 2) => pairs.push((key.to_owned(), owner.trim().to_owned())),
            _ => {
                let line = record.position().map_or(0, csv::Position::line);
                return Err(Failure::new(format!("{}, line {line}: not a key and an owner", file.display())));
            }
        }
    }
    Ok(pairs)
}
