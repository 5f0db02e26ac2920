//! Reads: one row, whether it is there, many, how many.

use sqlx::error::BoxDynError;

use super::{SqlText, arguments, predicate};
use crate::backend::Query;
use crate::context::Scope;
use crate::entity::{Direction, Entity, Order, Predicate, Shape, Stores, UserScoped};

/// Which rows of an entity, in which order, and how many at most.
#[derive(Debug)]
pub(crate) struct Selection<T> {
    pub(crate) filter: Option<Predicate<T>>,
    pub(crate) order: Vec<Order<T>>,
    pub(crate) limit: Option<u32>,
}

/// `SELECT … WHERE id = $1 AND owner = $2`.
pub(crate) fn get<T: UserScoped, DB: Stores<T>>(
    scope: &Scope<'_, T::Owner>,
    id: &T::Id,
) -> Result<Query<DB>, BoxDynError> {
    one::<T, DB>(Shape::Get { everyone: scope.is_everyone() }, scope, id, |text| {
        text.columns(T::entity());
    })
}

/// `SELECT 1 … WHERE id = $1 AND owner = $2`.
pub(crate) fn exists<T: UserScoped, DB: Stores<T>>(
    scope: &Scope<'_, T::Owner>,
    id: &T::Id,
) -> Result<Query<DB>, BoxDynError> {
    one::<T, DB>(Shape::Exists { everyone: scope.is_everyone() }, scope, id, |text| {
        text.sql("1");
    })
}

fn one<T: UserScoped, DB: Stores<T>>(
    shape: Shape,
    scope: &Scope<'_, T::Owner>,
    id: &T::Id,
    columns: impl FnOnce(&mut SqlText),
) -> Result<Query<DB>, BoxDynError> {
    let entity = T::entity();
    let text = entity.cache().text(DB::DIALECT, shape, || {
        let mut text = SqlText::new(DB::DIALECT);
        text.sql("SELECT ");
        columns(&mut text);
        text.sql(" FROM ").table(entity).sql(" WHERE ");
        row(&mut text, entity, scope.is_everyone());
        text.finish()
    });
    let mut arguments = arguments::<DB>(2);
    bind_row::<T, DB>(&mut arguments, scope, id)?;
    Ok(Query { text: text.into(), arguments, keep: true })
}

/// Writes `id = $1 AND owner = $2`: the condition of every statement about one row.
pub(super) fn row(text: &mut SqlText, entity: &Entity, everyone: bool) {
    text.name(entity.id_column()).sql(" = ").parameter();
    if !everyone {
        text.sql(" AND ").name(entity.owner_column()).sql(" = ").parameter();
    }
}

/// Binds what [`row`] names.
pub(super) fn bind_row<T: UserScoped, DB: Stores<T>>(
    arguments: &mut DB::Arguments,
    scope: &Scope<'_, T::Owner>,
    id: &T::Id,
) -> Result<(), BoxDynError> {
    let definition = T::entity().definition();
    DB::bind(definition.id, id, arguments)?;
    match scope {
        Scope::User(owner) => DB::bind(definition.owner, *owner, arguments),
        Scope::Everyone => Ok(()),
    }
}

/// `SELECT … WHERE owner = $1 AND (…) ORDER BY … LIMIT $n`.
pub(crate) fn list<T: UserScoped, DB: Stores<T>>(
    scope: &Scope<'_, T::Owner>,
    selection: &Selection<T>,
) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = arguments::<DB>(4);
    text.sql("SELECT ").columns(T::entity()).sql(" FROM ").table(T::entity());
    condition::<T, DB>(&mut text, &mut arguments, scope, selection.filter.as_ref())?;
    order(&mut text, &selection.order);
    if let Some(limit) = selection.limit {
        text.sql(" LIMIT ").parameter();
        DB::add_integer(&mut arguments, i64::from(limit))?;
    }
    let keep = text.keep();
    Ok(Query { text: text.into_sql(), arguments, keep })
}

/// `SELECT count(*) … WHERE owner = $1 AND (…)`.
pub(crate) fn count<T: UserScoped, DB: Stores<T>>(
    scope: &Scope<'_, T::Owner>,
    filter: Option<&Predicate<T>>,
) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = arguments::<DB>(4);
    text.sql("SELECT count(*) FROM ").table(T::entity());
    condition::<T, DB>(&mut text, &mut arguments, scope, filter)?;
    let keep = text.keep();
    Ok(Query { text: text.into_sql(), arguments, keep })
}

/// The owner first, and around what the application asks for a bracket: no `OR` in it reaches further.
fn condition<T: UserScoped, DB: Stores<T>>(
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    scope: &Scope<'_, T::Owner>,
    filter: Option<&Predicate<T>>,
) -> Result<(), BoxDynError> {
    let mut keyword = " WHERE ";
    if let Scope::User(owner) = scope {
        text.sql(keyword).name(T::entity().owner_column()).sql(" = ").parameter();
        DB::bind(T::entity().definition().owner, *owner, arguments)?;
        keyword = " AND ";
    }
    if let Some(filter) = filter {
        text.sql(keyword).sql("(");
        predicate::write::<T, DB>(text, arguments, filter.node())?;
        text.sql(")");
    }
    Ok(())
}

fn order<T: UserScoped>(text: &mut SqlText, order: &[Order<T>]) {
    if order.is_empty() {
        return;
    }
    text.sql(" ORDER BY ");
    text.list(", ", order, |text, order| {
        text.column(T::entity(), order.column).sql(match order.direction {
            Direction::Ascending => " ASC",
            Direction::Descending => " DESC",
        });
        // Databases differ in where NULL comes, so it is said wherever there can be one.
        text.sql(if order.nullable { " NULLS LAST" } else { "" });
    });
}
