//! Keeps the roll-up: adds what has appeared, and says from where on the log itself has to be counted.

use crate::audit::horizon;
use crate::audit::log::{AuditLog, NAME, reading};
use crate::backend::{Backend, Dialect, Query};
use crate::error::{Cause, Error, Result};
use crate::lease::Lease;
use crate::sql::{self, Position, Span};
use crate::state::Passage;

/// As many rows of SQLite's log are added up in one transaction, while nobody else can write.
const AT_ONCE: i64 = 50_000;

/// What PostgreSQL says of a privilege that is lacking, and SQLite of a file that may not be written.
const MAY_NOT: [&str; 2] = ["42501", "8"];

impl<DB: Backend> AuditLog<'_, DB> {
    /// Adds to the roll-up what has appeared in the log and is final. The questions that rest on it do so by themselves; call it
    /// now and then, as each hour, so that none of them has much to add.
    ///
    /// ```
    /// # async fn f<DB: user_scope::Backend>(system: user_scope::SystemContext<DB>) -> user_scope::Result<()> {
    /// system.audit().roll_up().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Database`] if the login may not write to the roll-up, [`Error::Unavailable`] if the database is not there.
    pub async fn roll_up(&self) -> Result<()> {
        while self.roll_up_some().await? {}
        Ok(())
    }

    /// The same, where it can be: who may only read has more to count.
    pub(super) async fn try_to_roll_up(&self) -> Result<()> {
        let Err(error) = self.roll_up().await else { return Ok(()) };
        let cause = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<Cause>());
        match cause.and_then(Cause::code) {
            Some(code) if MAY_NOT.contains(&code.as_str()) => Ok(()),
            _ => Err(error),
        }
    }

    /// Whether there may be more.
    async fn roll_up_some(&self) -> Result<bool> {
        let (mut lease, _passage) = self.open().await?;
        if !lease.is_open() {
            lease.begin(sql::begin::<DB>()).await.map_err(reading)?;
        }
        let Some(from) = rolled_up(&mut lease, true).await.map_err(reading)? else { return Ok(false) };
        let Some(mut span) = horizon::since(&mut lease, from).await.map_err(reading)? else { return Ok(false) };
        let unbindable = |error| Error::unbindable(NAME, error);
        let mut more = false;
        let mut last_id = 0;
        if DB::DIALECT == Dialect::Sqlite {
            // The log was made anew.
            span.from.position = span.from.position.min(span.to.oldest_open);
            let next = sql::first_behind(span.from.position, AT_ONCE).map_err(unbindable)?;
            if let Some(row) = DB::fetch_optional(lease.connection(), next).await.map_err(reading)? {
                let next = DB::get_integer(&row, 0).map_err(reading)?;
                more = next < span.to.oldest_open;
                span.to.oldest_open = next.min(span.to.oldest_open);
            }
            last_id = span.to.oldest_open.saturating_sub(1);
        }
        for query in sql::roll_up(&span).map_err(unbindable)? {
            if let Some(row) = DB::fetch_optional(lease.connection(), query).await.map_err(reading)? {
                last_id = DB::get_integer(&row, 0).map_err(reading)?;
            }
        }
        let query = sql::set_rolled_up(&span.behind(last_id)).map_err(unbindable)?;
        DB::execute(lease.connection(), query).await.map_err(reading)?;
        lease.commit().await.map_err(reading)?;
        Ok(more)
    }

    /// A connection on which the roll-up and what has appeared since are of one moment.
    pub(in crate::audit) async fn snapshot(&self) -> Result<(Lease<DB>, Passage, Span)> {
        let (mut lease, passage) = self.open_looking().await?;
        let from = rolled_up(&mut lease, false).await.map_err(reading)?.unwrap_or_default();
        let span = horizon::read(&mut lease, from).await.map_err(reading)?.open_ended();
        Ok((lease, passage, span))
    }
}

async fn rolled_up<DB: Backend>(lease: &mut Lease<DB>, to_add: bool) -> sqlx::Result<Option<Position>> {
    let text = sql::rolled_up(DB::DIALECT, to_add);
    let query = Query { text, arguments: DB::Arguments::default(), keep: true };
    let Some(row) = DB::fetch_optional(lease.connection(), query).await? else { return Ok(None) };
    Ok(Some(Position {
        epoch: DB::get_text(&row, 0)?.unwrap_or_default(),
        position: DB::get_integer(&row, 1)?,
        last_id: DB::get_integer(&row, 2)?,
        floor: DB::get_integer(&row, 3)?,
    }))
}
