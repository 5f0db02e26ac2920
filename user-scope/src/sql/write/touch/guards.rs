//! What keeps a touch from being done as a whole: children that must not lose their parent, and parents that would stay
//! behind.

use sqlx::error::BoxDynError;

use super::Touch;
use super::plan::Plan;
use crate::backend::Backend;
use crate::entity::ParentDefinition;
use crate::identifier::AnyIdentifier;
use crate::sql::SqlText;
use crate::sql::parent::{Storage, convert};

impl<DB: Backend> Plan<'_, DB> {
    /// Whether something may keep the whole from being done.
    pub(super) fn has_guards(&self) -> bool {
        !self.family.blockers.is_empty() || matches!(self.touch, Touch::Transfer(_))
    }

    /// Writes ` AND …`: what keeps the whole from being done. Nothing of it is about rows of others: a child counts only
    /// if it has the owner of its parent.
    pub(super) fn write_guards(
        &self,
        text: &mut SqlText,
        arguments: &mut DB::Arguments,
        root: RootRows<'_, DB>,
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
                self.write_stray(text, arguments, part, link, *to, root)?;
            }
        }
        Ok(())
    }

    /// The parents of a part that need not move with it.
    fn left_behind(&self, part: usize) -> impl Iterator<Item = &'static ParentDefinition> {
        let branch = part.checked_sub(1).and_then(|branch| self.family.branches.get(branch));
        // Of a tree only the uppermost rows are known to be children of those above.
        let follows = branch.filter(|_| !self.family.is_tree(part)).map(|branch| branch.link.column);
        let links = self.family.entity(part).definition().parents.iter();
        links.filter(move |link| follows != Some(link.column))
    }

    /// Writes ` AND NOT EXISTS (SELECT …)`: a row of `part` whose parent neither belongs to the new owner nor moves too.
    fn write_stray(
        &self,
        text: &mut SqlText,
        arguments: &mut DB::Arguments,
        part: usize,
        link: &'static ParentDefinition,
        to: &dyn AnyIdentifier,
        root: RootRows<'_, DB>,
    ) -> Result<(), BoxDynError> {
        let (entity, parent) = (self.family.entity(part), (link.entity)());
        text.sql(" AND NOT EXISTS (SELECT 1 FROM ").table(entity).sql(" AS ").our("row").sql(" WHERE ");
        self.write_is_of(text, arguments, part, root)?;
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
        convert(text, Storage::of_owner(self.entity()), Storage::of_owner(parent), &|text| {
            text.parameter_again(number);
        });
        text.skip_parameters(1).sql(")");
        self.target.reach.table.bind(self.entity().definition().owner, to, arguments)?;
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
    fn write_is_of(
        &self,
        text: &mut SqlText,
        arguments: &mut DB::Arguments,
        part: usize,
        root: RootRows<'_, DB>,
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
pub(super) type RootRows<'a, DB> =
    &'a dyn Fn(&Plan<'_, DB>, &mut SqlText, &mut <DB as sqlx::Database>::Arguments) -> Result<(), BoxDynError>;
