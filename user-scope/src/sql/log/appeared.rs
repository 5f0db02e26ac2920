//! Which rows of the log have appeared since somebody looked last: for those who add up, and for those who seal.
//!
//! Ids and times are taken before a transaction ends, so that a row may appear behind one that was seen already. What can be
//! rested on is its transaction: below the oldest that is still open nothing appears any more. In a cluster that was
//! restored by a dump transactions are counted anew; its rows bring the numbers of the old one.

use sqlx::SqlStr;
use sqlx::error::BoxDynError;

use crate::backend::{Backend, Dialect, Query};
use crate::sql::SqlText;

/// How far somebody has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Position {
    /// The cluster; nothing on SQLite.
    pub(crate) epoch: String,
    /// All transactions before this one; on SQLite, all ids.
    pub(crate) position: i64,
    /// The highest id so far.
    pub(crate) last_id: i64,
    /// Up to this id rows are of a cluster before, and have been seen.
    pub(crate) floor: i64,
}

/// How far one can come now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Horizon {
    pub(crate) epoch: String,
    /// The oldest transaction that is still open; on SQLite, the next id.
    pub(crate) oldest_open: i64,
    /// The next transaction that will be; on SQLite, the next id.
    pub(crate) next: i64,
    /// The highest id of the rows whose transactions are not yet to come here.
    pub(crate) restored: i64,
    /// The database's clock, in microseconds since 1970, before any of `next` began to write.
    pub(crate) clock: i64,
}

/// Columns: as [`Horizon`]. What was restored is told where the cluster is another than `known`, as looking for it takes a look at
/// all of it. `OFFSET 0`: without it the highest id is looked for from the highest down, through all of the log. The clock is that of
/// the beginning of the transaction, and so stands before whatever its snapshot does not see.
pub(crate) fn horizon<DB: Backend>(known: Option<&str>) -> Result<Query<DB>, BoxDynError> {
    let mut arguments = DB::Arguments::default();
    let text = match DB::DIALECT {
        Dialect::Postgres => {
            DB::add_text(&mut arguments, known)?;
            "SELECT c.epoch, pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint, \
             CASE WHEN $1::text IS NULL OR $1::text = c.epoch THEN 0 ELSE coalesce((SELECT max(id) \
             FROM (SELECT id FROM user_access_log WHERE xid >= pg_snapshot_xmax(s) OFFSET 0) r), 0) END, \
             (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint \
             FROM pg_current_snapshot() s, (SELECT system_identifier::text AS epoch FROM pg_control_system()) c"
        }
        Dialect::Sqlite => {
            "SELECT '', next, next, 0, CAST(strftime('%s', 'now') AS INTEGER) * 1000000 \
             + CAST(substr(strftime('%f', 'now'), 4) AS INTEGER) * 1000 FROM (SELECT min(coalesce(\
             (SELECT seq FROM sqlite_sequence WHERE name = 'user_access_log'), 0), 9223372036854775806) + 1 AS next)"
        }
    };
    Ok(Query { text: SqlStr::from_static(text), arguments, keep: true })
}

/// The rows between two positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: Position,
    pub(crate) to: Horizon,
}

impl Span {
    /// Whether it cannot be told yet what is in it: rows came by a dump, and while a transaction is open here its rows could not
    /// be told from theirs.
    pub(crate) fn is_unclear(&self) -> bool {
        self.is_of_another_epoch() && self.to.restored > 0 && self.to.oldest_open != self.to.next
    }

    /// All that has appeared since, be it final or not.
    pub(crate) fn open_ended(self) -> Self {
        let to = Horizon { oldest_open: i64::MAX, next: i64::MAX, restored: i64::MAX, ..self.to };
        Self { from: self.from, to }
    }

    pub(crate) fn is_of_another_epoch(&self) -> bool {
        self.from.epoch != self.to.epoch
    }

    /// Where one is behind it, when the highest id in it was `last_id`.
    pub(crate) fn behind(&self, last_id: i64) -> Position {
        Position {
            epoch: self.to.epoch.clone(),
            position: self.to.oldest_open,
            last_id: self.from.last_id.max(last_id),
            floor: if self.is_of_another_epoch() { self.to.restored } else { self.from.floor },
        }
    }
}

/// Writes the condition that a row of the log is in the span, with its arguments.
pub(crate) fn appeared<DB: Backend>(
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    span: &Span,
) -> Result<(), BoxDynError> {
    let number = |text: &mut SqlText, arguments: &mut DB::Arguments, number: i64| {
        text.parameter();
        DB::add_integer(arguments, number)
    };
    let transaction = |text: &mut SqlText, arguments: &mut DB::Arguments, position: i64| {
        number(text, arguments, position)?;
        // As a parameter's own type is not what it is compared with.
        text.sql("::bigint::text::xid8");
        Ok::<_, BoxDynError>(())
    };
    let Span { from, to } = span;
    match DB::DIALECT {
        Dialect::Sqlite => {
            text.sql("id >= ");
            number(text, arguments, from.position)?;
            text.sql(" AND id < ");
            number(text, arguments, to.oldest_open)?;
        }
        Dialect::Postgres if span.is_of_another_epoch() => {
            text.sql("(xid >= ");
            transaction(text, arguments, from.position)?;
            text.sql(" OR id > ");
            number(text, arguments, from.last_id)?;
            text.sql(") AND (xid < ");
            transaction(text, arguments, to.oldest_open)?;
            text.sql(" OR id <= ");
            number(text, arguments, to.restored)?;
            // Of a cluster before that one, whose numbers say nothing here, all has been seen.
            text.sql(") AND id > ");
            number(text, arguments, from.floor)?;
        }
        Dialect::Postgres => {
            text.sql("xid >= ");
            transaction(text, arguments, from.position)?;
            text.sql(" AND xid < ");
            transaction(text, arguments, to.oldest_open)?;
            text.sql(" AND id > ");
            number(text, arguments, from.floor)?;
        }
    }
    Ok(())
}
