//! Rows that are marked as deleted: out of every read, until they are asked for, restored, or purged by a system context.

use std::pin::pin;

use super::act::{Act, Hindrance};
use super::{Query, Reaches, ScopedRepository};
use crate::audit::{Details, Operation};
use crate::context::{Caller, Writes};
use crate::entity::{SoftDelete, Stores, UserScoped};
use crate::error::{Doing, Result};
use crate::observe::observed;
use crate::sql::{Rows, State, Touch};

impl<T, DB, C, R> Query<'_, T, DB, C, R>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// Those rows too that are marked as deleted.
    pub const fn with_deleted(mut self) -> Self
    where
        T: SoftDelete,
    {
        self.state = State::Any;
        self
    }

    /// Only rows that are marked as deleted.
    pub const fn only_deleted(mut self) -> Self
    where
        T: SoftDelete,
    {
        self.state = State::Deleted;
        self
    }
}

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// Takes the mark from a row that is marked as deleted, and from the children that were marked together with it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) if the caller has no such row, or it is not marked,
    /// [`Error::ParentNotFound`](crate::Error::ParentNotFound) if its parent is still marked,
    /// [`Error::Duplicate`](crate::Error::Duplicate) if another row has its key by now,
    /// [`Error::Audit`](crate::Error::Audit) if it cannot be recorded.
    pub async fn restore(&self, id: &T::Id) -> Result<()>
    where
        T: SoftDelete,
        C: Writes + Reaches<T>,
    {
        let has_parents = !T::entity().definition().parents.is_empty();
        let act = Act {
            operation: Operation::Restore,
            doing: Doing::Writing,
            details: Details::default(),
            id: Some(id),
            state: State::Deleted,
            hindrance: if has_parents { Hindrance::Parent } else { Hindrance::Nothing },
            parents: Vec::new(),
            version: None,
        };
        observed(T::entity().name(), "restore", pin!(self.touch(act, Rows::One(id), Touch::Unmark))).await.map(drop)
    }
}
