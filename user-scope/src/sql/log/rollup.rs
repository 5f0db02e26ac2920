//! The roll-up of the log: how often a user did what to which entity on a day. It is added to afterwards, by whoever asks, so
//! that no writer pays for it; what has not been added yet is counted in the log itself.

use sqlx::SqlStr;
use sqlx::error::BoxDynError;

use super::LOG;
use super::add_user;
use super::appeared::{Position, Span, appeared};
use crate::backend::{Backend, Dialect, Query};
use crate::identifier::IdValue;
use crate::sql::SqlText;

/// How far the roll-up has come. On PostgreSQL nobody else adds to it until the transaction ends, and there is no row if
/// somebody does already. Columns: epoch, position, last id, floor.
pub(crate) const fn rolled_up(dialect: Dialect, to_add: bool) -> SqlStr {
    match (dialect, to_add) {
        (Dialect::Postgres, true) => SqlStr::from_static(
            "SELECT epoch, position, last_id, floor FROM user_access_rolled_up FOR UPDATE SKIP LOCKED",
        ),
        (Dialect::Sqlite, _) | (Dialect::Postgres, false) => {
            SqlStr::from_static("SELECT epoch, position, last_id, floor FROM user_access_rolled_up")
        }
    }
}

/// Writes down how far it has come.
pub(crate) fn set_rolled_up<DB: Backend>(position: &Position) -> Result<Query<DB>, BoxDynError> {
    let mut arguments = DB::Arguments::default();
    DB::add_text(&mut arguments, Some(&position.epoch))?;
    DB::add_integer(&mut arguments, position.position)?;
    DB::add_integer(&mut arguments, position.last_id)?;
    DB::add_integer(&mut arguments, position.floor)?;
    let text = "UPDATE user_access_rolled_up SET epoch = $1, position = $2, last_id = $3, floor = $4";
    Ok(Query { text: SqlStr::from_static(text), arguments, keep: true })
}

/// The id of the row that comes behind so many, from an id on, if one does: rows are counted and not ids, between which there
/// may be gaps that nobody would come to the end of. For SQLite.
pub(crate) fn first_behind<DB: Backend>(from: i64, rows: i64) -> Result<Query<DB>, BoxDynError> {
    let mut arguments = DB::Arguments::default();
    DB::add_integer(&mut arguments, from)?;
    DB::add_integer(&mut arguments, rows)?;
    let text = "SELECT id FROM user_access_log WHERE id >= $1 ORDER BY id LIMIT 1 OFFSET $2";
    Ok(Query { text: SqlStr::from_static(text), arguments, keep: true })
}

/// Adds the rows of a span, by one statement that gives back the highest id among them, or 0, or on SQLite, where no statement
/// writes to two tables, by two that give nothing.
pub(crate) fn roll_up<DB: Backend>(span: &Span) -> Result<Vec<Query<DB>>, BoxDynError> {
    const DAILY: &str = "INSERT INTO user_access_daily (day, user_id, entity_type, operation, accesses, rows) \
                         SELECT day, user_id, entity_type, operation, accesses, rows FROM ";
    const ADD_DAILY: &str = " ON CONFLICT (day, user_id, entity_type, operation) DO UPDATE SET \
                             accesses = user_access_daily.accesses + excluded.accesses, \
                             rows = user_access_daily.rows + excluded.rows";
    const BY_USER: &str = "INSERT INTO user_access_by_user (day, user_id, accesses, rows, denials, reads, read_rows) ";
    const ADD_BY_USER: &str = " ON CONFLICT (day, user_id) DO UPDATE SET \
                               accesses = user_access_by_user.accesses + excluded.accesses, \
                               rows = user_access_by_user.rows + excluded.rows, \
                               denials = user_access_by_user.denials + excluded.denials, \
                               reads = user_access_by_user.reads + excluded.reads, \
                               read_rows = user_access_by_user.read_rows + excluded.read_rows";
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    match DB::DIALECT {
        Dialect::Postgres => {
            text.sql("WITH ").our("new").sql(" AS MATERIALIZED (");
            counted::<DB>(&mut text, &mut arguments, span, true)?;
            text.sql("), ").our("added").sql(" AS (").sql(DAILY).our("new").sql(ADD_DAILY);
            text.sql("), ").our("added_by_user").sql(" AS (").sql(BY_USER);
            by_user(&mut text, |text| {
                text.our("new");
            });
            text.sql(ADD_BY_USER).sql(") SELECT coalesce(max(last_id), 0)::bigint FROM ").our("new");
            Ok(vec![Query { text: text.into_sql(), arguments, keep: false }])
        }
        Dialect::Sqlite => {
            // `WHERE true`: without it ON CONFLICT would be read as the ON of a join.
            text.sql(DAILY).sql("(");
            counted::<DB>(&mut text, &mut arguments, span, false)?;
            text.sql(") WHERE true").sql(ADD_DAILY);
            let daily = Query { text: text.into_sql(), arguments, keep: false };
            let mut text = SqlText::new(DB::DIALECT);
            let mut arguments = DB::Arguments::default();
            let mut counting = Ok(());
            text.sql(BY_USER);
            by_user(&mut text, |text| {
                text.sql("(");
                counting = counted::<DB>(text, &mut arguments, span, false);
                text.sql(")");
            });
            counting?;
            text.sql(ADD_BY_USER);
            Ok(vec![daily, Query { text: text.into_sql(), arguments, keep: false }])
        }
    }
}

/// Writes `SELECT day, user, accesses, rows, denials, reads, rows that were read` of counted rows.
fn by_user(text: &mut SqlText, counted: impl FnOnce(&mut SqlText)) {
    let sum = |text: &mut SqlText, what: &'static str| {
        text.sql(", sum(").sql(what).sql(")");
        if text.dialect() == Dialect::Postgres {
            text.sql("::bigint");
        }
    };
    text.sql("SELECT day, user_id");
    sum(text, "accesses");
    sum(text, "rows");
    sum(text, "CASE operation WHEN 'unauthorized_access' THEN accesses ELSE 0 END");
    sum(text, "CASE WHEN operation IN ('read', 'list') THEN accesses ELSE 0 END");
    sum(text, "CASE WHEN operation IN ('read', 'list') THEN rows ELSE 0 END");
    text.sql(" FROM ");
    counted(text);
    text.sql(" WHERE true GROUP BY day, user_id");
}

/// Writes `SELECT day, user, entity type, operation, accesses, rows` of a span. What names a row is of that one, however many the
/// write touched that it was part of: each of those is in the log. Whoever may insert into the log may write any details, and
/// none may stand in the way of the others': what is no sensible number of rows is one row.
fn counted<DB: Backend>(
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    span: &Span,
    with_last_id: bool,
) -> Result<(), BoxDynError> {
    text.sql("SELECT ").sql(day(DB::DIALECT));
    text.sql(" AS day, user_id, entity_type, operation, count(*) AS accesses, ");
    text.sql(match DB::DIALECT {
        Dialect::Postgres => {
            "sum(CASE WHEN operation IN ('unauthorized_access', 'system_access', 'raw_sql') THEN 0 \
             WHEN entity_id IS NOT NULL THEN 1 \
             WHEN jsonb_typeof(details -> 'rows') = 'number' \
             THEN least(greatest((details ->> 'rows')::numeric, 0), 1000000000)::bigint ELSE 1 END)::bigint AS rows"
        }
        Dialect::Sqlite => {
            "sum(CASE WHEN operation IN ('unauthorized_access', 'system_access', 'raw_sql') THEN 0 \
             WHEN entity_id IS NOT NULL OR typeof(details) <> 'text' OR NOT json_valid(details) THEN 1 \
             WHEN json_type(details, '$.rows') = 'integer' \
             THEN CAST(min(max(json_extract(details, '$.rows'), 0), 1000000000) AS INTEGER) ELSE 1 END) AS rows"
        }
    });
    if with_last_id {
        text.sql(", max(id) AS last_id");
    }
    text.sql(" FROM ").name(LOG).sql(" WHERE ");
    appeared::<DB>(text, arguments, span)?;
    text.sql(" GROUP BY 1, 2, 3, 4");
    Ok(())
}

/// The day of a row, in UTC whatever the session says.
pub(super) const fn day(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "(timestamp AT TIME ZONE 'UTC')::date",
        Dialect::Sqlite => "substr(timestamp, 1, 10)",
    }
}

/// Which days, the first of which counts, and the last does not; as `2026-01-31`.
#[derive(Debug, Clone)]
pub(crate) struct Days {
    pub(crate) from: String,
    pub(crate) until: String,
}

fn within<DB: Backend>(text: &mut SqlText, arguments: &mut DB::Arguments, days: &Days) -> Result<(), BoxDynError> {
    let cast = if DB::DIALECT == Dialect::Postgres { "::text::date" } else { "" };
    text.sql(" WHERE day >= ").parameter().sql(cast).sql(" AND day < ").parameter().sql(cast);
    DB::add_text(arguments, Some(&days.from))?;
    DB::add_text(arguments, Some(&days.until))
}

fn of_user<DB: Backend>(
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    user: Option<&IdValue>,
) -> Result<(), BoxDynError> {
    let Some(user) = user else { return Ok(()) };
    text.sql(" AND user_id = ").parameter();
    add_user::<DB>(arguments, user)
}

/// Writes a table expression `by_user`: what has been rolled up of each user and day, and what has appeared since.
pub(super) fn with_by_user<DB: Backend>(
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    days: &Days,
    user: Option<&IdValue>,
    since: &Span,
) -> Result<(), BoxDynError> {
    text.our("by_user").sql(" AS (SELECT day, user_id, sum(accesses) AS accesses, sum(rows) AS rows, ");
    text.sql("sum(denials) AS denials, sum(reads) AS reads, sum(read_rows) AS read_rows FROM (");
    text.sql("SELECT day, user_id, accesses, rows, denials, reads, read_rows FROM user_access_by_user UNION ALL ");
    let mut counting = Ok(());
    by_user(text, |text| {
        text.sql("(");
        counting = counted::<DB>(text, arguments, since, false);
        text.sql(") AS ").our("since");
    });
    counting?;
    text.sql(") AS ").our("all");
    within::<DB>(text, arguments, days)?;
    of_user::<DB>(text, arguments, user)?;
    text.sql(" GROUP BY day, user_id)");
    Ok(())
}

/// How often who did what on some days, what was done most first. Columns: user, entity type, operation, accesses, rows.
pub(crate) fn patterns<DB: Backend>(
    days: &Days,
    since: &Span,
    user: Option<&IdValue>,
    entity_type: Option<&str>,
    limit: u32,
) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    let (as_text, number) = printed(DB::DIALECT);
    text.sql("SELECT user_id").sql(as_text).sql(", entity_type, operation, sum(accesses)").sql(number);
    text.sql(" AS done, sum(rows)").sql(number).sql(" FROM (");
    text.sql("SELECT day, user_id, entity_type, operation, accesses, rows FROM user_access_daily UNION ALL ");
    text.sql("SELECT day, user_id, entity_type, operation, accesses, rows FROM (");
    counted::<DB>(&mut text, &mut arguments, since, false)?;
    text.sql(") AS ").our("since").sql(") AS ").our("all");
    within::<DB>(&mut text, &mut arguments, days)?;
    of_user::<DB>(&mut text, &mut arguments, user)?;
    if let Some(entity_type) = entity_type {
        text.sql(" AND entity_type = ").parameter();
        DB::add_text(&mut arguments, Some(entity_type))?;
    }
    text.sql(" GROUP BY user_id, entity_type, operation ORDER BY done DESC, user_id, entity_type, operation LIMIT ");
    text.parameter();
    DB::add_integer(&mut arguments, i64::from(limit))?;
    Ok(Query { text: text.into_sql(), arguments, keep: false })
}

/// What each user did on each day, the newest first. Columns: day, user, accesses, rows, denials.
pub(crate) fn activity<DB: Backend>(
    days: &Days,
    since: &Span,
    user: Option<&IdValue>,
    limit: u32,
) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    let (as_text, number) = printed(DB::DIALECT);
    text.sql("WITH ");
    with_by_user::<DB>(&mut text, &mut arguments, days, user, since)?;
    text.sql(" SELECT day").sql(as_text).sql(" AS on_day, user_id").sql(as_text).sql(", accesses").sql(number);
    text.sql(" AS done, rows").sql(number).sql(", denials").sql(number).sql(" FROM ").our("by_user");
    text.sql(" ORDER BY on_day DESC, done DESC, user_id LIMIT ").parameter();
    DB::add_integer(&mut arguments, i64::from(limit))?;
    Ok(Query { text: text.into_sql(), arguments, keep: false })
}

/// What was done on each day, the newest first. Columns: day, accesses, rows, users, denials.
pub(crate) fn days<DB: Backend>(days: &Days, since: &Span, user: Option<&IdValue>) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    let (as_text, number) = printed(DB::DIALECT);
    text.sql("WITH ");
    with_by_user::<DB>(&mut text, &mut arguments, days, user, since)?;
    text.sql(" SELECT day").sql(as_text).sql(" AS on_day, sum(accesses)").sql(number).sql(", sum(rows)").sql(number);
    text.sql(", count(*), sum(denials)").sql(number).sql(" FROM ").our("by_user");
    text.sql(" GROUP BY day ORDER BY on_day DESC");
    Ok(Query { text: text.into_sql(), arguments, keep: false })
}

/// A day or a user as text, and a sum as a whole number.
const fn printed(dialect: Dialect) -> (&'static str, &'static str) {
    match dialect {
        Dialect::Postgres => ("::text", "::bigint"),
        Dialect::Sqlite => ("", ""),
    }
}
