//! What a database can store.

use sqlx::{Database, Decode, Encode, Type};

/// A type that the database `DB` can store: `Encode`, `Decode` and `Type` of sqlx in one name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in {DB}",
    label = "no column of {DB} holds a `{Self}`",
    note = "derive `sqlx::Type`, or implement `Type`, `Encode` and `Decode` for this database"
)]
pub trait Value<DB: Database>:
    for<'q> Encode<'q, DB> + for<'r> Decode<'r, DB> + Type<DB> + Send + Sync + 'static
{
}

#[diagnostic::do_not_recommend]
impl<DB, V> Value<DB> for V
where
    DB: Database,
    V: for<'q> Encode<'q, DB> + for<'r> Decode<'r, DB> + Type<DB> + Send + Sync + 'static,
{
}
