//! Writing one row, together with its audit row.

use std::pin::pin;

use sqlx::error::BoxDynError;

use super::ScopedRepository;
use crate::audit::{Audit, Details, Operation, WriteAudit};
use crate::backend::{Backend, Query};
use crate::context::{UserContext, Writes};
use crate::entity::{Moment, Stamp, Stores, UserScoped};
use crate::error::{Doing, Error, Result};
use crate::identifier::IdValue;
use crate::observe::{One, observed};
use crate::session::{Session, Trace};
use crate::sql::{self, LogEntry};

impl<T, DB> ScopedRepository<'_, T, DB, UserContext<T::Owner>>
where
    T: UserScoped,
    DB: Stores<T>,
{
    /// Inserts a row, which belongs to the caller: id, owner and times are written by the library or the database.
    /// Its parents are proven to be the caller's in the same statement.
    ///
    /// # Errors
    ///
    /// [`Error::ParentNotFound`] if the caller has no such parent, [`Error::Duplicate`], [`Error::Rejected`] or
    /// [`Error::Encode`] if the row cannot be, [`Error::Audit`] if it cannot be recorded;
    /// [`Error::WrittenButUnreadable`] if it stands and cannot be read.
    pub async fn insert(&self, new: T::New) -> Result<T> {
        self.insert_owned(self.caller.user(), new).await
    }
}

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Writes<Owner = T::Owner>,
{
    /// Changes what is set in `changes`, and gives the row as it is now. Changes that set nothing only read it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no such row, [`Error::ParentNotFound`] if he has no such parent,
    /// [`Error::Duplicate`], [`Error::Rejected`] or [`Error::Encode`] if the row cannot be so, [`Error::Audit`] if
    /// it cannot be recorded.
    pub async fn update(&self, id: &T::Id, changes: T::Changes) -> Result<T> {
        let columns = T::changed(&changes);
        if columns.is_empty() {
            return self.get(id).await;
        }
        let parents = T::parents_of_changes(&changes);
        let named = T::entity().definition().updated_at.map_or(columns, |position| columns.without(position));
        let act = Act {
            operation: Operation::Update,
            doing: Doing::Writing,
            details: Details::default().changing(T::entity(), named),
            id: Some(id),
            parents,
        };
        observed(
            T::entity().name(),
            "update",
            pin!(async {
                let scope = self.caller.scope();
                let build =
                    |log: Option<&LogEntry>| sql::update::<T, DB>(&scope, id, columns, changes, Moment::now(), log);
                self.write(act, build, DB::decode, |row| (IdValue::of(row.id()), IdValue::of(row.owner())))
                    .await
                    .map(One)
            }),
        )
        .await
        .map(|One(row)| row)
    }

    /// Deletes the row.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no such row, [`Error::Referenced`] if others refer to it,
    /// [`Error::Audit`] if it cannot be recorded.
    pub async fn delete(&self, id: &T::Id) -> Result<()> {
        let act = Act {
            operation: Operation::Delete,
            doing: Doing::Deleting,
            details: Details::default(),
            id: Some(id),
            parents: Vec::new(),
        };
        observed(
            T::entity().name(),
            "delete",
            pin!(async {
                let scope = self.caller.scope();
                let build = |log: Option<&LogEntry>| sql::delete::<T, DB>(&scope, id, log);
                let owner = |row: &DB::Row| DB::get_id(row, 1, T::entity().stored_owner_kind());
                self.write(act, build, owner, |owner| (IdValue::of(id), owner.clone())).await.map(|_| 1)
            }),
        )
        .await
        .map(drop)
    }

    pub(super) async fn insert_owned(&self, owner: &T::Owner, new: T::New) -> Result<T> {
        let act = Act {
            operation: Operation::Create,
            doing: Doing::Writing,
            details: Details::default(),
            id: None,
            parents: T::parents_of_new(&new),
        };
        observed(
            T::entity().name(),
            "insert",
            pin!(async {
                let stamp = Stamp { id: T::generate_id(), owner, moment: Moment::now() };
                let everyone = self.caller.scope().is_everyone();
                let build = |log: Option<&LogEntry>| sql::insert::<T, DB>(new, stamp, everyone, log);
                self.write(act, build, DB::decode, |row| (IdValue::of(row.id()), IdValue::of(row.owner())))
                    .await
                    .map(One)
            }),
        )
        .await
        .map(|One(row)| row)
    }

    /// Runs a write, with its audit row as the settings have it.
    ///
    /// `build` writes the statement, `decode` reads what it returns, and `identify` tells the id and the owner of
    /// that, where the statement could not put them into the log itself.
    async fn write<R>(
        &self,
        mut act: Act<'_, T>,
        build: impl FnOnce(Option<&LogEntry>) -> Result<Query<DB>, BoxDynError>,
        decode: impl FnOnce(&DB::Row) -> sqlx::Result<R>,
        identify: impl FnOnce(&R) -> (IdValue, IdValue),
    ) -> Result<R> {
        let entity = T::entity().name();
        let everyone = self.caller.scope().is_everyone();
        let mode = match self.audit.writes(T::entity()) {
            // System mode is loud, whatever is set for users.
            WriteAudit::Off if everyone => WriteAudit::Atomic,
            mode => mode,
        };
        let mut details = Details { receipt: self.caller.receipt(), ..std::mem::take(&mut act.details) };

        let in_statement = mode == WriteAudit::Atomic && DB::DIALECT.logs_in_statement();
        let log = in_statement.then(|| self.log_entry(act.operation, None, &details));
        let query = build(log.as_ref()).map_err(|error| Error::unbindable(entity, error))?;

        let mut session = self.session().await?;
        let in_transaction = mode == WriteAudit::Atomic && !in_statement;
        // From here on, and until its event is handed over, nobody knows of a write that is cancelled.
        let mut unknown = Unknown { audit: self.audit, armed: mode == WriteAudit::Background && session.is_own() };
        let written = async {
            if in_transaction {
                session.begin().await?;
                DB::fetch_optional(session.connection(), query).await
            } else {
                DB::fetch_written(session.connection(), query).await
            }
        };
        let row = match written.await {
            Ok(row) => row,
            Err(error) => {
                unknown.armed &= error.as_database_error().is_none();
                return Err(Self::failed(session, act.doing, error));
            }
        };
        let Some(row) = row else {
            unknown.armed = false;
            return Err(self.nothing_written(session, act).await);
        };
        let written = match decode(&row) {
            Ok(written) => written,
            Err(error) if session.is_own() && !in_transaction => {
                return Err(Error::WrittenButUnreadable { entity, source: Self::named(error).into() });
            }
            Err(error) => return Err(Self::failed(session, act.doing, Self::named(error))),
        };

        let mut trace = Trace::Nothing;
        if in_transaction || mode == WriteAudit::Background {
            let (id, owner) = identify(&written);
            details.owner = everyone.then(|| owner.into_text());
            if in_transaction {
                let entry = self.log_entry(act.operation, Some(id), &details);
                if let Err(error) = self.log(&mut session, &entry).await {
                    session.fail();
                    return Err(error);
                }
            } else {
                trace = Trace::Written(self.event(act.operation, Some(id.into_text()), details));
            }
        }
        unknown.armed = false;
        session.conclude(trace, self.audit).await;
        Ok(written)
    }

    fn log_entry(&self, operation: Operation, id: Option<IdValue>, details: &Details) -> LogEntry {
        LogEntry {
            user: self.caller.actor(),
            entity_id: id.map(IdValue::into_text),
            operation: operation.as_str(),
            details: details.to_json(),
        }
    }

    /// Writes the audit row beside the write, and commits both.
    async fn log(&self, session: &mut Session<'_, DB>, entry: &LogEntry) -> Result<()> {
        let query = sql::insert_log_row::<DB>(T::entity(), entry);
        let query = query.map_err(|error| Error::unbindable("user_access_log", error))?;
        DB::execute(session.connection(), query).await.map_err(|error| Error::Audit { source: error.into() })?;
        session.commit().await.map_err(|error| Error::from_sqlx(T::entity().name(), Doing::Writing, error))
    }

    /// Why a statement wrote nothing. Absent and foreign rows, of the entity or of a parent, are not told apart.
    async fn nothing_written(&self, mut session: Session<'_, DB>, act: Act<'_, T>) -> Error {
        let entity = T::entity();
        let mut reason = match act.id {
            Some(_) => Error::NotFound { entity: entity.name() },
            None => Error::ParentNotFound { entity: entity.name(), source: None },
        };
        if let Some(id) = act.id.filter(|_| !act.parents.is_empty()) {
            // The caller's own row, so it must be the parent. What he is told rests on his own rows alone.
            match self.has_row(&mut session, id).await {
                Ok(true) => reason = Error::ParentNotFound { entity: entity.name(), source: None },
                Ok(false) => {}
                Err(error) => return Self::failed(session, Doing::Reading, error),
            }
        }
        let parents = act.parents.into_iter().filter_map(|(parent, id)| {
            let parent = entity.definition().parents.get(parent)?;
            Some(((parent.entity)(), id))
        });
        let missed =
            self.missed_rows(act.operation, act.id.map(|id| (entity, IdValue::of(id))).into_iter().chain(parents));
        session.conclude(missed, self.audit).await;
        reason
    }

    async fn has_row(&self, session: &mut Session<'_, DB>, id: &T::Id) -> sqlx::Result<bool> {
        let query = sql::exists::<T, DB>(&self.caller.scope(), id).map_err(sqlx::Error::Encode)?;
        Ok(DB::fetch_optional(session.connection(), query).await?.is_some())
    }
}

/// A write, as the audit and the errors need to know it.
struct Act<'a, T: UserScoped> {
    operation: Operation,
    doing: Doing,
    details: Details,
    id: Option<&'a T::Id>,
    parents: Vec<(usize, IdValue)>,
}

/// A write whose audit row is to follow: counted as dropped if its operation is cancelled, or fails in a way that does
/// not tell what the database has done.
struct Unknown<'a, DB: Backend> {
    audit: &'a Audit<DB>,
    armed: bool,
}

impl<DB: Backend> Drop for Unknown<'_, DB> {
    fn drop(&mut self) {
        self.audit.count_dropped(usize::from(self.armed));
    }
}
