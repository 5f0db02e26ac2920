//! What in the log is unlike what is usual. Each question is answered from an index of one operation, or from the roll-up; an
//! operation stands as a literal, for one that is bound would not use its index.

use sqlx::error::BoxDynError;

use super::questions::{moment, row_columns};
use super::rollup::{Days, with_by_user};
use super::{LOG, Span};
use crate::backend::{Backend, Dialect, Query};
use crate::sql::SqlText;

/// In microseconds since 1970; the first counts, the last does not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Between {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

fn denied<DB: Backend>(text: &mut SqlText, arguments: &mut DB::Arguments, between: Between) -> Result<(), BoxDynError> {
    text.sql(" FROM ").name(LOG).sql(" WHERE operation = 'unauthorized_access' AND timestamp >= ");
    moment::<DB>(text, arguments, between.from)?;
    text.sql(" AND timestamp < ");
    moment::<DB>(text, arguments, between.until)
}

fn finish<DB: Backend>(mut text: SqlText, mut arguments: DB::Arguments, limit: u32) -> Result<Query<DB>, BoxDynError> {
    text.parameter();
    DB::add_integer(&mut arguments, i64::from(limit))?;
    Ok(Query { text: text.into_sql(), arguments, keep: false })
}

/// Users, as the log holds them, with at least so many denials within one stretch of `seconds`. Columns: user, number of the stretch since 1970,
/// denials; most first.
pub(crate) fn bursts<DB: Backend>(
    between: Between,
    seconds: i64,
    least: i64,
    limit: u32,
) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    text.sql("SELECT user_id AS who, ");
    match DB::DIALECT {
        Dialect::Postgres => text.sql("floor(extract(epoch FROM timestamp) / ").parameter().sql("::bigint)::bigint"),
        // What is no time, and yet lies between two, is of none.
        Dialect::Sqlite => text.sql("coalesce(CAST(strftime('%s', timestamp) AS INTEGER), 0) / ").parameter(),
    };
    DB::add_integer(&mut arguments, seconds)?;
    text.sql(" AS stretch, count(*) AS times");
    denied::<DB>(&mut text, &mut arguments, between)?;
    text.sql(" GROUP BY 1, 2 HAVING count(*) >= ").parameter().sql(" ORDER BY times DESC, stretch DESC, who LIMIT ");
    DB::add_integer(&mut arguments, least)?;
    finish(text, arguments, limit)
}

/// Users who were denied at least so many different rows. Columns: user, rows, denials; most first.
pub(crate) fn enumerations<DB: Backend>(between: Between, least: i64, limit: u32) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    text.sql("SELECT who, count(*) AS ids, sum(times)");
    text.sql(if DB::DIALECT == Dialect::Postgres { "::bigint" } else { "" });
    text.sql(" FROM (SELECT user_id AS who, count(*) AS times");
    denied::<DB>(&mut text, &mut arguments, between)?;
    text.sql(" GROUP BY user_id, entity_type, entity_id) AS probed GROUP BY who HAVING count(*) >= ").parameter();
    DB::add_integer(&mut arguments, least)?;
    text.sql(" ORDER BY ids DESC, who LIMIT ");
    finish(text, arguments, limit)
}

/// Rows that at least so many users were denied. Columns: entity type, entity id, users, denials; most first.
pub(crate) fn probed<DB: Backend>(between: Between, least: i64, limit: u32) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    text.sql("SELECT entity_type, entity_id, count(*) AS users, sum(times)");
    text.sql(if DB::DIALECT == Dialect::Postgres { "::bigint" } else { "" });
    text.sql(" FROM (SELECT entity_type, entity_id, count(*) AS times");
    denied::<DB>(&mut text, &mut arguments, between)?;
    text.sql(
        " GROUP BY entity_type, entity_id, user_id) AS probed GROUP BY entity_type, entity_id HAVING count(*) >= ",
    );
    text.parameter();
    DB::add_integer(&mut arguments, least)?;
    text.sql(" ORDER BY users DESC, entity_type, entity_id LIMIT ");
    finish(text, arguments, limit)
}

/// The receipts of a time, oldest first.
pub(crate) fn receipts<DB: Backend>(between: Between) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    row_columns(&mut text);
    text.sql(" WHERE operation = 'system_access' AND timestamp >= ");
    moment::<DB>(&mut text, &mut arguments, between.from)?;
    text.sql(" AND timestamp < ");
    moment::<DB>(&mut text, &mut arguments, between.until)?;
    text.sql(" ORDER BY timestamp, id");
    Ok(Query { text: text.into_sql(), arguments, keep: false })
}

/// How far above his own usual days a user has read.
#[derive(Debug, Clone)]
pub(crate) struct Excess {
    /// What is looked into, …
    pub(crate) days: Days,
    /// … and with the days before, which tell what is usual.
    pub(crate) with_usual: Days,
    pub(crate) usual_days: i64,
    pub(crate) least_rows: i64,
    pub(crate) times: i64,
}

/// Columns: user, day, rows, accesses, usual rows; most rows first. A user is compared with the days on which he read, of those
/// before; with fewer than three of them nothing is usual yet.
pub(crate) fn excesses<DB: Backend>(excess: &Excess, since: &Span, limit: u32) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    text.sql("WITH ");
    with_by_user::<DB>(&mut text, &mut arguments, &excess.with_usual, None, since)?;
    text.sql(", ").our("usual").sql(" AS (SELECT user_id, day, read_rows AS rows, reads AS accesses, ");
    text.sql("avg(read_rows) OVER before AS usual, count(*) OVER before AS days FROM ").our("by_user");
    text.sql(" WHERE reads > 0");
    match DB::DIALECT {
        Dialect::Postgres => {
            text.sql(" WINDOW before AS (PARTITION BY user_id ORDER BY day RANGE BETWEEN ").parameter();
            text.sql("::bigint * interval '1 day' PRECEDING AND interval '1 day' PRECEDING))");
            DB::add_integer(&mut arguments, excess.usual_days)?;
        }
        Dialect::Sqlite => {
            text.sql(" WINDOW before AS (PARTITION BY user_id ORDER BY julianday(day) RANGE BETWEEN ");
            text.integer(excess.usual_days).sql(" PRECEDING AND 1 PRECEDING))");
        }
    }
    let (text_of, number, cast) = match DB::DIALECT {
        Dialect::Postgres => ("::text", "::bigint", "::text::date"),
        Dialect::Sqlite => ("", "", ""),
    };
    text.sql(" SELECT user_id AS who, day").sql(text_of).sql(" AS on_day, rows").sql(number);
    text.sql(" AS many, accesses").sql(number).sql(", CAST(round(usual) AS bigint) FROM ").our("usual");
    text.sql(" WHERE days >= 3 AND day >= ").parameter().sql(cast).sql(" AND day < ").parameter().sql(cast);
    DB::add_text(&mut arguments, Some(&excess.days.from))?;
    DB::add_text(&mut arguments, Some(&excess.days.until))?;
    text.sql(" AND rows >= ").parameter().sql(" AND rows >= usual * ").parameter();
    DB::add_integer(&mut arguments, excess.least_rows)?;
    DB::add_integer(&mut arguments, excess.times)?;
    text.sql(" ORDER BY many DESC, who, on_day LIMIT ");
    finish(text, arguments, limit)
}
