//! A repository whose entity is forgotten. An application has many entities, and its compiler makes everything that names one
//! once for each: what does not need to know which it is stands here, and is generic over the database alone.

use sqlx::error::BoxDynError;

use crate::audit::{Audit, AuditEvent, Details, Entry, Miss, Operation};
use crate::backend::{Backend, Query as Statement};
use crate::context::Accountable;
use crate::entity::{Condition, Entity, Moment, Table};
use crate::error::{Doing, Error, Result};
use crate::identifier::{AnyIdentifier, IdValue};
use crate::session::{Session, Source, Trace};
use crate::sql::Reach;

/// Who does something to which entity's rows, and where.
#[doc(hidden)]
#[expect(missing_debug_implementations, reason = "it never leaves the library")]
pub struct Access<'a, DB: Backend> {
    pub(in crate::repository) source: Source<'a, DB>,
    pub(in crate::repository) caller: &'a dyn Accountable,
    pub(in crate::repository) audit: &'a Audit<DB>,
    pub(in crate::repository) table: Table<DB>,
}

impl<DB: Backend> Clone for Access<'_, DB> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<DB: Backend> Copy for Access<'_, DB> {}

impl<'a, DB: Backend> Access<'a, DB> {
    pub(in crate::repository) const fn entity(&self) -> &'static Entity {
        self.table.entity
    }

    pub(super) fn reach(self) -> Reach<'a, DB> {
        Reach { table: self.table, scope: self.caller.whose() }
    }

    pub(in crate::repository) async fn session(self) -> Result<Session<'a, DB>> {
        self.source.session(self.entity().name(), self.caller).await
    }

    /// What the driver reported, once the session has been told of it.
    pub(super) fn failed(self, session: Session<'_, DB>, doing: Doing, error: sqlx::Error) -> Error {
        session.fail(&error);
        Error::from_sqlx(self.entity().name(), doing, error)
    }

    /// The same error, with the name of the column that it is about in place of its number.
    pub(super) fn named(self, error: sqlx::Error) -> sqlx::Error {
        let sqlx::Error::ColumnDecode { index, source } = error else { return error };
        let name =
            index.parse().ok().map(|position| self.entity().column_name(position)).filter(|name| !name.is_empty());
        sqlx::Error::ColumnDecode { index: name.map_or(index, |name| format!("`{name}`")), source }
    }

    /// The statement, if it can be bound and has no more values than one can carry.
    pub(super) fn sendable(self, statement: Result<Statement<DB>, BoxDynError>) -> Result<Statement<DB>> {
        let statement = statement.map_err(|error| self.unbindable(error))?;
        self.check_values(&statement)?;
        Ok(statement)
    }

    pub(super) fn check_values(self, statement: &Statement<DB>) -> Result<()> {
        let (values, limit) = (sqlx::Arguments::len(&statement.arguments), DB::DIALECT.max_parameters());
        if values > limit {
            return Err(Error::TooManyValues { entity: self.entity().name(), values, limit });
        }
        Ok(())
    }

    /// Whether the condition can be written.
    pub(super) fn check_depth(self, condition: Option<&Condition>) -> Result<()> {
        match condition {
            Some(condition) if condition.is_too_deep() => Err(Error::TooDeep { entity: self.entity().name() }),
            _ => Ok(()),
        }
    }

    pub(in crate::repository) fn unreadable(self, error: sqlx::Error) -> Error {
        Error::from_sqlx(self.entity().name(), Doing::Reading, self.named(error))
    }

    pub(super) fn unbindable(self, error: BoxDynError) -> Error {
        Error::unbindable(self.entity().name(), error)
    }

    /// System mode is loud, whatever is set for users.
    pub(super) fn is_system(self) -> bool {
        self.caller.receipt().is_some()
    }

    pub(super) fn event_of(
        self,
        entity_type: &'static str,
        operation: Operation,
        entity_id: Option<String>,
        details: Details,
    ) -> Entry {
        Entry::Event(AuditEvent::by(self.caller, entity_type, entity_id, operation, details))
    }

    /// The trace of a read that found something.
    pub(super) fn read(self, operation: Operation, id: Option<&dyn AnyIdentifier>, details: Details) -> Trace {
        if !self.audit.reads(self.entity()) && !self.is_system() {
            return Trace::Nothing;
        }
        let id = id.map(|id| id.to_id_value().into_text());
        Trace::Read(self.event_of(self.entity().name(), operation, id, details))
    }

    /// The trace of a list of so many rows.
    pub(in crate::repository) fn listed(self, rows: Option<u64>) -> Trace {
        self.read(Operation::List, None, Details { rows, ..Details::default() })
    }

    /// The trace of an access to rows that the caller does not have. Whose they are, if they are anybody's, is found out later.
    pub(super) fn missed(
        self,
        attempted: Operation,
        rows: &mut dyn Iterator<Item = (&'static Entity, IdValue)>,
    ) -> Trace {
        // Nobody is foreign to a system context.
        if self.is_system() {
            return Trace::Nothing;
        }
        // Two users may have the same id where it is a key together with the owner: nobody has asked for another's.
        let recorded = rows.filter(|(entity, _)| self.audit.denials(entity) && !entity.definition().keyed_by_owner);
        let occurred_at = Moment::now();
        let user = self.caller.actor();
        Trace::Missed(
            recorded
                .map(|(entity, id)| Entry::Miss(Miss { user: user.clone(), entity, id, attempted, occurred_at }))
                .collect(),
        )
    }
}
