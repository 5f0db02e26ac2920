//! `user-scope audit`: what is asked of the log on the command line. What a question is answered, the library says; how it is
//! told, [`sheet`] and [`chart`].

pub(crate) mod arguments;
mod asking;
mod chart;
mod differences;
mod keeping;
mod kept;
mod questions;
mod seals;
mod sheet;
mod suspicious;
mod tail;

use user_scope::audit::{LogStanding, LogUsers, standing};
use user_scope::{Backend, Identifier, RawIdentifier, ScopedPool, SystemContext, UserContext, Uuid};

use self::arguments::Question;
use self::asking::Asking;
use crate::Outcome;
use crate::database::Database;
use crate::failure::Failure;

/// The same on each log, whatever identifies its users. What was asked is on record when it ends.
macro_rules! on_log {
    ($asking:expr, |$system:ident| $work:expr) => {
        match $crate::audit::Log::open($asking).await? {
            $crate::audit::Log::PostgresUuid(opened) => $crate::audit::on_log!(@one opened, $system, $work),
            $crate::audit::Log::PostgresInteger(opened) => $crate::audit::on_log!(@one opened, $system, $work),
            $crate::audit::Log::PostgresText(opened) => $crate::audit::on_log!(@one opened, $system, $work),
            $crate::audit::Log::Sqlite(opened) => $crate::audit::on_log!(@one opened, $system, $work),
        }
    };
    (@one $opened:ident, $system:ident, $work:expr) => {{
        let $crate::audit::Opened { pool, system: $system } = $opened;
        let done = async { Ok::<_, Failure>($work) }.await;
        pool.close().await;
        done?
    }};
}
pub(crate) use on_log;

pub(crate) async fn ask(question: Question) -> Result<Outcome, Failure> {
    match question {
        Question::Tail { asking, follow, most, operation, form } => {
            tail::tail(&asking, follow, most.limit, operation.as_deref(), form).await
        }
        Question::Patterns { asking, days, user, entity, most, form } => {
            questions::patterns(&asking, days, user, entity, most.limit, form).await
        }
        Question::OfUser { user, asking, most, form } => questions::of_user(&asking, &user, most.limit, form).await,
        Question::OfEntity { entity, id, asking, most, form } => {
            questions::of_entity(&asking, &entity, &id, most.limit, form).await
        }
        Question::Suspicious { asking, hours, thresholds, form } => {
            suspicious::suspicious(&asking, hours, thresholds, form).await
        }
        Question::Export { asking, from, until, csv } => keeping::export(&asking, from, until, csv).await,
        Question::Purge { asking, before, carry_out, key, output } => {
            keeping::purge(&asking, before, carry_out, key.as_deref(), &output).await
        }
        Question::Partition { database, ahead, output } => keeping::make_partitions(&database, ahead, &output).await,
        Question::Seal { asking, key, last, output } => seals::seal(&asking, &key, last.as_deref(), &output).await,
        Question::Verify { asking, public_key, last, output } => {
            seals::verify(&asking, &public_key, &last, &output).await
        }
        Question::Key { file, show: true, output } => seals::show_key(&file, &output),
        Question::Key { file, output, .. } => seals::key(&file, &output),
    }
}

/// A log, opened in system mode.
pub(crate) enum Log {
    PostgresUuid(Opened<sqlx::Postgres, Uuid>),
    PostgresInteger(Opened<sqlx::Postgres, i64>),
    PostgresText(Opened<sqlx::Postgres, String>),
    Sqlite(Opened<sqlx::Sqlite, String>),
}

pub(crate) struct Opened<DB: Backend, Id: Identifier> {
    pub(crate) pool: ScopedPool<DB, Id>,
    pub(crate) system: SystemContext<DB, Id>,
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

/// That there is a log.
pub(crate) fn there(standing: Option<LogStanding>) -> Result<LogStanding, Failure> {
    standing.ok_or_else(|| {
        Failure::new("there is no table user_access_log in this database; is it the right one, and was it migrated?")
    })
}

fn found(standing: Option<LogStanding>) -> Result<LogStanding, Failure> {
    let standing = there(standing)?;
    if standing.is_behind {
        return Err(Failure::new(
            "the log was made by an older version of the library: start the application, or whatever calls \
             `ScopedPool::migrate`, with this version first",
        ));
    }
    Ok(standing)
}

async fn system<DB: Backend, Id: Identifier>(
    pool: sqlx::Pool<DB>,
    log: LogStanding,
    asking: &Asking,
) -> Result<Opened<DB, Id>, Failure> {
    let builder = ScopedPool::builder(pool).owner::<Id>().enforcement(log.enforcement);
    let pool = builder.system_role(&asking.system_role).build().await?;
    let admin = UserContext::new(user::<Id>(&asking.who)?)?;
    let system = pool.system(&asking.reason).requested_by(&admin).await?;
    Ok(Opened { pool, system })
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

/// How an id may stand in the log that is written so: a UUID first as the library writes it, in lower case with hyphens, and then as it
/// is given, since where ids are texts they are anything.
pub(crate) fn spellings(text: &str) -> Vec<String> {
    let usual = Uuid::parse_str(text.trim()).ok().map(|id| id.to_string());
    usual.filter(|usual| usual != text).into_iter().chain([text.to_owned()]).collect()
}
