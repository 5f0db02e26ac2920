//! Reads: one row, whether it is there, many, how many.

use sqlx::error::BoxDynError;

use super::rows::{self, OneRow, Reach, State, Target};
use super::{SqlText, arguments};
use crate::backend::{Backend, Query};
use crate::entity::{Condition, Direction, Entity, Key, Shape};

/// Which rows of an entity, in which order, and how many at most.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(crate) filter: Option<Condition>,
    pub(crate) order: Vec<Key>,
    pub(crate) limit: Option<u32>,
    pub(crate) state: State,
}

impl Selection {
    /// All that are not marked as deleted.
    pub(crate) const ALL: Self = Self { filter: None, order: Vec::new(), limit: None, state: State::Live };

    /// Only rows for which `condition` holds as well.
    pub(crate) fn narrow(&mut self, condition: Condition) {
        self.filter = Some(match self.filter.take() {
            Some(filter) => filter.and(condition),
            None => condition,
        });
    }
}

/// `SELECT … WHERE id = $1 AND owner = $2`.
pub(crate) fn get<DB: Backend>(row: &OneRow<'_, DB>) -> Result<Query<DB>, BoxDynError> {
    one(Shape::Get { everyone: row.reach.scope.is_everyone() }, row, &|text| {
        text.columns(row.reach.entity());
    })
}

/// `SELECT 1 … WHERE id = $1 AND owner = $2`.
pub(crate) fn exists<DB: Backend>(row: &OneRow<'_, DB>) -> Result<Query<DB>, BoxDynError> {
    one(Shape::Exists { everyone: row.reach.scope.is_everyone() }, row, &|text| {
        text.sql("1");
    })
}

/// Whether the row is there, be it marked as deleted.
pub(crate) fn is_there<DB: Backend>(target: &Target<'_, DB>) -> Result<Query<DB>, BoxDynError> {
    let (mut text, mut arguments) = (SqlText::new(DB::DIALECT), arguments::<DB>(4));
    text.sql("SELECT 1 FROM ").table(target.reach.entity());
    target.write(&mut text, &mut arguments)?;
    text.sql(" LIMIT 1");
    let keep = text.keep();
    Ok(Query { text: text.into_sql(), arguments, keep })
}

fn one<DB: Backend>(
    shape: Shape,
    row: &OneRow<'_, DB>,
    columns: &dyn Fn(&mut SqlText),
) -> Result<Query<DB>, BoxDynError> {
    let (entity, everyone) = (row.reach.entity(), row.reach.scope.is_everyone());
    let text = entity.cache().text(DB::DIALECT, shape, || {
        let mut text = SqlText::new(DB::DIALECT);
        text.sql("SELECT ");
        columns(&mut text);
        text.sql(" FROM ").table(entity).sql(" WHERE ");
        rows::row(&mut text, entity, everyone, State::Live);
        text.finish()
    });
    let mut arguments = arguments::<DB>(2);
    row.bind(&mut arguments)?;
    Ok(Query { text: text.into(), arguments, keep: true })
}

/// `SELECT … WHERE owner = $1 AND (…) ORDER BY … LIMIT $n`, of these columns, or of all.
pub(crate) fn list<DB: Backend>(
    reach: &Reach<'_, DB>,
    columns: Option<&[usize]>,
    selection: &Selection,
) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = arguments::<DB>(4);
    text.sql("SELECT ").selected(reach.entity(), columns);
    text.sql(" FROM ").table(reach.entity());
    reach.condition(&mut text, &mut arguments, selection.filter.as_ref(), selection.state)?;
    order(&mut text, reach.entity(), &selection.order);
    if let Some(limit) = selection.limit {
        text.limit();
        DB::add_integer(&mut arguments, i64::from(limit))?;
    }
    let keep = text.keep();
    Ok(Query { text: text.into_sql(), arguments, keep })
}

/// `SELECT count(*) … WHERE owner = $1 AND (…)`.
pub(crate) fn count<DB: Backend>(reach: &Reach<'_, DB>, selection: &Selection) -> Result<Query<DB>, BoxDynError> {
    let mut text = SqlText::new(DB::DIALECT);
    let mut arguments = arguments::<DB>(4);
    text.sql("SELECT count(*) FROM ").table(reach.entity());
    reach.condition(&mut text, &mut arguments, selection.filter.as_ref(), selection.state)?;
    let keep = text.keep();
    Ok(Query { text: text.into_sql(), arguments, keep })
}

pub(super) fn order(text: &mut SqlText, entity: &Entity, order: &[Key]) {
    if order.is_empty() {
        return;
    }
    text.sql(" ORDER BY ");
    text.list(", ", order, |text, order| {
        text.column(entity, order.column).sql(match order.direction {
            Direction::Ascending => " ASC",
            Direction::Descending => " DESC",
        });
        // Databases differ in where NULL comes, so it is said wherever there can be one.
        text.sql(if order.nullable { " NULLS LAST" } else { "" });
    });
}
