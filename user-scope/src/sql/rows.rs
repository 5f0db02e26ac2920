//! Which rows a statement is about. The owner stands in every such condition, unless a system context asks for the rows
//! of all.

use sqlx::Database;
use sqlx::error::BoxDynError;

use super::parent::prove_parents;
use super::{SqlText, predicate};
use crate::backend::Backend;
use crate::context::Scope;
use crate::entity::{ColumnSet, Condition, Entity, Table};
use crate::identifier::AnyIdentifier;

/// Whether rows are meant that are marked as deleted; an entity without the mark has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum State {
    #[default]
    Live,
    Deleted,
    Any,
}

/// The rows of a table that a caller may reach.
pub(crate) struct Reach<'a, DB: Database> {
    pub(crate) table: Table<DB>,
    pub(crate) scope: Scope<'a>,
}

/// One row by its id.
pub(crate) struct OneRow<'a, DB: Database> {
    pub(crate) reach: Reach<'a, DB>,
    pub(crate) id: &'a dyn AnyIdentifier,
}

/// One row by its id, or all for which a condition holds.
#[derive(Clone, Copy)]
pub(crate) enum Rows<'a> {
    One(&'a dyn AnyIdentifier),
    Where(Option<&'a Condition>),
}

impl<'a> Rows<'a> {
    pub(crate) const fn id(self) -> Option<&'a dyn AnyIdentifier> {
        match self {
            Self::One(id) => Some(id),
            Self::Where(_) => None,
        }
    }
}

/// The rows that a write is about.
pub(crate) struct Target<'a, DB: Database> {
    pub(crate) reach: Reach<'a, DB>,
    pub(crate) rows: Rows<'a>,
    pub(crate) state: State,
    /// Whether their parents have to be there.
    pub(crate) with_parents: bool,
}

impl<DB: Database> Clone for Reach<'_, DB> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<DB: Database> Copy for Reach<'_, DB> {}

impl<DB: Database> Clone for OneRow<'_, DB> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<DB: Database> Copy for OneRow<'_, DB> {}

impl<DB: Database> Clone for Target<'_, DB> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<DB: Database> Copy for Target<'_, DB> {}

impl<DB: Backend> Reach<'_, DB> {
    pub(crate) const fn entity(&self) -> &'static Entity {
        self.table.entity
    }

    /// Writes ` WHERE owner = $1 AND (…)`: the owner first, and around what the application asks for a bracket, so that no
    /// `OR` in it reaches further. Gives the word by which a further condition is added.
    pub(super) fn condition(
        &self,
        text: &mut SqlText,
        arguments: &mut DB::Arguments,
        filter: Option<&Condition>,
        state: State,
    ) -> Result<&'static str, BoxDynError> {
        let mut keyword = " WHERE ";
        if let Scope::User(owner) = self.scope {
            text.sql(keyword).name(self.entity().owner_column()).sql(" = ").parameter();
            self.table.bind(self.entity().definition().owner, owner, arguments)?;
            keyword = " AND ";
        }
        if self::state(text, self.entity(), keyword, state) {
            keyword = " AND ";
        }
        if let Some(filter) = filter {
            text.sql(keyword).sql("(");
            predicate::write(text, arguments, self.table, filter.node())?;
            text.sql(")");
            keyword = " AND ";
        }
        Ok(keyword)
    }
}

impl<DB: Backend> OneRow<'_, DB> {
    /// Binds what [`row`] names.
    pub(super) fn bind(&self, arguments: &mut DB::Arguments) -> Result<(), BoxDynError> {
        let (table, definition) = (self.reach.table, self.reach.entity().definition());
        table.bind(definition.id, self.id, arguments)?;
        match self.reach.scope {
            Scope::User(owner) => table.bind(definition.owner, owner, arguments),
            Scope::Everyone => Ok(()),
        }
    }
}

impl<DB: Backend> Target<'_, DB> {
    /// Writes ` WHERE …` and binds its values.
    pub(super) fn write(&self, text: &mut SqlText, arguments: &mut DB::Arguments) -> Result<(), BoxDynError> {
        let Self { reach, state, .. } = *self;
        let (entity, everyone) = (reach.entity(), reach.scope.is_everyone());
        match self.rows {
            Rows::One(id) => {
                text.sql(" WHERE ");
                row(text, entity, everyone, state);
                OneRow { reach, id }.bind(arguments)?;
            }
            // A system context may mean all rows of all users.
            Rows::Where(filter) => {
                if everyone && filter.is_none() && state == State::Any {
                    text.sql(" WHERE true");
                }
                reach.condition(text, arguments, filter, state)?;
            }
        }
        if self.with_parents {
            let parents = entity.definition().parents.iter().map(|parent| parent.column);
            let parents = parents.fold(ColumnSet::EMPTY, ColumnSet::with);
            prove_parents(text, " AND ", entity, parents, &|text, column| {
                text.name(entity.table()).sql(".").column(entity, column);
            });
        }
        Ok(())
    }
}

/// Writes `id = $1 AND owner = $2`: the condition of every statement about one row.
pub(super) fn row(text: &mut SqlText, entity: &Entity, everyone: bool, state: State) {
    text.name(entity.id_column()).sql(" = ").parameter();
    if !everyone {
        text.sql(" AND ").name(entity.owner_column()).sql(" = ").parameter();
    }
    self::state(text, entity, " AND ", state);
}

/// Writes whether the mark is to be there, after `keyword`, and tells whether there was anything to write.
pub(super) fn state(text: &mut SqlText, entity: &Entity, keyword: &'static str, state: State) -> bool {
    let Some(deleted_at) = entity.definition().deleted_at else { return false };
    let words = match state {
        State::Live => " IS NULL",
        State::Deleted => " IS NOT NULL",
        State::Any => return false,
    };
    text.sql(keyword).column(entity, deleted_at).sql(words);
    true
}
