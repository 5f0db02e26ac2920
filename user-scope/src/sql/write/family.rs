//! Who goes with a row when it is deleted, marked, restored or transferred: its children as the entities declare them,
//! theirs, and the rows of a tree below it.
//!
//! What a part of the statement knows of its rows is called alike everywhere: `user_scope_id`, `user_scope_owner`, and
//! `user_scope_was`, the owner or the mark before.

use sqlx::error::BoxDynError;

use crate::entity::{Entity, OnDelete, ParentDefinition, Stores, UserScoped};
use crate::sql::SqlText;
use crate::sql::parent::{Storage, convert};
use crate::sql::rows::Target;

/// What is done to a row, and then to its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Delete,
    Mark,
    Unmark,
    Transfer,
    /// The rows stay whose they are and where they are: nobody goes with them.
    Revise,
}

/// Children that go with the rows of another part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Branch {
    pub(super) entity: &'static Entity,
    /// The part whose rows are the parents: 0 is the root, n is branch n - 1.
    pub(super) above: usize,
    pub(super) link: &'static ParentDefinition,
    /// Whether they only lose their parent.
    pub(super) set_null: bool,
}

/// The root and everybody who goes with it.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) deed: Deed,
    root: &'static Entity,
    /// Those that only lose their parent come last: nobody is below them.
    pub(super) branches: Vec<Branch>,
    /// Children that keep a row from being deleted.
    pub(super) blockers: Vec<Branch>,
}

impl Family {
    pub(super) fn of(root: &'static Entity, deed: Deed) -> Self {
        let mut family = Self { deed, root, branches: Vec::new(), blockers: Vec::new() };
        if deed != Deed::Revise {
            let mut losers = Vec::new();
            family.collect(root, 0, &mut vec![root], &mut losers);
            family.branches.append(&mut losers);
        }
        family
    }

    /// `path` ends a circle of entities that are each other's parents; what is behind it is left to the database.
    fn collect(
        &mut self,
        parent: &'static Entity,
        above: usize,
        path: &mut Vec<&'static Entity>,
        losers: &mut Vec<Branch>,
    ) {
        for child in parent.definition().children {
            let entity = child();
            for link in entity.definition().parents.iter().filter(|link| std::ptr::eq((link.entity)(), parent)) {
                let is_tree = std::ptr::eq(entity, parent);
                let mut branch = Branch { entity, above, link, set_null: false };
                match (self.deed, link.on_delete) {
                    (Deed::Unmark, OnDelete::Cascade) | (Deed::Transfer, _) | (_, OnDelete::Cascade) => {
                        if !is_tree && !path.iter().any(|seen| std::ptr::eq(*seen, entity)) {
                            self.branches.push(branch);
                            path.push(entity);
                            self.collect(entity, self.branches.len(), path, losers);
                            path.pop();
                        }
                    }
                    (Deed::Unmark, _) | (_, OnDelete::Database) => {}
                    (_, OnDelete::Restrict) => self.blockers.push(branch),
                    (_, OnDelete::SetNull) => {
                        branch.set_null = true;
                        losers.push(branch);
                    }
                }
            }
        }
    }

    pub(super) fn entity(&self, part: usize) -> &'static Entity {
        self.branch(part).map_or(self.root, |branch| branch.entity)
    }

    fn branch(&self, part: usize) -> Option<&Branch> {
        part.checked_sub(1).and_then(|branch| self.branches.get(branch))
    }

    /// The parts whose rows are of the same entity as those of `part`, and lose a parent as they do, in order. One row may
    /// be in several of them.
    pub(super) fn losing(&self, part: usize) -> impl Iterator<Item = usize> {
        self.of_the_same(part, true)
    }

    /// The parts whose rows are of the same entity, and go: they do not lose a parent as well.
    pub(super) fn going(&self, part: usize) -> impl Iterator<Item = usize> {
        self.of_the_same(part, false)
    }

    fn of_the_same(&self, part: usize, set_null: bool) -> impl Iterator<Item = usize> {
        let parts = (0..=self.branches.len()).filter(move |other| std::ptr::eq(self.entity(*other), self.entity(part)));
        parts.filter(move |other| self.branch(*other).is_some_and(|branch| branch.set_null) == set_null)
    }

    /// The column by which the rows of a part follow one another, if it is a tree.
    pub(super) fn tree(&self, part: usize) -> Option<&'static ParentDefinition> {
        let entity = self.entity(part);
        let set_null = self.branch(part).is_some_and(|branch| branch.set_null);
        let follows = |link: &&ParentDefinition| self.deed == Deed::Transfer || link.on_delete == OnDelete::Cascade;
        let own = |link: &&ParentDefinition| std::ptr::eq((link.entity)(), entity);
        let links = &entity.definition().parents;
        if self.deed == Deed::Revise || set_null { None } else { links.iter().filter(own).find(follows) }
    }

    /// The column whose former value the rows of a part must remember.
    pub(super) fn was(&self, part: usize) -> Option<usize> {
        let definition = self.entity(part).definition();
        match self.deed {
            Deed::Unmark => definition.deleted_at,
            Deed::Transfer => Some(definition.owner),
            Deed::Delete | Deed::Mark | Deed::Revise => None,
        }
    }

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
        if self.tree(part).is_none() {
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
        let (entity, Some(link)) = (self.entity(part), self.tree(part)) else { return };
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
        child(text, link.column);
        text.sql(" = ");
        convert(text, Storage::of_id(entity), Storage::of_link(entity, link), &|text| {
            text.tree(part).sql(".").our("id");
        });
        text.sql(" AND ");
        child(text, entity.definition().owner);
        text.sql(" = ").tree(part).sql(".").our("owner");
        self.state_of(text, entity, &child);
        if let (Deed::Unmark, Some(deleted_at)) = (self.deed, entity.definition().deleted_at) {
            text.sql(" AND ");
            child(text, deleted_at);
            text.sql(" = ").tree(part).sql(".").our("was");
        }
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
    pub(super) fn root_rows<T: UserScoped, DB: Stores<T>>(
        &self,
        text: &mut SqlText,
        arguments: &mut DB::Arguments,
        target: &Target<'_, T>,
    ) -> Result<(), BoxDynError> {
        if self.tree(0).is_none() {
            self.select(text, 0);
            return target.write::<DB>(text, arguments);
        }
        text.sql("WITH RECURSIVE ").tree(0);
        self.known(text, 0);
        text.sql(" AS (");
        self.select(text, 0);
        target.write::<DB>(text, arguments)?;
        self.descendants(text, 0);
        text.sql(") SELECT * FROM ").tree(0);
        Ok(())
    }
}
