//! How the log is kept, and let go: on PostgreSQL in partitions of a month, on SQLite in batches.

use sqlx::SqlStr;
use sqlx::error::BoxDynError;

use super::appeared::{Span, appeared};
use super::questions::{moment, row_columns};
use super::suspicious::Between;
use crate::backend::{Backend, Dialect, Query};
use crate::sql::SqlText;
use crate::sql::isolation::catalogue::Question;
use crate::sql::text::script;

/// `p` if the log is partitioned, `r` if it is plain; and what rests on it that would go on to see the old table alone.
pub(crate) const LOG_KIND: Question = Question {
    text: "SELECT c.relkind::text, (SELECT string_agg(DISTINCT r.ev_class::regclass::text, ', ') FROM pg_depend d \
           JOIN pg_rewrite r ON r.oid = d.objid WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = c.oid) \
           FROM pg_class c WHERE c.oid = to_regclass('user_access_log')",
    columns: 2,
};

/// Who owns the log; whether the login has his rights, and whether it may become him.
pub(crate) const LOG_OWNER: Question = Question {
    text: "SELECT r.rolname::text, pg_has_role(r.oid, 'USAGE')::text, pg_has_role(r.oid, 'MEMBER')::text \
           FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = to_regclass('user_access_log')",
    columns: 3,
};

/// The log's partitions that hold nothing later than the first day of a month, given as text, and those that were marked to go and
/// are detached: schema, name, `attached`, `detaching` or `detached`, the first day that it does not hold, and whether it goes. One
/// that is detaching stands in the way of all others, and comes first.
pub(crate) const PARTITIONS_BEFORE: Question = Question {
    text: "SELECT schema, name, standing, until::text, (until <= $1::date)::text FROM ( \
               SELECT n.nspname::text AS schema, c.relname::text AS name, \
               CASE WHEN i.inhdetachpending THEN 'detaching' ELSE 'attached' END AS standing, \
               ((regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''([^'']+)''\\)'))[1]::timestamptz AT TIME ZONE 'UTC')::date AS until \
               FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE i.inhparent = to_regclass('user_access_log') \
               UNION ALL SELECT n.nspname::text, c.relname::text, 'detached', \
               substring(d.description FROM 'before ([0-9]{4}-[0-9]{2}-[0-9]{2})$')::date FROM pg_description d \
               JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0 \
               JOIN pg_namespace n ON n.oid = c.relnamespace \
               JOIN pg_class l ON l.oid = to_regclass('user_access_log') AND l.relnamespace = c.relnamespace AND l.relowner = c.relowner \
               WHERE d.description LIKE 'user-scope: purged from the log before %' AND c.relkind = 'r' \
               AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid) \
           ) AS part WHERE until <= $1::date OR standing = 'detaching' \
           ORDER BY CASE standing WHEN 'detaching' THEN 0 ELSE 1 END, until, name",
    columns: 5,
};

/// 1 row if a partition takes what is recorded at the beginning of a day.
pub(crate) const PARTITION_OF: Question = Question {
    text: "SELECT 'true' FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, \
           regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \\((MINVALUE|''[^'']+'')\\) TO \\(''([^'']+)''\\)') AS b \
           WHERE i.inhparent = to_regclass('user_access_log') AND NOT i.inhdetachpending \
           AND ($1 || ' 00:00:00+00')::timestamptz < b[2]::timestamptz \
           AND (b[1] = 'MINVALUE' OR ($1 || ' 00:00:00+00')::timestamptz >= trim('''' FROM replace(b[1], 'MINVALUE', '-infinity'))::timestamptz)",
    columns: 1,
};

/// What makes a plain log ready to be moved, up to the day `boundary`. Each step is done by itself; those that are brief take a lock
/// that writers wait for, the others take as long as they take and hold up nobody. The proof comes last: it refuses what is recorded
/// behind the boundary, and must not be there for longer than the move takes.
pub(crate) fn before_moving(boundary: &str, name: &str) -> [Preparation; 4] {
    [
        Preparation { sql: take_back_moving(name), is_brief: true },
        Preparation {
            sql: script(format!(
                "CREATE UNIQUE INDEX CONCURRENTLY user_access_log_key_before_{name} ON user_access_log (id, timestamp)"
            )),
            is_brief: false,
        },
        Preparation {
            sql: script(format!(
                "ALTER TABLE user_access_log ADD CONSTRAINT user_access_log_before \
                 CHECK (timestamp < '{boundary} 00:00:00+00'::timestamptz) NOT VALID"
            )),
            is_brief: true,
        },
        Preparation {
            sql: SqlStr::from_static("ALTER TABLE user_access_log VALIDATE CONSTRAINT user_access_log_before"),
            is_brief: false,
        },
    ]
}

/// A step before the move.
pub(crate) struct Preparation {
    pub(crate) sql: SqlStr,
    pub(crate) is_brief: bool,
}

/// Takes back what was made ready.
pub(crate) fn take_back_moving(name: &str) -> SqlStr {
    script(format!(
        "ALTER TABLE user_access_log DROP CONSTRAINT IF EXISTS user_access_log_before; \
         DROP INDEX IF EXISTS user_access_log_key_before_{name}"
    ))
}

/// The move, as one script.
pub(crate) fn move_log(boundary: &str, name: &str) -> SqlStr {
    let boundary = format!("{boundary} 00:00:00+00");
    let moved = include_str!("partition.sql").replace("{boundary}", &boundary).replace("{name}", name);
    script(moved + &own_partition(&format!("user_access_log_before_{name}")))
}

fn own_partition(partition: &str) -> String {
    include_str!("own_partition.sql").replace("{partition}", partition)
}

/// That nothing waits long for a lock, in a transaction.
pub(crate) const WAIT_BRIEFLY: SqlStr = SqlStr::from_static("SET LOCAL lock_timeout = '50ms'");

/// A partition for the month that begins on `first`; made by itself first, and then attached, which holds up nobody.
pub(crate) fn add_partition(name: &str, first: &str, next: &str) -> SqlStr {
    let made = format!(
        "SELECT set_config('search_path', concat_ws(', ', (SELECT quote_ident(n.nspname) FROM pg_class c \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = 'user_access_log'::regclass), \
         nullif(current_setting('search_path'), '')), true); \
         CREATE TABLE user_access_log_{name} (LIKE user_access_log INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING INDEXES); \
         CREATE UNIQUE INDEX user_access_log_event_id_{name} ON user_access_log_{name} (event_id) WHERE event_id IS NOT NULL; \
         ALTER TABLE user_access_log_{name} ENABLE ROW LEVEL SECURITY; \
         ALTER TABLE user_access_log_{name} FORCE ROW LEVEL SECURITY; "
    );
    let attached = format!(
        " ALTER TABLE user_access_log ATTACH PARTITION user_access_log_{name} \
         FOR VALUES FROM ('{first} 00:00:00+00') TO ('{next} 00:00:00+00')"
    );
    script(made + &own_partition(&format!("user_access_log_{name}")) + &attached)
}

/// A partition of the log, or what was one.
#[derive(Debug, Clone)]
pub(crate) struct Partition {
    pub(crate) schema: String,
    pub(crate) name: String,
    /// `attached`, `detaching` or `detached`.
    pub(crate) standing: String,
    /// The first day that it does not hold.
    pub(crate) until: String,
    /// Or it stays, and only its detaching comes to an end.
    pub(crate) goes: bool,
}

/// What is left to be done to let a partition go, each by itself, and detaching in no transaction. It is marked first: a table that
/// is detached, and not dropped yet, is found by that.
pub(crate) fn drop_partition(partition: &Partition) -> Vec<SqlStr> {
    let about = |before: &'static str, after: &'static str| {
        let mut text = SqlText::new(Dialect::Postgres);
        text.sql(before).quoted_name(&partition.schema).sql(".").quoted_name(&partition.name).sql(after);
        text.into_sql()
    };
    let detach = "ALTER TABLE user_access_log DETACH PARTITION ";
    let mut steps = match partition.standing.as_str() {
        "attached" => vec![mark(partition, true), about(detach, " CONCURRENTLY")],
        "detaching" => vec![mark(partition, true), about(detach, " FINALIZE")],
        _ => Vec::new(),
    };
    if partition.goes {
        steps.push(about("DROP TABLE IF EXISTS ", ""));
    }
    steps
}

/// Marks a partition as one that goes, or takes the mark back.
pub(crate) fn mark(partition: &Partition, goes: bool) -> SqlStr {
    let mut text = SqlText::new(Dialect::Postgres);
    text.sql("COMMENT ON TABLE ").quoted_name(&partition.schema).sql(".").quoted_name(&partition.name).sql(" IS ");
    match goes {
        true => text.quoted_text(&format!("user-scope: purged from the log before {}", partition.until)),
        false => text.sql("NULL"),
    };
    text.into_sql()
}

/// That what follows is done by the owner of the log.
pub(crate) fn become_owner(owner: &str) -> SqlStr {
    let mut text = SqlText::new(Dialect::Postgres);
    text.sql("SET ROLE ").quoted_name(owner);
    text.into_sql()
}

/// How many rows were recorded before a moment. Columns: rows, the first and the last of their times, as text, and the
/// lowest id and the highest.
pub(crate) fn count_before<DB: Backend>(until: i64) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    text.sql(match DB::DIALECT {
        Dialect::Postgres => {
            "SELECT count(*), to_char(min(timestamp) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"'), \
             to_char(max(timestamp) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')"
        }
        Dialect::Sqlite => "SELECT count(*), min(timestamp), max(timestamp)",
    });
    text.sql(", coalesce(min(id), 0), coalesce(max(id), 0) FROM user_access_log WHERE timestamp < ");
    moment::<DB>(&mut text, &mut arguments, until)?;
    Ok(Query { text: text.into_sql(), arguments, keep: false })
}

/// Deletes some of them, on SQLite, where the oldest have the lowest ids. It looks no further than the `last`: nobody else can write
/// for as long as it looks.
pub(crate) fn delete_before<DB: Backend>(until: i64, last: i64, most: i64) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    text.sql("DELETE FROM user_access_log WHERE id IN (SELECT id FROM user_access_log WHERE timestamp < ");
    moment::<DB>(&mut text, &mut arguments, until)?;
    text.sql(" AND id <= ").parameter().sql(" ORDER BY id LIMIT ").parameter().sql(")");
    DB::add_integer(&mut arguments, last)?;
    DB::add_integer(&mut arguments, most)?;
    Ok(Query { text: text.into_sql(), arguments, keep: false })
}

/// Deletes those of a range of ids.
#[cfg(feature = "seals")]
pub(crate) fn delete_range<DB: Backend>(until: i64, first: i64, last: i64) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    text.sql("DELETE FROM user_access_log WHERE id BETWEEN ")
        .parameter()
        .sql(" AND ")
        .parameter()
        .sql(" AND timestamp < ");
    DB::add_integer(&mut arguments, first)?;
    DB::add_integer(&mut arguments, last)?;
    moment::<DB>(&mut text, &mut arguments, until)?;
    Ok(Query { text: text.into_sql(), arguments, keep: true })
}

/// A row if something of before a moment is in the span.
pub(crate) fn has_appeared_before<DB: Backend>(span: &Span, until: i64) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    text.sql("SELECT id FROM user_access_log WHERE ");
    appeared::<DB>(&mut text, &mut arguments, span)?;
    text.sql(" AND timestamp < ");
    moment::<DB>(&mut text, &mut arguments, until)?;
    text.sql(" LIMIT 1");
    Ok(Query { text: text.into_sql(), arguments, keep: false })
}

/// Rows of a time behind an id, in the order of their ids.
pub(crate) fn select_export<DB: Backend>(between: Between, behind: i64, limit: u32) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = DB::Arguments::default();
    row_columns(&mut text);
    text.sql(" WHERE id > ").parameter().sql(" AND timestamp >= ");
    DB::add_integer(&mut arguments, behind)?;
    moment::<DB>(&mut text, &mut arguments, between.from)?;
    text.sql(" AND timestamp < ");
    moment::<DB>(&mut text, &mut arguments, between.until)?;
    text.sql(" ORDER BY id LIMIT ").parameter();
    DB::add_integer(&mut arguments, i64::from(limit))?;
    Ok(Query { text: text.into_sql(), arguments, keep: true })
}

/// A row if anything was ever sealed.
#[cfg(not(feature = "seals"))]
pub(crate) fn is_sealed<DB: Backend>() -> Query<DB> {
    let text = SqlStr::from_static("SELECT number FROM user_access_seals LIMIT 1");
    Query { text, arguments: DB::Arguments::default(), keep: false }
}
