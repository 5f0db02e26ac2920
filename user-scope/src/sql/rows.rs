//! Which rows a statement is about. The owner stands in every such condition, unless a system context asks for the rows
//! of all.

use sqlx::Database;
use sqlx::error::BoxDynError;

use super::parent::prove_parents;
use super::{SqlText, predicate};
use crate::backend::Backend;
use crate::context::Scope;
use crate::entity::{Codec, ColumnSet, Entity, Predicate, Stores, UserScoped, no_such_column};
use crate::identifier::AnyIdentifier;

/// Whether rows are meant that are marked as deleted; an entity without the mark has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum State {
    #[default]
    Live,
    Deleted,
    Any,
}

/// One row by its id, or all for which a condition holds.
pub(crate) enum Rows<'a, T: UserScoped> {
    One(&'a T::Id),
    Where(Option<&'a Predicate<T>>),
}

/// The rows that a write is about.
pub(crate) struct Target<'a, T: UserScoped> {
    pub(crate) scope: Scope<'a, T::Owner>,
    pub(crate) rows: Rows<'a, T>,
    pub(crate) state: State,
    /// Whether their parents have to be there.
    pub(crate) with_parents: bool,
}

impl<T: UserScoped> Clone for Rows<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: UserScoped> Copy for Rows<'_, T> {}

impl<T: UserScoped> Clone for Target<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: UserScoped> Copy for Target<'_, T> {}

impl<T: UserScoped> Target<'_, T> {
    /// Writes ` WHERE …` and binds its values.
    pub(super) fn write<DB: Stores<T>>(
        &self,
        text: &mut SqlText,
        arguments: &mut DB::Arguments,
    ) -> Result<(), BoxDynError> {
        match self.rows {
            Rows::One(id) => {
                text.sql(" WHERE ");
                row(text, T::entity(), self.scope.is_everyone(), self.state);
                bind_row::<T, DB>(arguments, &self.scope, id)?;
            }
            // A system context may mean all rows of all users.
            Rows::Where(filter) => {
                if self.scope.is_everyone() && filter.is_none() && self.state == State::Any {
                    text.sql(" WHERE true");
                }
                condition::<T, DB>(text, arguments, &self.scope, filter, self.state)?;
            }
        }
        if self.with_parents {
            let parents = T::entity().definition().parents.iter().map(|parent| parent.column);
            prove_parents(
                text,
                " AND ",
                T::entity(),
                parents.fold(ColumnSet::EMPTY, ColumnSet::with),
                &|text, column| {
                    text.name(T::entity().table()).sql(".").column(T::entity(), column);
                },
            );
        }
        Ok(())
    }
}

/// One row by its id, of an entity whose type is forgotten.
#[doc(hidden)]
#[expect(missing_debug_implementations, reason = "it never leaves the library")]
pub struct OneRow<'a, DB: Database> {
    pub(crate) entity: &'static Entity,
    pub(crate) scope: Scope<'a, dyn AnyIdentifier>,
    pub(crate) id: &'a dyn AnyIdentifier,
    /// How a column is bound.
    pub(crate) codec: fn(usize) -> Option<Codec<DB>>,
}

impl<DB: Database> Clone for OneRow<'_, DB> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<DB: Database> Copy for OneRow<'_, DB> {}

impl<DB: Backend> OneRow<'_, DB> {
    /// Binds what [`row`] names.
    pub(super) fn bind(&self, arguments: &mut DB::Arguments) -> Result<(), BoxDynError> {
        let codec = |column| (self.codec)(column).ok_or_else(|| no_such_column(column));
        let definition = self.entity.definition();
        codec(definition.id)?.bind(self.id, arguments)?;
        match self.scope {
            Scope::User(owner) => codec(definition.owner)?.bind(owner, arguments),
            Scope::Everyone => Ok(()),
        }
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

/// Binds what [`row`] names.
pub(super) fn bind_row<T: UserScoped, DB: Stores<T>>(
    arguments: &mut DB::Arguments,
    scope: &Scope<'_, T::Owner>,
    id: &T::Id,
) -> Result<(), BoxDynError> {
    OneRow::<DB> { entity: T::entity(), scope: scope.of_any(), id, codec: <DB as Stores<T>>::codec }.bind(arguments)
}

/// Writes ` WHERE owner = $1 AND (…)`: the owner first, and around what the application asks for a bracket, so that no
/// `OR` in it reaches further. Gives the word by which a further condition is added.
pub(super) fn condition<T: UserScoped, DB: Stores<T>>(
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    scope: &Scope<'_, T::Owner>,
    filter: Option<&Predicate<T>>,
    state: State,
) -> Result<&'static str, BoxDynError> {
    let mut keyword = " WHERE ";
    if let Scope::User(owner) = scope {
        text.sql(keyword).name(T::entity().owner_column()).sql(" = ").parameter();
        DB::bind(T::entity().definition().owner, *owner, arguments)?;
        keyword = " AND ";
    }
    if self::state(text, T::entity(), keyword, state) {
        keyword = " AND ";
    }
    if let Some(filter) = filter {
        text.sql(keyword).sql("(");
        predicate::write::<T, DB>(text, arguments, filter.node())?;
        text.sql(")");
        keyword = " AND ";
    }
    Ok(keyword)
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
