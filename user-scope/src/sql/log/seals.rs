//! The chain of seals over the log: its links, and the rows as they are sealed.

use sqlx::SqlStr;
use sqlx::error::BoxDynError;

use super::LOG;
use super::appeared::{Span, appeared};
use crate::backend::{Backend, Dialect, Query};
use crate::sql::isolation::catalogue::Question;
use crate::sql::{SqlText, arguments};

/// A row of `user_access_seals`; the table's comments say what each is. Hashes and signatures are as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) number: i64,
    pub(crate) kind: String,
    pub(crate) ids: String,
    pub(crate) digest: String,
    pub(crate) oldest: i64,
    pub(crate) newest: i64,
    pub(crate) sealed_at: i64,
    pub(crate) epoch: String,
    pub(crate) position: i64,
    pub(crate) horizon: i64,
    pub(crate) last_id: i64,
    pub(crate) floor: i64,
    pub(crate) previous: String,
    pub(crate) hash: String,
    pub(crate) signature: String,
}

/// All links, from the first on. Columns: as [`Link`].
pub(crate) fn select_seals<DB: Backend>() -> Query<DB> {
    let text = "SELECT number, kind, ids, digest, oldest, newest, sealed_at, epoch, position, horizon, last_id, floor, \
                previous, hash, signature FROM user_access_seals ORDER BY number";
    Query { text: SqlStr::from_static(text), arguments: DB::Arguments::default(), keep: true }
}

/// The last link. Columns: as [`Link`].
pub(crate) fn select_last_seal<DB: Backend>() -> Query<DB> {
    let text = "SELECT number, kind, ids, digest, oldest, newest, sealed_at, epoch, position, horizon, last_id, floor, \
                previous, hash, signature FROM user_access_seals ORDER BY number DESC LIMIT 1";
    Query { text: SqlStr::from_static(text), arguments: DB::Arguments::default(), keep: true }
}

/// The link of this number. Columns: as [`Link`].
pub(crate) fn select_seal<DB: Backend>(number: i64) -> Result<Query<DB>, BoxDynError> {
    let text = "SELECT number, kind, ids, digest, oldest, newest, sealed_at, epoch, position, horizon, last_id, floor, \
                previous, hash, signature FROM user_access_seals WHERE number = $1";
    let mut arguments = DB::Arguments::default();
    DB::add_integer(&mut arguments, number)?;
    Ok(Query { text: SqlStr::from_static(text), arguments, keep: true })
}

/// What can show rows that are not stored, or hide some: a view in the place of a table, a rule, a part that is elsewhere, a policy
/// that takes away. A sentence each.
pub(crate) const NOT_AS_STORED_POSTGRES: Question = Question {
    text: "SELECT n.name || CASE WHEN c.relkind NOT IN ('r', 'p') THEN ' is no table' \
           WHEN EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid) THEN ' has a rule' \
           WHEN EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive) THEN ' has a policy that hides rows' \
           ELSE ' has a partition that is no table' END \
           FROM (VALUES ('user_access_log'), ('user_access_seals')) AS n (name) JOIN pg_class c ON c.oid = to_regclass(n.name) \
           WHERE c.relkind NOT IN ('r', 'p') OR EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid) \
           OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive) \
           OR EXISTS (SELECT FROM pg_inherits i JOIN pg_class d ON d.oid = i.inhrelid WHERE i.inhparent = c.oid AND d.relkind <> 'r')",
    columns: 1,
};
pub(crate) const NOT_AS_STORED_SQLITE: Question = Question {
    text: "SELECT name || ' is no table' FROM sqlite_schema \
           WHERE name IN ('user_access_log', 'user_access_seals') AND type <> 'table'",
    columns: 1,
};

/// A further link. It touches no row if somebody else has written one of this number.
pub(crate) fn insert_seal<DB: Backend>(link: &Link) -> Result<Query<DB>, BoxDynError> {
    let text = "INSERT INTO user_access_seals (number, kind, ids, digest, oldest, newest, sealed_at, epoch, position, \
                horizon, last_id, floor, previous, hash, signature) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING";
    let mut arguments = arguments::<DB>(15);
    DB::add_integer(&mut arguments, link.number)?;
    for text in [&link.kind, &link.ids, &link.digest] {
        DB::add_text(&mut arguments, Some(text))?;
    }
    for number in [link.oldest, link.newest, link.sealed_at] {
        DB::add_integer(&mut arguments, number)?;
    }
    DB::add_text(&mut arguments, Some(&link.epoch))?;
    for number in [link.position, link.horizon, link.last_id, link.floor] {
        DB::add_integer(&mut arguments, number)?;
    }
    for text in [&link.previous, &link.hash, &link.signature] {
        DB::add_text(&mut arguments, Some(text))?;
    }
    Ok(Query { text: SqlStr::from_static(text), arguments, keep: true })
}

/// The rows of a span, or all, in the order of their ids, as they are sealed. Columns: id; the time in microseconds since 1970;
/// and as text the user, entity type, entity id, operation, time, details, time of the event, its id, and the transaction.
///
/// On PostgreSQL none of these texts depends on a setting of the session. SQLite stores anything in any column: there each is the
/// class in which it is stored and its bytes, so that nothing which somebody has put there is taken for another, or cannot be read.
pub(crate) fn select_sealable<DB: Backend>(span: Option<&Span>) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    text.sql("SELECT id, ");
    match DB::DIALECT {
        Dialect::Postgres => {
            micros(&mut text, "timestamp");
            text.sql(", user_id::text, entity_type, entity_id, operation, ");
            micros(&mut text, "timestamp");
            text.sql("::text, details::text, ");
            micros(&mut text, "occurred_at");
            text.sql("::text, event_id::text, xid::text");
        }
        Dialect::Sqlite => {
            text.sql("coalesce(CAST(strftime('%s', timestamp) AS INTEGER) * 1000000, 0)");
            text.sql(" + CAST(substr(timestamp, 21, 6) AS INTEGER)");
            let columns =
                ["user_id", "entity_type", "entity_id", "operation", "timestamp", "details", "occurred_at", "event_id"];
            for column in columns {
                text.sql(", typeof(").name(column).sql(") || hex(").name(column).sql(")");
            }
            text.sql(", NULL");
        }
    }
    text.sql(" FROM ").name(LOG);
    if let Some(span) = span {
        text.sql(" WHERE ");
        appeared::<DB>(&mut text, &mut arguments, span)?;
    }
    text.sql(" ORDER BY id");
    Ok(Query { text: text.into_sql(), arguments, keep: true })
}

/// Microseconds since 1970; at the ends of time, which somebody may have put there, the last number that there is.
fn micros(text: &mut SqlText, column: &'static str) {
    text.sql("greatest(least(extract(epoch FROM ").name(column);
    text.sql(") * 1000000, 9223372036854775807), -9223372036854775808)::bigint");
}
