//! The file `user-scope.toml`: which tables, whose, and where existing rows get their owner.

use std::path::Path;

use serde::Deserialize;

use crate::arguments::Target;
use crate::failure::Failure;

/// What is read if nothing is said.
const FILE: &str = "user-scope.toml";

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
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

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// The column of the owner, where it is another than elsewhere.
    pub(crate) owner: Option<String>,
}

impl Configuration {
    /// As the arguments say: a file, or tables alone.
    pub(crate) fn of(target: &Target) -> Result<Self, Failure> {
        let configuration = match &target.config {
            Some(file) => Self::read(file)?,
            None if target.tables.is_empty() && Path::new(FILE).exists() => Self::read(Path::new(FILE))?,
            None => {
                let tables = target.tables.iter().map(|name| Table { name: name.clone(), owner: None });
                Self { owner: Owner::default(), tables: tables.collect() }
            }
        };
        if configuration.tables.is_empty() {
            return Err(Failure::new("no table was named: give --table NAME, or --config FILE with a [[table]] each"));
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
}
