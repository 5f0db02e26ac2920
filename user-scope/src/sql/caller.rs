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

/// Lends the transaction to SQL that is not ours: that it still stands when we take it back is known by this savepoint, which
/// ends with it.
pub(crate) const LEND: &str = "SAVEPOINT user_scope_lent";

/// Takes the transaction back, and says anew who is asking, whatever was said meanwhile. It fails if the transaction has
/// ended, or was aborted.
pub(crate) fn take_back(dialect: Dialect, user: Option<&IdValue>, system_role: Option<&str>) -> SqlStr {
    let mut text = SqlText::new(dialect);
    text.sql("RELEASE SAVEPOINT user_scope_lent");
    match (dialect, user, system_role) {
        (Dialect::Postgres, Some(user), _) => {
            text.sql("; SET LOCAL ").sql(SETTING).sql(" = ").quoted_text(&user.to_string());
        }
        (Dialect::Postgres, None, Some(role)) => {
            text.sql("; SET LOCAL ROLE ").quoted_name(role);
        }
        (Dialect::Postgres, None, None) | (Dialect::Sqlite, ..) => {}
    }
    text.into_sql()
}

/// Commits what SQL that is not ours has had its hands in. What that has set for the session goes with it, in the same message:
/// behind a pooler the next statement may be another client's.
pub(crate) const fn commit_lent(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "COMMIT; RESET ROLE; SET user_scope.user_id = ''",
        Dialect::Sqlite => "COMMIT",
    }
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
