//! What makes the database itself keep users apart: statements that change a schema, each with its reverse, and
//! questions to the catalogue.
//!
//! Names come from entities, or from a person who writes a configuration; they are quoted, whatever is in them.

pub(crate) mod catalogue;
pub(crate) mod doctor;
pub(crate) mod fit;
pub(crate) mod held;
pub(crate) mod ledger;
pub(crate) mod postgres;
pub(crate) mod roles;
pub(crate) mod sqlite;
mod table;

use sqlx::SqlStr;
use sqlx::error::BoxDynError;

pub(crate) use table::{Parent, Table, TableName};

use crate::backend::Backend;

/// A change of the schema, and what takes it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) sql: String,
    pub(crate) undo: String,
}

impl Change {
    /// What takes it back, as the change.
    pub(crate) fn reversed(self) -> Self {
        Self { sql: self.undo, undo: self.sql }
    }
}

/// A script of this room, ready to run.
pub(crate) fn script(text: String) -> SqlStr {
    super::text::script(text)
}

/// Texts, to be bound.
pub(crate) fn arguments_of<DB: Backend>(texts: &[&str]) -> Result<DB::Arguments, BoxDynError> {
    let mut arguments = super::arguments::<DB>(texts.len());
    texts.iter().try_for_each(|text| DB::add_text(&mut arguments, Some(text)))?;
    Ok(arguments)
}
