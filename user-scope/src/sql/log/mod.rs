//! Statements about the audit table, `user_access_log`: what a write says of itself here, [`rows`] alone, what
//! is asked of it ([`trail`], [`questions`], [`suspicious`]), and what is kept beside it ([`rollup`]).

mod appeared;
mod questions;
mod retention;
mod rollup;
mod rows;
#[cfg(feature = "seals")]
mod seals;
mod suspicious;
mod trail;

use sqlx::error::BoxDynError;

pub(crate) use appeared::{Horizon, Position, Span, horizon};
pub(crate) use questions::{Wanted, begin_looking, select_appeared, select_rows};
#[cfg(feature = "seals")]
pub(crate) use retention::delete_range;
#[cfg(not(feature = "seals"))]
pub(crate) use retention::is_sealed;
pub(crate) use retention::{
    LOG_KIND, LOG_OWNER, PARTITION_OF, PARTITIONS_BEFORE, Partition, WAIT_BRIEFLY, add_partition, become_owner,
    before_moving, count_before, delete_before, drop_partition, has_appeared_before, mark, move_log, select_export,
    take_back_moving,
};
pub(crate) use rollup::{Days, activity, days, first_behind, patterns, roll_up, rolled_up, set_rolled_up};
pub(crate) use rows::{FULL_BATCH, batches, insert_log_rows, insert_log_rows_beside, insert_receipt, rows_at_once};
#[cfg(feature = "seals")]
pub(crate) use seals::{
    Link, NOT_AS_STORED_POSTGRES, NOT_AS_STORED_SQLITE, insert_seal, select_last_seal, select_seal, select_sealable,
    select_seals,
};
pub(crate) use suspicious::{Between, Excess, bursts, enumerations, excesses, probed, receipts};
pub(crate) use trail::{log_standing, owners_of, select_trail};

use super::SqlText;
use crate::backend::{Backend, Dialect};
use crate::entity::{Entity, Recorded};
use crate::identifier::IdValue;

const LOG: &str = "user_access_log";

/// An audit row that is written together with what it records.
#[derive(Debug)]
pub(crate) struct LogEntry {
    pub(crate) user: IdValue,
    pub(crate) entity: &'static str,
    pub(crate) entity_id: Option<String>,
    pub(crate) operation: &'static str,
    /// A JSON object.
    pub(crate) details: Option<String>,
}

/// How a write is recorded, as far as its statement is concerned.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Record<'a> {
    /// Not at all.
    Nothing,
    /// By the statement itself.
    InStatement(&'a LogEntry),
    /// By a statement beside it, or later: it returns what that one needs to know.
    Beside,
}

impl<'a> Record<'a> {
    pub(crate) const fn in_statement(self) -> Option<&'a LogEntry> {
        match self {
            Self::InStatement(log) => Some(log),
            Self::Nothing | Self::Beside => None,
        }
    }

    /// What of it is in the text.
    pub(crate) const fn shape(self, entity: &Entity) -> Recorded {
        match self {
            Self::InStatement(_) => Recorded::Row,
            Self::Beside if entity.definition().audit.values => Recorded::Values,
            Self::Nothing | Self::Beside => Recorded::Nothing,
        }
    }

    pub(crate) const fn is_beside(self) -> bool {
        matches!(self, Self::Beside)
    }
}

/// What the database adds to the details of an audit row, since nobody else can know it.
pub(super) type Addition<'a> = (&'static str, &'a dyn Fn(&mut SqlText));

/// Writes `user_scope_logged AS (INSERT INTO user_access_log (…) `; what is selected has to follow.
pub(super) fn log_into(text: &mut SqlText) {
    text.our("logged")
        .sql(" AS (INSERT INTO ")
        .name(LOG)
        .sql(" (user_id, entity_type, entity_id, operation, details) ");
}

/// The parameters that [`bind_log`] binds.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogParameters {
    user: usize,
    details: usize,
}

impl LogParameters {
    pub(super) const fn next(text: &mut SqlText) -> Self {
        let user = text.parameters() + 1;
        text.skip_parameters(2);
        Self { user, details: user + 1 }
    }
}

/// Writes `SELECT user, entity, id, operation, details || additions`; what it selects from has to follow.
pub(super) fn log_select(
    text: &mut SqlText,
    entity: &Entity,
    operation: &'static str,
    parameters: LogParameters,
    id: &dyn Fn(&mut SqlText),
    additions: &[Addition<'_>],
) {
    text.sql("SELECT ").parameter_again(parameters.user).sql(", ").literal(entity.name()).sql(", ");
    id(text);
    text.sql("::text, ").literal(operation).sql(", ");
    if additions.is_empty() {
        text.parameter_again(parameters.details).sql("::jsonb");
        return;
    }
    text.sql("coalesce(").parameter_again(parameters.details).sql("::jsonb, '{}') || jsonb_build_object(");
    text.list(", ", additions, |text, (key, value)| {
        text.literal(key).sql(", ");
        value(text);
    });
    text.sql(")");
}

/// Binds what [`LogParameters`] stands for.
pub(super) fn bind_log<DB: Backend>(arguments: &mut DB::Arguments, log: Option<&LogEntry>) -> Result<(), BoxDynError> {
    let Some(log) = log else { return Ok(()) };
    add_user::<DB>(arguments, &log.user)?;
    DB::add_text(arguments, log.details.as_deref())
}

/// SQLite's log holds users as text, so that the monitoring queries print them.
fn add_user<DB: Backend>(arguments: &mut DB::Arguments, user: &IdValue) -> Result<(), BoxDynError> {
    match DB::DIALECT {
        Dialect::Postgres => DB::add_id(arguments, user),
        Dialect::Sqlite => DB::add_text(arguments, Some(&user.clone().into_text())),
    }
}
