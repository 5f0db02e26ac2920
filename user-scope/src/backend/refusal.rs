//! What a driver tells of a refusal, in words or fields of its own.

use sqlx::error::DatabaseError;

use crate::sql::isolation::sqlite::{NO_PARENT, REFUSAL, TAKEN, taken};

/// What a trigger of the library's refused on SQLite, which has no code for it. PostgreSQL's say it by the code of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByTrigger {
    NoParent,
    Taken,
}

pub(crate) fn by_trigger(error: &dyn DatabaseError) -> Option<ByTrigger> {
    let refusal = error.message().strip_prefix(REFUSAL)?;
    match refusal {
        _ if refusal.ends_with(NO_PARENT) => Some(ByTrigger::NoParent),
        _ if refusal.ends_with(TAKEN) => Some(ByTrigger::Taken),
        _ => None,
    }
}

/// Whether a trigger refused a row because another owner has one with this value in this column.
pub(crate) fn is_taken(error: &sqlx::Error, column: &str) -> bool {
    error.as_database_error().is_some_and(|error| {
        by_trigger(error) == Some(ByTrigger::Taken) && error.message().ends_with(&taken(&[column]))
    })
}

/// The column that takes no NULL, behind the name of its table.
pub(crate) fn column_without_null(error: &dyn DatabaseError) -> Option<String> {
    #[cfg(feature = "postgres")]
    if let Some(error) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        return Some(format!("{}.{}", error.table()?, error.column()?));
    }
    Some(error.message().strip_prefix("NOT NULL constraint failed: ")?.to_owned())
}
