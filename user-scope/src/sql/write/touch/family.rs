//! Who goes with a row when it is deleted, marked, restored or transferred: its children as the entities declare them,
//! theirs, and the rows of a tree below it.

use crate::entity::{Entity, OnDelete, ParentDefinition};

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
#[derive(Debug, Clone)]
pub(super) struct Family {
    pub(super) deed: Deed,
    root: &'static Entity,
    /// Those that only lose their parent come last: nobody is below them.
    pub(super) branches: Vec<Branch>,
    /// Children that keep a row from being deleted.
    pub(super) blockers: Vec<Branch>,
    /// The parameter that holds the caller, as the root stores owners, where a statement is one user's and has more parts than
    /// one. Each part names him: that its rows have the owner of the row above says the same, but not to a planner, who
    /// would look into every partition for them.
    pub(super) owner: Option<usize>,
}

impl Family {
    pub(super) fn of(root: &'static Entity, deed: Deed) -> Self {
        let mut family = Self { deed, root, branches: Vec::new(), blockers: Vec::new(), owner: None };
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

    /// Whether there is anybody beside the rows that were asked for.
    pub(super) fn has_others(&self) -> bool {
        !self.branches.is_empty() || !self.blockers.is_empty() || self.is_tree(0)
    }

    pub(super) fn entity(&self, part: usize) -> &'static Entity {
        self.branch(part).map_or(self.root, |branch| branch.entity)
    }

    pub(super) fn branch(&self, part: usize) -> Option<&Branch> {
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

    /// Whether the rows of a part follow one another.
    pub(super) fn is_tree(&self, part: usize) -> bool {
        self.tree(part).next().is_some()
    }

    /// The columns by which they do: a transfer takes along whatever is below a row, by whichever column.
    pub(super) fn tree(&self, part: usize) -> impl Iterator<Item = &'static ParentDefinition> {
        let entity = self.entity(part);
        let set_null = self.branch(part).is_some_and(|branch| branch.set_null);
        let deed = self.deed;
        let links = entity.definition().parents.iter().filter(move |_| deed != Deed::Revise && !set_null);
        links.filter(move |link| {
            let follows = deed == Deed::Transfer || link.on_delete == OnDelete::Cascade;
            follows && std::ptr::eq((link.entity)(), entity)
        })
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
}
