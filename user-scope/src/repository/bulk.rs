//! Many rows by one call: all of them or none, and each on record.

use std::pin::pin;

use super::ScopedRepository;
use super::act::{Act, Hindrance};
use super::writing::{creation, deletion, ending, named};
use crate::audit::{Details, Operation};
use crate::context::{Caller, Inserts, Writes};
use crate::entity::{ColumnSet, Moment, Predicate, Stores, UserScoped};
use crate::error::{Doing, Error, Result};
use crate::identifier::{Identifier, RawIdentifier};
use crate::observe::observed;
use crate::sql::{self, Batch, Revision, Rows, State, Touch};
use crate::system::SystemContext;

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// Inserts rows, thousands if need be, which belong to the caller: all of them or none. Their parents are proven in the
    /// same statement; beyond some thousand rows there are several, in one transaction. The rows come back in their order.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert), for the first row that cannot be.
    pub async fn insert_many(&self, new: impl IntoIterator<Item = T::New>) -> Result<Vec<T>>
    where
        C: Inserts,
    {
        self.insert_many_owned(self.caller.inserts_for(), new.into_iter().collect()).await
    }

    /// Changes every row of the caller for which `predicate` holds, and tells how many there were. A version is counted, and
    /// the one in `changes` is not looked at.
    ///
    /// ```
    /// # use user_scope::{Backend, Change, Result, ScopedRepository, Stores, UserScoped};
    /// # #[derive(UserScoped)]
    /// # #[user_scoped(table = "tasks", changes(derive(Default)))]
    /// # struct Task { #[user_scoped(id)] id: String, #[user_scoped(owner)] user_id: String, status: String }
    /// # async fn f<DB: Stores<Task>>(tasks: ScopedRepository<'_, Task, DB>) -> Result<()> {
    /// let done = TaskChanges { status: Change::Set("done".into()), ..Default::default() };
    /// let changed: u64 = tasks.update_where(Task::STATUS.eq("todo"), done).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::ParentNotFound`] if rows match and do not all have the owner of a parent that `changes` name; no row is
    /// then changed. [`Error::Duplicate`], [`Error::Rejected`], [`Error::Encode`], [`Error::TooDeep`],
    /// [`Error::TooManyValues`] or [`Error::Audit`] if it cannot be done.
    pub async fn update_where(&self, predicate: Predicate<T>, changes: T::Changes) -> Result<u64>
    where
        C: Writes,
    {
        self.check_depth(&predicate)?;
        let columns = T::changed(&changes);
        if columns.is_empty() {
            return self.query().filter(predicate).count().await;
        }
        let parents = T::parents_of_changes(&changes);
        let named = named(T::entity(), columns);
        let act = Act {
            operation: Operation::Update,
            doing: Doing::Writing,
            details: Details::default().changing(T::entity(), named),
            id: None,
            state: State::Live,
            hindrance: if parents.is_empty() { Hindrance::Nothing } else { Hindrance::Parent },
            parents,
            version: None,
        };
        let values = if T::entity().definition().audit.values { named } else { ColumnSet::EMPTY };
        let revision = Revision { columns, values, changes, moment: Moment::now() };
        let rows = Rows::Where(Some(&predicate));
        observed(T::entity().name(), "update_where", pin!(self.touch(act, rows, Touch::Revise(Some(revision))))).await
    }

    /// Deletes every row of the caller for which `predicate` holds, as [`delete`](Self::delete) does, and tells how many
    /// there were.
    ///
    /// # Errors
    ///
    /// [`Error::Referenced`] if other rows still refer to one of them; no row is then deleted. [`Error::TooDeep`],
    /// [`Error::TooManyValues`] or [`Error::Audit`] if it cannot be done.
    pub async fn delete_where(&self, predicate: Predicate<T>) -> Result<u64>
    where
        C: Writes,
    {
        self.check_depth(&predicate)?;
        let rows = Rows::Where(Some(&predicate));
        observed(T::entity().name(), "delete_where", pin!(self.touch(deletion(None), rows, ending::<T>()))).await
    }

    pub(super) fn check_depth(&self, predicate: &Predicate<T>) -> Result<()> {
        if predicate.is_too_deep() { Err(Error::TooDeep { entity: T::entity().name() }) } else { Ok(()) }
    }
}

impl<T, DB> ScopedRepository<'_, T, DB, SystemContext<DB, T::Owner>>
where
    T: UserScoped,
    DB: Stores<T>,
{
    /// Inserts rows that belong to `owner`, all of them or none; their parents are proven to be his.
    ///
    /// # Errors
    ///
    /// [`Error::ReservedUser`] if nobody can be this user; otherwise as a user's own `insert_many`.
    pub async fn insert_many_for(&self, owner: &T::Owner, new: impl IntoIterator<Item = T::New>) -> Result<Vec<T>> {
        self.insert_many_owned(owner, new.into_iter().collect()).await
    }
}

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Writes<Owner = T::Owner>,
{
    async fn insert_many_owned(&self, owner: &T::Owner, new: Vec<T::New>) -> Result<Vec<T>> {
        if owner.as_raw().is_reserved() {
            return Err(Error::ReservedUser);
        }
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let rows = new.len();
        let details = Details { rows: Some(rows as u64), ..Details::default() };
        let mut parents: Vec<_> = new.iter().flat_map(T::parents_of_new).collect();
        parents.sort_by_key(|(parent, id)| (*parent, id.to_string()));
        parents.dedup();
        let mut act = Act { details, ..creation(parents) };
        observed(
            T::entity().name(),
            "insert_many",
            pin!(async {
                let recording = self.recording(&mut act);
                let (moment, everyone) = (Moment::now(), self.caller.scope().is_everyone());
                let mut statements = Vec::new();
                let mut new = new.into_iter().peekable();
                while new.peek().is_some() {
                    let rows = new.by_ref().take(Batch::<T>::most::<DB>()).collect();
                    let batch = Batch { rows, owner, moment, everyone };
                    let statement = sql::insert_many::<T, DB>(batch, recording.record());
                    statements.push(statement.map_err(|error| Error::unbindable(T::entity().name(), error))?);
                }
                self.write(act, &recording, None, statements, rows).await
            }),
        )
        .await
    }
}
