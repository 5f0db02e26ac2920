//! How a write is recorded: in its statement, beside it in the same transaction, or later.

use super::{Access, Act};
use crate::audit::{Audit, Details, Operation, WriteAudit};
use crate::backend::Backend;
use crate::entity::Entity;
use crate::error::{Doing, Error, Result};
use crate::identifier::IdValue;
use crate::session::{Session, Trace};
use crate::sql::{self, LogEntry, Part, Record};

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

impl<'a, DB: Backend> Access<'a, DB> {
    /// In a statement the details are written here; they are not needed again.
    pub(super) fn recording(self, act: &mut Act<'_>) -> Recording {
        self.recording_as(self.mode(self.entity()), act)
    }

    /// The same for a write that takes others along: as strictly as any of them asks for. Those of whom nobody asks anything
    /// leave no row all the same.
    pub(super) fn recording_all(self, act: &mut Act<'_>, parts: &mut [Part]) -> Recording {
        let mut strictest = WriteAudit::Off;
        for part in parts {
            let mode = self.mode(part.entity);
            part.recorded = mode != WriteAudit::Off;
            strictest = match (strictest, mode) {
                (WriteAudit::Atomic, _) | (_, WriteAudit::Atomic) => WriteAudit::Atomic,
                (WriteAudit::Background, _) | (_, WriteAudit::Background) => WriteAudit::Background,
                (WriteAudit::Off, WriteAudit::Off) => WriteAudit::Off,
            };
        }
        self.recording_as(strictest, act)
    }

    fn mode(self, entity: &Entity) -> WriteAudit {
        match self.audit.writes(entity) {
            // System mode is loud, whatever is set for users.
            WriteAudit::Off if self.is_system() => WriteAudit::Atomic,
            mode => mode,
        }
    }

    fn recording_as(self, mode: WriteAudit, act: &mut Act<'_>) -> Recording {
        let in_statement = mode == WriteAudit::Atomic && DB::DIALECT.logs_in_statement();
        let log = in_statement.then(|| {
            let details = std::mem::take(&mut act.details);
            self.log_entry(self.entity().name(), act.operation, None, details)
        });
        Recording { mode, log }
    }

    fn log_entry(self, entity: &'static str, operation: Operation, id: Option<IdValue>, details: Details) -> LogEntry {
        LogEntry {
            user: self.caller.actor(),
            entity,
            entity_id: id.map(IdValue::into_text),
            operation: operation.as_str(),
            details: details.signed(self.caller).to_json(),
        }
    }

    /// Records what was written, commits it if that is still to be done, and gives the session back.
    pub(super) async fn finish(
        self,
        mut session: Session<'a, DB>,
        recording: &Recording,
        records: Vec<Written>,
        in_transaction: bool,
        unknown: &mut Unknown<'a, DB>,
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
            if let Err(error) = self.log(&mut session, &entries).await {
                session.fail(&error);
                return Err(Error::Audit { source: error.into() });
            }
        } else if recording.mode == WriteAudit::Background {
            let events = records.into_iter().map(with_owner);
            let events = events.map(|(entity, operation, id, details)| {
                self.event_of(entity, operation, Some(id.into_text()), details)
            });
            trace = Trace::Written(events.collect());
        }
        if in_transaction && let Err(error) = session.commit().await {
            unknown.hear(&error);
            session.fail(&error);
            return Err(Error::from_sqlx(self.entity().name(), Doing::Writing, error));
        }
        session.conclude(trace, self.audit).await;
        unknown.armed = false;
        Ok(())
    }

    /// Writes the audit rows beside the write.
    async fn log(self, session: &mut Session<'_, DB>, entries: &[LogEntry]) -> sqlx::Result<()> {
        for batch in sql::batches(entries) {
            let query = sql::insert_log_rows_beside::<DB>(self.entity(), batch).map_err(sqlx::Error::Encode)?;
            DB::execute(session.connection(), query).await?;
        }
        Ok(())
    }

    /// From here on, and until its event is handed over, nobody knows of a write that is cancelled.
    pub(super) fn unknown(self, recording: &Recording, session: &Session<'_, DB>) -> Unknown<'a, DB> {
        Unknown { audit: self.audit, armed: recording.mode == WriteAudit::Background && session.is_own() }
    }
}

/// A write whose audit row is to follow: counted as dropped if its operation is cancelled, or fails in a way that does
/// not tell what the database has done.
pub(super) struct Unknown<'a, DB: Backend> {
    audit: &'a Audit<DB>,
    pub(super) armed: bool,
}

impl<DB: Backend> Unknown<'_, DB> {
    /// What the database itself refuses it has not done.
    pub(super) fn hear(&mut self, error: &sqlx::Error) {
        self.armed &= error.as_database_error().is_none();
    }
}

impl<DB: Backend> Drop for Unknown<'_, DB> {
    fn drop(&mut self) {
        self.audit.count_dropped(usize::from(self.armed));
    }
}
