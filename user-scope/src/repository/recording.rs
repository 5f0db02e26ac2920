//! The way of every write: its statements, its audit row with it, beside it or after it, and why nothing was written.
//!
//! What is written, and what it is called, is said by those who call this.

use super::ScopedRepository;
use crate::audit::{Audit, Details, Operation, Values, WriteAudit};
use crate::backend::{Backend, Query};
use crate::context::{Scope, Writes};
use crate::entity::{Stores, UserScoped};
use crate::error::{Doing, Error, Result};
use crate::identifier::IdValue;
use crate::session::{Health, Session, Trace};
use crate::sql::{self, LogEntry, Record, Rows, State, Target};

/// A write, as the audit and the errors need to know it.
pub(super) struct Act<'a, T: UserScoped> {
    pub(super) operation: Operation,
    pub(super) doing: Doing,
    pub(super) details: Details,
    /// The row that it is about, if it is about one that should be there.
    pub(super) id: Option<&'a T::Id>,
    pub(super) state: State,
    /// The parents that it names.
    pub(super) parents: Vec<(usize, IdValue)>,
    /// What it means if nothing is written although the row is there.
    pub(super) hindrance: Hindrance,
    /// The version that it rests on.
    pub(super) version: Option<i64>,
}

/// What can keep a write from being done beside the absence of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hindrance {
    Nothing,
    /// A parent that is not there.
    Parent,
    /// A child that must not lose it.
    Child,
    /// A row with the same id, which is another's; or a parent that is not there.
    Key,
}

impl Hindrance {
    const fn error(self, entity: &'static str) -> Error {
        match self {
            Self::Child => Error::Referenced { entity, source: None },
            Self::Nothing | Self::Parent | Self::Key => Error::ParentNotFound { entity, source: None },
        }
    }
}

/// A row that was written, as its audit row needs to know it.
pub(super) struct Written {
    pub(super) entity: &'static str,
    pub(super) operation: Operation,
    pub(super) id: IdValue,
    /// Whose it is, where the caller does not say so.
    pub(super) owner: Option<IdValue>,
    pub(super) details: Details,
}

/// How a write is recorded.
pub(super) struct Recording {
    mode: WriteAudit,
    /// The audit row of PostgreSQL's statement.
    log: Option<LogEntry>,
}

impl Recording {
    pub(super) const fn record(&self) -> Record<'_> {
        match (&self.log, self.mode) {
            (Some(log), _) => Record::InStatement(log),
            (None, WriteAudit::Off) => Record::Nothing,
            (None, WriteAudit::Atomic | WriteAudit::Background) => Record::Beside,
        }
    }

    /// Whether the audit rows are written by a statement of their own, in the transaction of the write.
    pub(super) fn is_beside(&self) -> bool {
        self.mode == WriteAudit::Atomic && self.log.is_none()
    }
}

impl<'a, T, DB, C> ScopedRepository<'a, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Writes<Owner = T::Owner>,
{
    /// In a statement the details are written here; they are not needed again.
    pub(super) fn recording(&self, act: &mut Act<'_, T>) -> Recording {
        let mode = match self.audit.writes(T::entity()) {
            // System mode is loud, whatever is set for users.
            WriteAudit::Off if self.is_system() => WriteAudit::Atomic,
            mode => mode,
        };
        let in_statement = mode == WriteAudit::Atomic && DB::DIALECT.logs_in_statement();
        let log = in_statement.then(|| {
            let details = std::mem::take(&mut act.details);
            self.log_entry(T::entity().name(), act.operation, None, details)
        });
        Recording { mode, log }
    }

    fn log_entry(&self, entity: &'static str, operation: Operation, id: Option<IdValue>, details: Details) -> LogEntry {
        LogEntry {
            user: self.caller.actor(),
            entity,
            entity_id: id.map(IdValue::into_text),
            operation: operation.as_str(),
            details: self.signed(details).to_json(),
        }
    }

    /// Runs statements that give rows as they are read, and records each.
    ///
    /// `look` asks what the row was before: columns version, old values. `values` tells whether new values are recorded.
    pub(super) async fn write(
        &self,
        act: Act<'_, T>,
        recording: &Recording,
        look: Option<Query<DB>>,
        statements: Vec<Query<DB>>,
        rows: usize,
    ) -> Result<Vec<T>> {
        let entity = T::entity().name();
        let mut session = self.session().await?;
        let mut unknown = self.unknown(recording, &session);
        let in_transaction = recording.is_beside() || look.is_some() || statements.len() > 1;
        let layout = Layout::of::<T, DB>(&act, recording.record());
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
            Err(error) => {
                unknown.armed &= error.as_database_error().is_none();
                return Err(Self::failed(session, act.doing, error));
            }
        };
        if let Some(found) = layout.missing::<T, DB>(&written, rows) {
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
        let decoded = written.iter().map(DB::decode).collect::<sqlx::Result<Vec<T>>>();
        let decoded = match decoded {
            Ok(decoded) => decoded,
            Err(error) if session.is_own() && !in_transaction => {
                return Err(Error::WrittenButUnreadable { entity, source: Self::named(error).into() });
            }
            Err(error) => return Err(Self::failed(session, act.doing, Self::named(error))),
        };
        let records = if recording.record().is_beside() {
            let rows = written.iter().zip(&decoded);
            rows.map(|(row, value)| Written {
                entity,
                operation: act.operation,
                id: IdValue::of(value.id()),
                owner: self.caller.scope().is_everyone().then(|| IdValue::of(value.owner())),
                details: Details {
                    values: Values::of(layout.text::<DB>(row, 0).or_else(|| old.clone()), layout.text::<DB>(row, 1)),
                    ..act.details.clone()
                },
            })
            .collect()
        } else {
            Vec::new()
        };
        self.finish(session, recording, records, in_transaction).await?;
        unknown.armed = false;
        Ok(decoded)
    }

    /// Records what was written, commits it if that is still to be done, and gives the session back.
    pub(super) async fn finish(
        &self,
        mut session: Session<'a, DB>,
        recording: &Recording,
        records: Vec<Written>,
        in_transaction: bool,
    ) -> Result<()> {
        let with_owner = |written: Written| {
            let owner = written.owner.map(IdValue::into_text).or(written.details.owner);
            (written.entity, written.operation, written.id, Details { owner, ..written.details })
        };
        let mut trace = Trace::Nothing;
        if recording.is_beside() {
            let entries: Vec<_> = records
                .into_iter()
                .map(with_owner)
                .map(|(entity, operation, id, details)| self.log_entry(entity, operation, Some(id), details))
                .collect();
            if let Err(error) = Self::log(&mut session, &entries).await {
                session.fail();
                return Err(error);
            }
        } else if recording.mode == WriteAudit::Background {
            let events = records.into_iter().map(with_owner);
            let events = events.map(|(entity, operation, id, details)| {
                self.event_of(entity, operation, Some(id.into_text()), details)
            });
            trace = Trace::Written(events.collect());
        }
        if in_transaction && let Err(error) = session.commit().await {
            session.fail();
            return Err(Error::from_sqlx(T::entity().name(), Doing::Writing, error));
        }
        session.conclude(trace, self.audit).await;
        Ok(())
    }

    /// Writes the audit rows beside the write.
    async fn log(session: &mut Session<'_, DB>, entries: &[LogEntry]) -> Result<()> {
        for batch in sql::batches(entries) {
            let query = sql::insert_log_rows_beside::<DB>(T::entity(), batch);
            let query = query.map_err(|error| Error::unbindable("user_access_log", error))?;
            let written = DB::execute(session.connection(), query).await;
            written.map_err(|error| Error::Audit { source: error.into() })?;
        }
        Ok(())
    }

    /// The row is there, and of another version than the caller knows.
    pub(super) async fn stale(&self, session: Session<'_, DB>) -> Error {
        session.conclude(Trace::Nothing, self.audit).await;
        Error::Stale { entity: T::entity().name() }
    }

    /// Why a statement wrote nothing. Absent and foreign rows, of the entity or of a parent, are not told apart.
    pub(super) async fn nothing_written(&self, mut session: Session<'_, DB>, act: Act<'_, T>) -> Error {
        let entity = T::entity();
        let mut reason = match act.id {
            Some(_) => Error::NotFound { entity: entity.name() },
            None => act.hindrance.error(entity.name()),
        };
        if let Some(id) = act.id.filter(|_| act.hindrance != Hindrance::Nothing) {
            // If the row is there, and the caller's own, something else stood in the way. What he is told rests on his own
            // rows alone.
            let hindered = match act.hindrance {
                Hindrance::Key => self.lacks_a_parent(&mut session, &act.parents).await,
                _ => self.is_there(&mut session, Rows::One(id), act.state).await,
            };
            match hindered {
                Ok(true) => reason = act.hindrance.error(entity.name()),
                Ok(false) => {}
                Err(error) => return Self::failed(session, Doing::Reading, error),
            }
        }
        session.conclude(self.missed_by(act), self.audit).await;
        reason
    }

    /// The rows that a write asked for and that were not there for it.
    fn missed_by(&self, act: Act<'_, T>) -> Trace {
        let entity = T::entity();
        let parents = act.parents.into_iter().filter_map(|(parent, id)| {
            let parent = entity.definition().parents.get(parent)?;
            Some(((parent.entity)(), id))
        });
        self.missed_rows(act.operation, act.id.map(|id| (entity, IdValue::of(id))).into_iter().chain(parents))
    }

    pub(super) async fn is_there(
        &self,
        session: &mut Session<'_, DB>,
        rows: Rows<'_, T>,
        state: State,
    ) -> sqlx::Result<bool> {
        let target = Target { scope: self.caller.scope(), rows, state, with_parents: false };
        let query = sql::is_there::<T, DB>(&target).map_err(sqlx::Error::Encode)?;
        Ok(DB::fetch_optional(session.connection(), query).await?.is_some())
    }

    /// Whether one of these parents is not the caller's.
    async fn lacks_a_parent(&self, session: &mut Session<'_, DB>, parents: &[(usize, IdValue)]) -> sqlx::Result<bool> {
        let Scope::User(owner) = self.caller.scope() else { return Ok(false) };
        for (parent, id) in parents {
            let Some(parent) = T::entity().definition().parents.get(*parent) else { continue };
            let query = sql::is_own_parent::<DB>((parent.entity)(), id, &IdValue::of(owner));
            let found = DB::fetch_optional(session.connection(), query.map_err(sqlx::Error::Encode)?).await?;
            if found.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// From here on, and until its event is handed over, nobody knows of a write that is cancelled.
    pub(super) fn unknown(&self, recording: &Recording, session: &Session<'_, DB>) -> Unknown<'a, DB> {
        Unknown { audit: self.audit, armed: recording.mode == WriteAudit::Background && session.is_own() }
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
    columns: usize,
    values: bool,
    /// PostgreSQL's update gives a row without values if it found one and did not write it.
    may_be_empty: bool,
    version: bool,
}

impl Layout {
    fn of<T: UserScoped, DB: Backend>(act: &Act<'_, T>, record: Record<'_>) -> Self {
        let definition = T::entity().definition();
        let locks = act.operation == Operation::Update && DB::DIALECT.logs_in_statement();
        Self {
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
    fn missing<T: UserScoped, DB: Backend>(&self, written: &[DB::Row], expected: usize) -> Option<Option<i64>> {
        if written.len() < expected {
            return Some(None);
        }
        let row = written.first().filter(|_| self.may_be_empty)?;
        if !DB::is_null(row, T::entity().definition().id) {
            return None;
        }
        let position = self.columns + if self.values { 2 } else { 0 };
        Some(if self.version { DB::get_integer(row, position).ok() } else { None })
    }
}

/// A write whose audit row is to follow: counted as dropped if its operation is cancelled, or fails in a way that does
/// not tell what the database has done.
pub(super) struct Unknown<'a, DB: Backend> {
    audit: &'a Audit<DB>,
    pub(super) armed: bool,
}

impl<DB: Backend> Drop for Unknown<'_, DB> {
    fn drop(&mut self) {
        self.audit.count_dropped(usize::from(self.armed));
    }
}
