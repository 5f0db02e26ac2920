//! Why nothing was written.

use super::{Access, Act, Hindrance};
use crate::backend::Backend;
use crate::context::Scope;
use crate::error::{Doing, Error};
use crate::identifier::IdValue;
use crate::session::{Session, Trace};
use crate::sql::{self, Rows, State, Target};

impl<DB: Backend> Access<'_, DB> {
    /// The row is there, and of another version than the caller knows.
    pub(super) async fn stale(self, session: Session<'_, DB>) -> Error {
        session.conclude(Trace::Nothing, self.audit).await;
        Error::Stale { entity: self.entity().name() }
    }

    /// Why a statement wrote nothing. Absent and foreign rows, of the entity or of a parent, are not told apart.
    pub(super) async fn nothing_written(self, mut session: Session<'_, DB>, mut act: Act<'_>) -> Error {
        let entity = self.entity();
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
                Ok(true) => {
                    reason = act.hindrance.error(entity.name());
                    if act.hindrance != Hindrance::Key {
                        // It is his own, and was not missed: asked for later, when it is given away, it would look like
                        // another's.
                        act.id = None;
                    }
                }
                Ok(false) => {}
                Err(error) => return self.failed(session, Doing::Reading, error),
            }
        }
        session.conclude(self.missed_by(act), self.audit).await;
        reason
    }

    /// The rows that a write asked for and that were not there for it.
    pub(super) fn missed_by(self, act: Act<'_>) -> Trace {
        let entity = self.entity();
        let parents = act.parents.into_iter().filter_map(|(parent, id)| {
            let parent = entity.definition().parents.get(parent)?;
            Some(((parent.entity)(), id))
        });
        let row = act.id.map(|id| (entity, id.to_id_value()));
        self.missed(act.operation, &mut row.into_iter().chain(parents))
    }

    pub(super) async fn is_there(
        self,
        session: &mut Session<'_, DB>,
        rows: Rows<'_>,
        state: State,
    ) -> sqlx::Result<bool> {
        let target = Target { reach: self.reach(), rows, state, with_parents: false };
        let query = sql::is_there(&target).map_err(sqlx::Error::Encode)?;
        Ok(DB::fetch_optional(session.connection(), query).await?.is_some())
    }

    /// Whether one of these parents is not the caller's.
    pub(super) async fn lacks_a_parent(
        self,
        session: &mut Session<'_, DB>,
        parents: &[(usize, IdValue)],
    ) -> sqlx::Result<bool> {
        let Scope::User(owner) = self.caller.whose() else { return Ok(false) };
        for (parent, id) in parents {
            let Some(parent) = self.entity().definition().parents.get(*parent) else { continue };
            let query = sql::is_own_parent::<DB>((parent.entity)(), id, &owner.to_id_value());
            let found = DB::fetch_optional(session.connection(), query.map_err(sqlx::Error::Encode)?).await?;
            if found.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
