//! What a driver tells of a refusal, in words or fields of its own.

use sqlx::error::DatabaseError;

/// The column that takes no NULL, behind the name of its table.
pub(crate) fn column_without_null(error: &dyn DatabaseError) -> Option<String> {
    #[cfg(feature = "postgres")]
    if let Some(error) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        return Some(format!("{}.{}", error.table()?, error.column()?));
    }
    Some(error.message().strip_prefix("NOT NULL constraint failed: ")?.to_owned())
}
