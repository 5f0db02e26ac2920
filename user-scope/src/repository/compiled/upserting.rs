//! A row that is inserted, or changed because it is there already.

use std::pin::pin;

use super::rowwise::{Rowwise, WrittenRows};
use super::{Access, Act, Hindrance};
use crate::audit::Operation;
use crate::backend::Backend;
use crate::entity::ColumnSet;
use crate::error::{Doing, Error, Result, is_about_a_missing_index};
use crate::identifier::{AnyIdentifier, IdValue};
use crate::observe::observed;
use crate::session::{Session, Trace};
use crate::sql::{self, Binding, Rows, State};

/// A row to be inserted or changed.
#[doc(hidden)]
#[expect(missing_debug_implementations, reason = "it holds values")]
pub struct Upsert<'f, DB: Backend> {
    /// Its id, if that is the key.
    pub(in crate::repository) id: Option<&'f dyn AnyIdentifier>,
    /// The columns of another key, which holds the owner.
    pub(in crate::repository) key: Option<ColumnSet>,
    pub(in crate::repository) parents: Vec<(usize, IdValue)>,
    pub(in crate::repository) new: Binding<'f, DB>,
}

pub(super) async fn upsert<DB: Backend>(
    access: Access<'_, DB>,
    upsert: Upsert<'_, DB>,
    written: &mut dyn WrittenRows<DB>,
) -> Result<u64> {
    let work = pin!(async {
        let Upsert { id, key, parents, mut new } = upsert;
        let named = if access.marks() { parents.clone() } else { Vec::new() };
        let mut act = Act { operation: Operation::Upsert, id, hindrance: Hindrance::Key, ..Act::creation(parents) };
        let recording = access.recording(&mut act);
        let upsert = sql::upsert(&access.reach(), &mut new, key, recording.record());
        let statements = vec![upsert.map_err(|error| access.unbindable(error))?];
        let write = Rowwise { act, recording, look: None, statements, rows: 1 };
        match access.write(write, written).await {
            Err(error) => Err(access.reason(error, id, key, named).await),
            written => written,
        }
    });
    observed(access.entity().name(), "upsert", work).await
}

impl<DB: Backend> Access<'_, DB> {
    /// Whether rows are marked as deleted and stay.
    const fn marks(&self) -> bool {
        self.entity().definition().deleted_at.is_some()
    }

    /// What a failed upsert is told, who is told of his own rows alone: that of this id, or the one that holds the key.
    async fn reason(
        self,
        error: Error,
        id: Option<&dyn AnyIdentifier>,
        key: Option<ColumnSet>,
        parents: Vec<(usize, IdValue)>,
    ) -> Error {
        let entity = self.entity();
        let is_marked = match (&error, id) {
            (Error::NotFound { .. }, Some(id)) if self.marks() => self.is_marked(id).await,
            // The key holds the owner. If all parents are there nothing but the row itself was in the way.
            (Error::ParentNotFound { source: None, .. }, None) if self.marks() => self.has(&parents).await,
            _ => Ok(false),
        };
        match (error, is_marked) {
            (_, Err(error)) => error,
            (_, Ok(true)) => Error::Deleted { entity: entity.name() },
            (Error::Database { source, .. }, _) if is_about_a_missing_index(source.as_sqlx()) => {
                Error::MissingIndex { entity: entity.name(), statement: sql::index_for::<DB>(entity, key), source }
            }
            (error, Ok(false)) => error,
        }
    }

    async fn is_marked(self, id: &dyn AnyIdentifier) -> Result<bool> {
        let mut session = self.session().await?;
        let is_there = self.is_there(&mut session, Rows::One(id), State::Deleted).await;
        self.looked(session, is_there).await
    }

    /// Whether all of these parents are there, of the user for whom the row is.
    async fn has(self, parents: &[(usize, IdValue)]) -> Result<bool> {
        if parents.is_empty() {
            return Ok(true);
        }
        let mut session = self.session().await?;
        let lacks = self.lacks_a_parent(&mut session, parents).await;
        self.looked(session, lacks).await.map(|lacks| !lacks)
    }

    /// Ends a session in which something was looked at that nobody asked for.
    async fn looked(self, session: Session<'_, DB>, found: sqlx::Result<bool>) -> Result<bool> {
        match found {
            Ok(found) => {
                session.conclude(Trace::Nothing, self.audit).await;
                Ok(found)
            }
            Err(error) => Err(self.failed(session, Doing::Reading, error)),
        }
    }
}
