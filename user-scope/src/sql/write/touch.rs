//! Writes that give no rows back, only what they touched: deletes, marks and their removal, transfers, and changes by a
//! condition. Whoever goes with a row goes in the same statement on PostgreSQL, and in the same transaction on SQLite.

use sqlx::error::BoxDynError;

use super::family::{Deed, Family};
use super::set;
use super::touch_postgres::one_statement;
use super::touch_sqlite::statements;
use super::update::Revision;
use crate::audit::Operation;
use crate::backend::{Backend, Dialect, Query};
use crate::entity::{ColumnSet, Entity, Moment, ParentDefinition, Stores, UserScoped};
use crate::sql::log::Record;
use crate::sql::parent::{Storage, convert};
use crate::sql::rows::Target;
use crate::sql::{SqlText, values};

/// What is done to the rows of a target.
pub(crate) enum Touch<'a, T: UserScoped> {
    /// They are deleted; those that are marked only if the entity has no mark, or to be rid of them.
    Delete,
    /// They are marked as deleted.
    Mark(Moment),
    /// They are not marked any more.
    Unmark,
    /// They belong to somebody else.
    Transfer(&'a T::Owner),
    /// They are changed; whoever writes the statement takes the changes.
    Revise(Option<Revision<T>>),
}

/// The statements of a touch, and what their rows are about.
pub(crate) struct Touching<DB: Backend> {
    /// What the rows are before, and whether there are any, where a statement has to ask by itself.
    /// Columns: id, owner, old values.
    pub(crate) look: Option<Query<DB>>,
    /// In this order, the root's last. Columns: number of the part, id, owner, old and new values, all but the first as
    /// text on PostgreSQL; or, if the statement records itself, how many rows of the root there are.
    pub(crate) steps: Vec<Query<DB>>,
    /// By number.
    pub(crate) parts: Vec<Part>,
    /// Whether foreign keys hold again only after the last step; they are then looked at when the transaction is committed.
    pub(crate) defers_keys: bool,
}

/// A part of a touch, as the audit needs to know it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) entity: &'static Entity,
    pub(crate) operation: Operation,
    /// The column that lost its parent.
    pub(crate) emptied: Option<usize>,
}

impl<T: UserScoped> Touch<'_, T> {
    const fn deed(&self) -> Deed {
        match self {
            Self::Delete => Deed::Delete,
            Self::Mark(_) => Deed::Mark,
            Self::Unmark => Deed::Unmark,
            Self::Transfer(_) => Deed::Transfer,
            Self::Revise(_) => Deed::Revise,
        }
    }
}

/// Writes all statements of `touch`.
pub(crate) fn touch<T: UserScoped, DB: Stores<T>>(
    target: Target<'_, T>,
    touch: Touch<'_, T>,
    operation: Operation,
    record: Record<'_>,
) -> Result<Touching<DB>, BoxDynError> {
    let family = Family::of(T::entity(), touch.deed());
    let values = match &touch {
        Touch::Revise(revision) => revision.as_ref().map_or(ColumnSet::EMPTY, |revision| revision.values),
        Touch::Delete | Touch::Mark(_) => values_at_the_end(T::entity()),
        Touch::Unmark | Touch::Transfer(_) => ColumnSet::EMPTY,
    };
    let parts = parts(&family, operation);
    let plan = Plan { target, touch, family, record, values };
    match DB::DIALECT {
        Dialect::Postgres => {
            let steps = vec![one_statement::<T, DB>(plan, &parts)?];
            Ok(Touching { look: None, steps, parts, defers_keys: false })
        }
        Dialect::Sqlite => statements::<T, DB>(plan, parts),
    }
}

fn parts(family: &Family, operation: Operation) -> Vec<Part> {
    let root = Part { entity: family.entity(0), operation, emptied: None };
    let branches = family.branches.iter().map(|branch| Part {
        entity: branch.entity,
        operation: if branch.set_null { Operation::Update } else { operation },
        emptied: branch.set_null.then_some(branch.link.column),
    });
    std::iter::once(root).chain(branches).collect()
}

/// What is recorded of a row that is gone: a mark does not change the rest.
fn values_at_the_end(entity: &Entity) -> ColumnSet {
    let definition = entity.definition();
    if !definition.audit.values {
        return ColumnSet::EMPTY;
    }
    let written = definition.deleted_at.into_iter().chain(definition.version);
    written.fold(values::of_a_row(entity), ColumnSet::without)
}

/// A touch on its way into statements.
pub(super) struct Plan<'a, T: UserScoped> {
    pub(super) target: Target<'a, T>,
    pub(super) touch: Touch<'a, T>,
    pub(super) family: Family,
    pub(super) record: Record<'a>,
    /// The root's columns whose values are recorded.
    pub(super) values: ColumnSet,
}

impl<T: UserScoped> Plan<'_, T> {
    /// The columns of a part whose old values are recorded: a row that is gone, or marked, still gives them.
    pub(super) fn old_values(&self, part: usize) -> ColumnSet {
        match (part.checked_sub(1).and_then(|branch| self.family.branches.get(branch)), self.family.deed) {
            (None, Deed::Delete | Deed::Mark) => self.values,
            (Some(branch), Deed::Delete | Deed::Mark) if !branch.set_null => values_at_the_end(branch.entity),
            _ => ColumnSet::EMPTY,
        }
    }

    /// The root's columns whose new values are recorded.
    pub(super) fn new_values(&self) -> ColumnSet {
        if self.family.deed == Deed::Revise { self.values } else { ColumnSet::EMPTY }
    }

    /// Writes `UPDATE root SET …` or `DELETE FROM root`, and gives the number of the first parameter that it set.
    pub(super) fn write_deed<DB: Stores<T>>(
        &mut self,
        text: &mut SqlText,
        arguments: &mut DB::Arguments,
    ) -> Result<(ColumnSet, usize), BoxDynError> {
        let entity = T::entity();
        let definition = entity.definition();
        text.sql(if matches!(self.touch, Touch::Delete) { "DELETE FROM " } else { "UPDATE " }).table(entity);
        let first = text.parameters() + 1;
        let parameter = |text: &mut SqlText, _| {
            text.parameter();
        };
        let one = |column| ColumnSet::EMPTY.with(column);
        let columns = match (&mut self.touch, definition.deleted_at) {
            (Touch::Delete, _) => ColumnSet::EMPTY,
            (Touch::Mark(moment), Some(deleted_at)) => {
                set(text, entity, one(deleted_at), parameter);
                DB::bind_moment(deleted_at, *moment, arguments)?;
                one(deleted_at)
            }
            (Touch::Unmark, Some(deleted_at)) => {
                set(text, entity, one(deleted_at), |text, _| {
                    text.sql("NULL");
                });
                one(deleted_at)
            }
            (Touch::Transfer(to), _) => {
                set(text, entity, one(definition.owner), parameter);
                DB::bind(definition.owner, *to, arguments)?;
                one(definition.owner)
            }
            (Touch::Revise(revision), _) => {
                let Some(Revision { columns, changes, moment, .. }) = revision.take() else {
                    return Err("these changes were written already".into());
                };
                set(text, entity, columns, parameter);
                DB::bind_changes(changes, moment, arguments)?;
                columns
            }
            (Touch::Mark(_) | Touch::Unmark, None) => return Err("this entity has no mark of deletion".into()),
        };
        Ok((columns, first))
    }

    /// Whether something may keep the whole from being done.
    pub(super) fn has_guards(&self) -> bool {
        !self.family.blockers.is_empty() || matches!(self.touch, Touch::Transfer(_))
    }

    /// Writes ` AND …`: what keeps the whole from being done. Nothing of it is about rows of others: a child counts only
    /// if it has the owner of its parent.
    pub(super) fn write_guards<DB: Stores<T>>(
        &self,
        text: &mut SqlText,
        arguments: &mut DB::Arguments,
        root: RootRows<'_, T, DB>,
    ) -> Result<(), BoxDynError> {
        for blocker in &self.family.blockers {
            text.sql(" AND NOT EXISTS (SELECT 1 FROM ").table(blocker.entity).sql(" WHERE ");
            self.family.is_below(text, blocker, &mut |text| root(self, text, arguments))?;
            self.family.state(text, blocker.entity);
            text.sql(")");
        }
        let Touch::Transfer(to) = &self.touch else { return Ok(()) };
        for part in 0..=self.family.branches.len() {
            for link in self.left_behind(part) {
                self.write_stray::<DB>(text, arguments, part, link, *to, root)?;
            }
        }
        Ok(())
    }

    /// The parents of a part that need not move with it.
    fn left_behind(&self, part: usize) -> impl Iterator<Item = &'static ParentDefinition> {
        let branch = part.checked_sub(1).and_then(|branch| self.family.branches.get(branch));
        // Of a tree only the uppermost rows are known to be children of those above.
        let follows = branch.filter(|_| self.family.tree(part).is_none()).map(|branch| branch.link.column);
        let links = self.family.entity(part).definition().parents.iter();
        links.filter(move |link| follows != Some(link.column))
    }

    /// Writes ` AND NOT EXISTS (SELECT …)`: a row of `part` whose parent neither belongs to the new owner nor moves too.
    fn write_stray<DB: Stores<T>>(
        &self,
        text: &mut SqlText,
        arguments: &mut DB::Arguments,
        part: usize,
        link: &'static ParentDefinition,
        to: &T::Owner,
        root: RootRows<'_, T, DB>,
    ) -> Result<(), BoxDynError> {
        let (entity, parent) = (self.family.entity(part), (link.entity)());
        text.sql(" AND NOT EXISTS (SELECT 1 FROM ").table(entity).sql(" AS ").our("row").sql(" WHERE ");
        self.write_is_of::<DB>(text, arguments, part, root)?;
        text.sql(" AND ")
            .our("row")
            .sql(".")
            .column(entity, link.column)
            .sql(" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ");
        text.table(parent).sql(" AS ").our("parent").sql(" WHERE ").our("parent").sql(".").name(parent.id_column());
        text.sql(" = ");
        convert(text, Storage::of_link(entity, link), Storage::of_id(parent), &|text| {
            text.our("row").sql(".").column(entity, link.column);
        });
        text.sql(" AND ").our("parent").sql(".").name(parent.owner_column()).sql(" = ");
        let number = text.parameters() + 1;
        convert(text, Storage::of_owner(T::entity()), Storage::of_owner(parent), &|text| {
            text.parameter_again(number);
        });
        text.skip_parameters(1).sql(")");
        DB::bind(T::entity().definition().owner, to, arguments)?;
        let moving = (0..=self.family.branches.len()).filter(|other| std::ptr::eq(self.family.entity(*other), parent));
        for other in moving {
            // In a tree the parent of the uppermost rows may stay behind; that of the rows below them moves.
            text.sql(" AND ").our("row").sql(".").column(entity, link.column).sql(" NOT IN (SELECT ");
            convert(text, Storage::of_id(parent), Storage::of_link(entity, link), &|text| {
                text.our("id");
            });
            text.sql(" FROM ");
            self.family.rows(text, other, &mut |text| root(self, text, arguments))?;
            text.sql(" AS ").our("above").sql(")");
        }
        text.sql(")");
        Ok(())
    }

    /// Writes `(row.id, row.owner) IN (SELECT …)`.
    fn write_is_of<DB: Stores<T>>(
        &self,
        text: &mut SqlText,
        arguments: &mut DB::Arguments,
        part: usize,
        root: RootRows<'_, T, DB>,
    ) -> Result<(), BoxDynError> {
        let entity = self.family.entity(part);
        text.sql("(").our("row").sql(".").name(entity.id_column()).sql(", ").our("row").sql(".");
        text.name(entity.owner_column()).sql(") IN (SELECT ").our("id").sql(", ").our("owner").sql(" FROM ");
        self.family.rows(text, part, &mut |text| root(self, text, arguments))?;
        text.sql(" AS ").our("above").sql(")");
        Ok(())
    }
}

/// Writes a SELECT of the root's rows.
pub(super) type RootRows<'a, T, DB> =
    &'a dyn Fn(&Plan<'_, T>, &mut SqlText, &mut <DB as sqlx::Database>::Arguments) -> Result<(), BoxDynError>;
