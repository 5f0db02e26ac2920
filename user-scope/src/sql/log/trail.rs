//! What the audit asks: whose the missed rows are, and what has been recorded.

use sqlx::error::BoxDynError;

use super::add_user;
use super::questions::row_columns;
use crate::backend::{Backend, Dialect, Query};
use crate::entity::Entity;
use crate::identifier::{IdKind, IdValue};
use crate::sql::SqlText;
use crate::sql::isolation::catalogue::Question;

/// Ids and owners of those rows among `ids` that are there: how misses are told from denials, afterwards and in
/// the audit's own name. Columns: id, owner.
pub(crate) fn owners_of<DB: Backend>(entity: &Entity, ids: &[IdValue]) -> Result<Query<DB>, BoxDynError> {
    let as_text = entity.stored_id_kind() == IdKind::Text;
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    text.sql("SELECT ").name(entity.id_column()).sql(", ").name(entity.owner_column());
    text.sql(" FROM ").table(entity).sql(" WHERE ").name(entity.id_column()).sql(" IN (");
    for (index, id) in ids.iter().enumerate() {
        text.sql(if index > 0 { ", " } else { "" }).parameter();
        if as_text {
            DB::add_text(&mut arguments, Some(&id.to_string()))?;
        } else {
            DB::add_id(&mut arguments, id)?;
        }
    }
    text.sql(")");
    Ok(Query { text: text.into_sql(), arguments, keep: false })
}

/// The trail, newest first: a user's own, without what only administrators see, or everybody's.
/// Columns: id, user, entity type, entity id, operation, time, details; all but the id as text.
pub(crate) fn select_trail<DB: Backend>(user: Option<&IdValue>, limit: u32) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    row_columns(&mut text);
    if let Some(user) = user {
        text.sql(" WHERE user_id = ").parameter();
        text.sql(" AND operation NOT IN ('unauthorized_access', 'system_access')");
        add_user::<DB>(&mut arguments, user)?;
    }
    text.sql(" ORDER BY id DESC LIMIT ").parameter();
    DB::add_integer(&mut arguments, i64::from(limit))?;
    Ok(Query { text: text.into_sql(), arguments, keep: true })
}

/// What identifies the users of the log, and whether row-level security holds for this login. No row if there is no log.
pub(crate) const fn log_standing(dialect: Dialect) -> Question {
    let text = match dialect {
        Dialect::Postgres => {
            "SELECT format_type(atttypid, NULL)::text, row_security_active(attrelid)::text FROM pg_attribute \
             WHERE attrelid = to_regclass('user_access_log') AND attname = 'user_id'"
        }
        Dialect::Sqlite => {
            "SELECT 'text', 'false' FROM sqlite_schema WHERE type = 'table' AND name = 'user_access_log'"
        }
    };
    Question { text, columns: 2 }
}
