//! Who is asking, as the database is told: for the length of one transaction, and in the statement that begins it.

use sqlx::SqlStr;

use super::SqlText;
use crate::backend::{Backend, Dialect};
use crate::identifier::IdValue;

/// The setting that holds the caller's id while he is in a transaction. Policies compare it with the owner.
pub(crate) const SETTING: &str = "user_scope.user_id";

/// Begins a transaction in nobody's name.
pub(crate) const fn begin<DB: Backend>() -> SqlStr {
    SqlStr::from_static(DB::BEGIN)
}

/// Begins a transaction in the name of a user. In one message: only `SET LOCAL` reaches the workers of a Citus cluster, and
/// nothing may follow it there. It takes no parameters, so the id is quoted.
pub(crate) fn begin_as<DB: Backend>(user: &IdValue) -> SqlStr {
    if DB::DIALECT == Dialect::Sqlite {
        return begin::<DB>();
    }
    let mut text = SqlText::new(DB::DIALECT);
    text.sql(DB::BEGIN).sql("; SET LOCAL ").sql(SETTING).sql(" = ").quoted_text(&user.to_string());
    text.into_sql()
}

/// Begins a transaction in system mode, as a role of its own: a policy that let a user's login through on some condition
/// would let through whoever can bring the condition about.
pub(crate) fn begin_as_system<DB: Backend>(role: &str) -> SqlStr {
    if DB::DIALECT == Dialect::Sqlite {
        return begin::<DB>();
    }
    let mut text = SqlText::new(DB::DIALECT);
    text.sql(DB::BEGIN).sql("; SET LOCAL ROLE ").quoted_name(role);
    text.into_sql()
}
