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

/// Adds the rows of a span. On PostgreSQL one row comes back: the highest id among them, or 0.
pub(crate) fn roll_up<DB: Backend>(span: &Span) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    if DB::DIALECT == Dialect::Postgres {
        text.sql("WITH ").our("new").sql(" AS MATERIALIZED (");
        counted::<DB>(&mut text, &mut arguments, span, true)?;
        text.sql("), ").our("added").sql(" AS (");
    }
    text.sql("INSERT INTO user_access_daily (day, user_id, entity_type, operation, accesses, rows) ");
    match DB::DIALECT {
        Dialect::Postgres => {
            text.sql("SELECT day, user_id, entity_type, operation, accesses, rows FROM ").our("new");
        }
        Dialect::Sqlite => counted::<DB>(&mut text, &mut arguments, span, false)?,
    }
    text.sql(
        " ON CONFLICT (day, user_id, entity_type, operation) DO UPDATE SET \
         accesses = user_access_daily.accesses + excluded.accesses, rows = user_access_daily.rows + excluded.rows",
    );
    if DB::DIALECT == Dialect::Postgres {
        text.sql(") SELECT coalesce(max(last_id), 0)::bigint FROM ").our("new");
    }
    Ok(Query { text: text.into_sql(), arguments, keep: false })
}

/// Writes `SELECT day, user, entity type, operation, accesses, rows` of a span. Whoever may insert into the log may write any
/// details, and none may stand in the way of the others': what is no sensible number of rows is one row.
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
             WHEN jsonb_typeof(details -> 'rows') = 'number' \
             THEN least(greatest((details ->> 'rows')::numeric, 0), 1000000000)::bigint ELSE 1 END)::bigint AS rows"
        }
        Dialect::Sqlite => {
            "sum(CASE WHEN operation IN ('unauthorized_access', 'system_access', 'raw_sql') THEN 0 \
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

/// Writes a table expression `daily`: what has been rolled up, and what has appeared since.
pub(super) fn daily<DB: Backend>(
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    days: &Days,
    since: &Span,
) -> Result<(), BoxDynError> {
    let bound = |text: &mut SqlText, arguments: &mut DB::Arguments| {
        let cast = if DB::DIALECT == Dialect::Postgres { "::text::date" } else { "" };
        text.sql(" WHERE day >= ").parameter().sql(cast).sql(" AND day < ").parameter().sql(cast);
        DB::add_text(arguments, Some(&days.from))?;
        DB::add_text(arguments, Some(&days.until))
    };
    text.our("daily").sql(" AS (SELECT day, user_id, entity_type, operation, accesses, rows FROM user_access_daily");
    bound(text, arguments)?;
    text.sql(" UNION ALL SELECT day, user_id, entity_type, operation, accesses, rows FROM (");
    counted::<DB>(text, arguments, since, false)?;
    text.sql(") AS ").our("since");
    bound(text, arguments)?;
    text.sql(")");
    Ok(())
}

/// Whose and which patterns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grouped {
    pub(crate) user: Option<IdValue>,
    pub(crate) entity_type: Option<String>,
    /// By day alone, for a picture.
    pub(crate) by_day: bool,
}

/// Columns: day, user, entity type, operation, accesses, rows; or by day: day, accesses, rows, users, denials. Newest day
/// first, and on it what was done most.
pub(crate) fn patterns<DB: Backend>(
    days: &Days,
    since: &Span,
    wanted: &Grouped,
    limit: u32,
) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    text.sql("WITH ");
    daily::<DB>(&mut text, &mut arguments, days, since)?;
    let (as_text, number) = match DB::DIALECT {
        Dialect::Postgres => ("::text", "::bigint"),
        Dialect::Sqlite => ("", ""),
    };
    text.sql(" SELECT day").sql(as_text).sql(" AS on_day, ");
    if !wanted.by_day {
        text.sql("user_id").sql(as_text).sql(", entity_type, operation, ");
    }
    text.sql("sum(accesses)").sql(number).sql(" AS done, sum(rows)").sql(number);
    if wanted.by_day {
        text.sql(", count(DISTINCT user_id), sum(CASE operation WHEN 'unauthorized_access' THEN accesses ELSE 0 END)");
        text.sql(number);
    }
    text.sql(" FROM ").our("daily").sql(" WHERE true");
    if let Some(user) = &wanted.user {
        text.sql(" AND user_id = ").parameter();
        add_user::<DB>(&mut arguments, user)?;
    }
    if let Some(entity_type) = &wanted.entity_type {
        text.sql(" AND entity_type = ").parameter();
        DB::add_text(&mut arguments, Some(entity_type))?;
    }
    text.sql(if wanted.by_day { " GROUP BY day" } else { " GROUP BY day, user_id, entity_type, operation" });
    text.sql(" ORDER BY on_day DESC, done DESC");
    text.sql(if wanted.by_day { " LIMIT " } else { ", user_id, entity_type, operation LIMIT " }).parameter();
    DB::add_integer(&mut arguments, i64::from(limit))?;
    Ok(Query { text: text.into_sql(), arguments, keep: false })
}
