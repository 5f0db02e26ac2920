//! `user-scope audit`: what is asked of the log on the command line. What a question is answered, the library says; how it is
//! told, [`sheet`] and [`chart`].

pub(crate) mod arguments;
mod chart;
mod differences;
mod questions;
mod sheet;

use user_scope::audit::{LogStanding, LogUsers, standing};
use user_scope::{Backend, Identifier, RawIdentifier, ScopedPool, SystemContext, UserContext, Uuid};

use self::arguments::{Asking, Question};
use crate::Outcome;
use crate::database::Database;
use crate::failure::Failure;

/// The same on each log, whatever identifies its users.
macro_rules! on_log {
    ($asking:expr, |$system:ident| $work:expr) => {
        match $crate::audit::Log::open($asking).await? {
            $crate::audit::Log::PostgresUuid($system) => $work,
            $crate::audit::Log::PostgresInteger($system) => $work,
            $crate::audit::Log::PostgresText($system) => $work,
            $crate::audit::Log::Sqlite($system) => $work,
        }
    };
}
pub(crate) use on_log;

pub(crate) async fn ask(question: Question) -> Result<Outcome, Failure> {
    match question {
        Question::Tail { asking, follow: true, form, .. } => questions::follow(&asking, form).await,
        Question::Tail { asking, most, operation, form, .. } => {
            questions::tail(&asking, most.limit, operation.as_deref(), form).await
        }
        Question::Patterns { asking, days, user, entity, most, form } => {
            questions::patterns(&asking, days, user, entity, most.limit, form).await
        }
        Question::OfUser { user, asking, most, form } => questions::of_user(&asking, &user, most.limit, form).await,
        Question::OfEntity { entity, id, asking, most, form } => {
            questions::of_entity(&asking, &entity, &id, most.limit, form).await
        }
        Question::Suspicious { asking, hours, thresholds, form } => {
            questions::suspicious(&asking, hours, thresholds, form).await
        }
    }
}

/// A log, opened in system mode.
pub(crate) enum Log {
    PostgresUuid(SystemContext<sqlx::Postgres, Uuid>),
    PostgresInteger(SystemContext<sqlx::Postgres, i64>),
    PostgresText(SystemContext<sqlx::Postgres, String>),
    Sqlite(SystemContext<sqlx::Sqlite, String>),
}

impl Log {
    pub(crate) async fn open(asking: &Asking) -> Result<Self, Failure> {
        match Database::connect(&asking.database.url).await? {
            Database::Postgres(pool) => {
                let log = found(standing(&pool).await?)?;
                match log.users {
                    LogUsers::Uuid => Ok(Self::PostgresUuid(system(pool, log, asking).await?)),
                    LogUsers::Integer => Ok(Self::PostgresInteger(system(pool, log, asking).await?)),
                    _ => Ok(Self::PostgresText(system(pool, log, asking).await?)),
                }
            }
            Database::Sqlite(pool) => {
                let log = found(standing(&pool).await?)?;
                Ok(Self::Sqlite(system(pool, log, asking).await?))
            }
        }
    }
}

fn found(standing: Option<LogStanding>) -> Result<LogStanding, Failure> {
    standing.ok_or_else(|| {
        Failure::new("there is no table user_access_log in this database; is it the right one, and was it migrated?")
    })
}

async fn system<DB: Backend, Id: Identifier>(
    pool: sqlx::Pool<DB>,
    log: LogStanding,
    asking: &Asking,
) -> Result<SystemContext<DB, Id>, Failure> {
    let builder = ScopedPool::builder(pool).owner::<Id>().enforcement(log.enforcement);
    let pool = builder.system_role(&asking.system_role).build().await?;
    let admin = UserContext::new(user::<Id>(&asking.who)?)?;
    Ok(pool.system(&asking.reason).requested_by(&admin).await?)
}

/// A user, as he is written on the command line.
pub(crate) fn user<Id: Identifier>(text: &str) -> Result<Id, Failure> {
    let raw = Id::Raw::from_text(text.to_owned());
    raw.map(Id::from_raw).map_err(|error| Failure::new(format!("{text:?} is no user of this log: {error}")))
}

/// A user of the same type as another.
pub(crate) fn user_like<Id: Identifier>(_: &Id, text: &str) -> Result<Id, Failure> {
    user(text)
}
