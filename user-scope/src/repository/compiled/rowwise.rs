//! The way of every write that gives rows: its statements, its audit row with it, beside it or after it.

use sqlx::Database;

use super::recording::{Recording, Written};
use super::{Access, Act, Hindrance};
use crate::audit::{Details, Operation, Values};
use crate::backend::{Backend, Query, is_taken};
use crate::entity::Entity;
use crate::error::{Error, Result};
use crate::identifier::IdValue;
use crate::session::Health;
use crate::sql::Record;

/// A write on its way: what it is, how it is recorded, and its statements.
pub(super) struct Rowwise<'f, DB: Backend> {
    pub(super) act: Act<'f>,
    pub(super) recording: Recording,
    /// Asks what the row was before: columns version, old values.
    pub(super) look: Option<Query<DB>>,
    pub(super) statements: Vec<Query<DB>>,
    /// How many rows they give if all is done.
    pub(super) rows: usize,
}

/// Rows as they were written, whose type is forgotten.
#[doc(hidden)]
pub trait WrittenRows<DB: Database>: Send {
    /// Reads all of them.
    fn read(&mut self, rows: &[DB::Row]) -> sqlx::Result<()>;

    /// The id of each that was read, and its owner.
    fn keys(&self) -> Vec<(IdValue, IdValue)>;
}

impl<DB: Backend> Access<'_, DB> {
    /// Runs statements that give rows as they are read, and records each.
    pub(super) async fn write(self, write: Rowwise<'_, DB>, read: &mut dyn WrittenRows<DB>) -> Result<u64> {
        let Rowwise { act, recording, look, statements, rows } = write;
        let entity = self.entity().name();
        let mut session = self.session().await?;
        let mut unknown = self.unknown(&recording, &session);
        let in_transaction = session.is_begun() || recording.is_beside() || look.is_some() || statements.len() > 1;
        let layout = Layout::of::<DB>(self.entity(), &act, recording.record());
        let ran: sqlx::Result<Outcome<DB::Row>> = async {
            if in_transaction {
                session.begin().await?;
            }
            let mut old = None;
            if let Some(look) = look {
                match DB::fetch_optional(session.connection(), look).await? {
                    None => return Ok(Outcome::Nothing),
                    Some(before) => {
                        if act.version.is_some_and(|version| DB::get_integer(&before, 0).ok() != Some(version)) {
                            return Ok(Outcome::Stale);
                        }
                        old = DB::get_text(&before, 1)?;
                    }
                }
            }
            let mut written = Vec::with_capacity(rows);
            for statement in statements {
                // One row is had without the machinery for many.
                match rows {
                    1 if in_transaction => {
                        written.extend(DB::fetch_optional(session.connection(), statement).await?);
                    }
                    1 => written.extend(DB::fetch_written(session.connection(), statement).await?),
                    _ => written.extend(DB::fetch_all(session.connection(), statement).await?),
                }
            }
            Ok(Outcome::Rows { written, old })
        }
        .await;
        let (written, old) = match ran {
            Ok(Outcome::Rows { written, old }) => (written, old),
            Ok(Outcome::Nothing) => {
                unknown.armed = false;
                return Err(self.nothing_written(session, Act { hindrance: Hindrance::Nothing, ..act }).await);
            }
            Ok(Outcome::Stale) => {
                unknown.armed = false;
                return Err(self.stale(session).await);
            }
            // A trigger of SQLite's looks before the conflict does, and has taken back its statement alone.
            Err(error) if act.hindrance == Hindrance::Key && is_taken(&error, self.entity().id_column()) => {
                unknown.armed = false;
                session.hear(&error);
                return Err(self.nothing_written(session, act).await);
            }
            Err(error) => {
                unknown.hear(&error);
                return Err(self.failed(session, act.doing, error));
            }
        };
        if let Some(found) = layout.missing::<DB>(&written, rows) {
            unknown.armed = false;
            return Err(match (found, act.version) {
                (Some(found), Some(expected)) if found != expected => self.stale(session).await,
                _ if rows > 1 && !written.is_empty() => {
                    // Some rows stand: only the end of the transaction takes them back.
                    let reason = act.hindrance.error(entity);
                    session.abandon(Health::Aborted, self.missed_by(act), self.audit);
                    reason
                }
                _ => self.nothing_written(session, act).await,
            });
        }
        match read.read(&written) {
            Ok(()) => {}
            Err(error) if session.is_own() && !in_transaction => {
                return Err(Error::WrittenButUnreadable { entity, source: self.named(error).into() });
            }
            Err(error) => return Err(self.failed(session, act.doing, self.named(error))),
        }
        let records = if recording.record().is_beside() {
            let everyone = self.caller.whose().is_everyone();
            let rows = written.iter().zip(read.keys());
            rows.map(|(row, (id, owner))| Written {
                entity,
                operation: act.operation,
                id,
                owner: everyone.then_some(owner),
                details: Details {
                    values: Values::of(layout.text::<DB>(row, 0).or_else(|| old.clone()), layout.text::<DB>(row, 1)),
                    ..act.details.clone()
                },
            })
            .collect()
        } else {
            Vec::new()
        };
        self.finish(session, &recording, records, in_transaction, &mut unknown).await?;
        Ok(rows as u64)
    }
}

/// What became of the statements.
enum Outcome<Row> {
    Rows { written: Vec<Row>, old: Option<String> },
    Nothing,
    Stale,
}

/// What follows the entity's columns in a row that was written.
struct Layout {
    id: usize,
    columns: usize,
    values: bool,
    /// PostgreSQL's update gives a row without values if it found one and did not write it.
    may_be_empty: bool,
    version: bool,
}

impl Layout {
    fn of<DB: Backend>(entity: &Entity, act: &Act<'_>, record: Record<'_>) -> Self {
        let definition = entity.definition();
        let locks = act.operation == Operation::Update && DB::DIALECT.logs_in_statement();
        Self {
            id: definition.id,
            columns: definition.columns.len(),
            values: record.is_beside() && definition.audit.values,
            may_be_empty: locks && (definition.audit.values || definition.version.is_some()),
            version: locks && definition.version.is_some(),
        }
    }

    fn text<DB: Backend>(&self, row: &DB::Row, which: usize) -> Option<String> {
        if self.values { DB::get_text(row, self.columns + which).ok().flatten() } else { None }
    }

    /// Whether rows are missing, and the version of one that was found and not written.
    fn missing<DB: Backend>(&self, written: &[DB::Row], expected: usize) -> Option<Option<i64>> {
        if written.len() < expected {
            return Some(None);
        }
        let row = written.first().filter(|_| self.may_be_empty)?;
        if !DB::is_null(row, self.id) {
            return None;
        }
        let position = self.columns + if self.values { 2 } else { 0 };
        Some(if self.version { DB::get_integer(row, position).ok() } else { None })
    }
}
