//! The rows of a family as SELECTs: those of a part, of what is below it, and of a tree.
//!
//! What a part of the statement knows of its rows is called alike everywhere: `user_scope_id`, `user_scope_owner`, and
//! `user_scope_was`, the owner or the mark before.

use sqlx::error::BoxDynError;

use super::family::{Branch, Deed, Family};
use crate::backend::Backend;
use crate::entity::Entity;
use crate::sql::SqlText;
use crate::sql::parent::{Storage, convert};
use crate::sql::rows::Target;

impl Family {
    /// Writes `(SELECT … )`, the rows of a part as they are before anything is done; `root` writes those of the root.
    pub(super) fn rows(
        &self,
        text: &mut SqlText,
        part: usize,
        root: &mut dyn FnMut(&mut SqlText) -> Result<(), BoxDynError>,
    ) -> Result<(), BoxDynError> {
        text.sql("(");
        let Some(branch) = self.branch(part) else {
            root(text)?;
            text.sql(")");
            return Ok(());
        };
        if !self.is_tree(part) {
            self.children(text, branch, root)?;
        } else {
            text.sql("WITH RECURSIVE ").tree(part);
            self.known(text, part);
            text.sql(" AS (");
            self.children(text, branch, root)?;
            self.descendants(text, part);
            text.sql(") SELECT * FROM ").tree(part);
        }
        text.sql(")");
        Ok(())
    }

    /// Writes ` (user_scope_id, …)`: what the parts are said to know.
    pub(super) fn known(&self, text: &mut SqlText, part: usize) {
        text.sql(" (").our("id").sql(", ").our("owner");
        if self.was(part).is_some() {
            text.sql(", ").our("was");
        }
        text.sql(")");
    }

    /// Writes `SELECT … FROM child WHERE …` of the children of the part above.
    fn children(
        &self,
        text: &mut SqlText,
        branch: &Branch,
        root: &mut dyn FnMut(&mut SqlText) -> Result<(), BoxDynError>,
    ) -> Result<(), BoxDynError> {
        let part = self.branches.iter().position(|other| std::ptr::eq(other, branch)).map_or(0, |index| index + 1);
        self.select(text, part);
        text.sql(" WHERE ");
        self.is_below(text, branch, root)?;
        self.state(text, branch.entity);
        Ok(())
    }

    /// Writes `(link, owner) IN (SELECT … )`: that a row is a child of one of the part above.
    pub(super) fn is_below(
        &self,
        text: &mut SqlText,
        branch: &Branch,
        root: &mut dyn FnMut(&mut SqlText) -> Result<(), BoxDynError>,
    ) -> Result<(), BoxDynError> {
        let (entity, above) = (branch.entity, self.entity(branch.above));
        text.sql("(").column(entity, branch.link.column).sql(", ").name(entity.owner_column());
        if let (Deed::Unmark, Some(deleted_at)) = (self.deed, entity.definition().deleted_at) {
            text.sql(", ").column(entity, deleted_at);
        }
        text.sql(") IN (SELECT ");
        convert(text, Storage::of_id(above), Storage::of_link(entity, branch.link), &|text| {
            text.our("id");
        });
        text.sql(", ");
        convert(text, Storage::of_owner(above), Storage::of_owner(entity), &|text| {
            text.our("owner");
        });
        if self.deed == Deed::Unmark {
            text.sql(", ").our("was");
        }
        text.sql(" FROM ");
        self.rows(text, branch.above, root)?;
        text.sql(" AS ").our("above").sql(")");
        self.of_the_caller(text, entity, &|text, column| {
            text.column(entity, column);
        });
        Ok(())
    }

    /// Writes `SELECT id AS user_scope_id, … FROM table`.
    pub(super) fn select(&self, text: &mut SqlText, part: usize) {
        let entity = self.entity(part);
        text.sql("SELECT ").name(entity.id_column()).sql(" AS ").our("id").sql(", ");
        text.name(entity.owner_column()).sql(" AS ").our("owner");
        if let Some(was) = self.was(part) {
            text.sql(", ").column(entity, was).sql(" AS ").our("was");
        }
        text.sql(" FROM ").table(entity);
    }

    /// Writes ` UNION SELECT …`, the rows of a tree below those that are known.
    pub(super) fn descendants(&self, text: &mut SqlText, part: usize) {
        let entity = self.entity(part);
        let child = |text: &mut SqlText, column| {
            text.our("child").sql(".").column(entity, column);
        };
        text.sql(" UNION SELECT ");
        child(text, entity.definition().id);
        text.sql(", ");
        child(text, entity.definition().owner);
        if let Some(was) = self.was(part) {
            text.sql(", ");
            child(text, was);
        }
        text.sql(" FROM ").table(entity).sql(" AS ").our("child").sql(" JOIN ").tree(part).sql(" ON ");
        let several = self.tree(part).nth(1).is_some();
        text.sql(if several { "(" } else { "" });
        text.list(" OR ", self.tree(part), |text, link| {
            child(text, link.column);
            text.sql(" = ");
            convert(text, Storage::of_id(entity), Storage::of_link(entity, link), &|text| {
                text.tree(part).sql(".").our("id");
            });
        });
        text.sql(if several { ") AND " } else { " AND " });
        child(text, entity.definition().owner);
        text.sql(" = ").tree(part).sql(".").our("owner");
        self.of_the_caller(text, entity, &child);
        self.state_of(text, entity, &child);
        if let (Deed::Unmark, Some(deleted_at)) = (self.deed, entity.definition().deleted_at) {
            text.sql(" AND ");
            child(text, deleted_at);
            text.sql(" = ").tree(part).sql(".").our("was");
        }
    }

    /// Writes ` AND owner = $1`, where the statement has said that it is one user's.
    pub(super) fn of_the_caller(&self, text: &mut SqlText, entity: &Entity, column: &dyn Fn(&mut SqlText, usize)) {
        let Some(number) = self.owner else { return };
        text.sql(" AND ");
        column(text, entity.definition().owner);
        text.sql(" = ");
        convert(text, Storage::of_owner(self.entity(0)), Storage::of_owner(entity), &|text| {
            text.parameter_again(number);
        });
    }

    /// Writes ` AND deleted_at IS NULL` where only such rows are meant.
    pub(super) fn state(&self, text: &mut SqlText, entity: &Entity) {
        self.state_of(text, entity, &|text, column| {
            text.column(entity, column);
        });
    }

    fn state_of(&self, text: &mut SqlText, entity: &Entity, column: &dyn Fn(&mut SqlText, usize)) {
        let Some(deleted_at) = entity.definition().deleted_at.filter(|_| self.deed == Deed::Mark) else { return };
        text.sql(" AND ");
        column(text, deleted_at);
        text.sql(" IS NULL");
    }

    /// The rows of the root that `target` names, where no part of the statement has them already, as on SQLite.
    pub(super) fn root_rows<DB: Backend>(
        &self,
        text: &mut SqlText,
        arguments: &mut DB::Arguments,
        target: &Target<'_, DB>,
    ) -> Result<(), BoxDynError> {
        if !self.is_tree(0) {
            self.select(text, 0);
            return target.write(text, arguments);
        }
        text.sql("WITH RECURSIVE ").tree(0);
        self.known(text, 0);
        text.sql(" AS (");
        self.select(text, 0);
        target.write(text, arguments)?;
        self.descendants(text, 0);
        text.sql(") SELECT * FROM ").tree(0);
        Ok(())
    }
}
