//! What it means to the model that rows are deleted, restored, purged, or given to another user, and who goes with them.

use serde_json::{Value, json};
use user_scope::Uuid;

use super::filter::Filter;
use super::house::{Asker, House};
use super::kinds::{End, Kind};
use super::operations::{Outcome, Refusal, State};
use super::rows::{Cell, Row};
use super::writes::{clash, values};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Delete,
    Mark,
    Unmark,
    Transfer,
}

/// A row, and whether it only loses its parent.
type Member = (Kind, Row, bool);

impl House {
    pub(super) fn delete(&mut self, asker: Asker, kind: Kind, id: &str) -> Outcome {
        let Some(row) = self.one(asker, kind, id, State::Live) else {
            self.miss(asker, kind, id, "delete");
            return Outcome::Refused(Refusal::NotFound);
        };
        self.finish(asker, kind, vec![row], "delete", false).map_or_else(|refused| refused, |_| Outcome::Done)
    }

    pub(super) fn delete_where(&mut self, asker: Asker, kind: Kind, filter: &Filter) -> Outcome {
        let rows = self.matching(asker, kind, State::Live, Some(filter));
        self.finish(asker, kind, rows, "delete", true).map_or_else(|refused| refused, Outcome::Count)
    }

    pub(super) fn purge(&mut self, asker: Asker, kind: Kind, id: &str) -> Outcome {
        let Some(row) = self.one(asker, kind, id, State::Deleted) else {
            return Outcome::Refused(Refusal::NotFound);
        };
        self.finish(asker, kind, vec![row], "purge", false).map_or_else(|refused| refused, |_| Outcome::Done)
    }

    pub(super) fn purge_where(&mut self, asker: Asker, kind: Kind, filter: &Filter) -> Outcome {
        let rows = self.matching(asker, kind, State::Deleted, Some(filter));
        self.finish(asker, kind, rows, "purge", true).map_or_else(|refused| refused, Outcome::Count)
    }

    /// Marks rows, or removes them; tells how many of the entity there were, the rest of their trees included.
    fn finish(&mut self, asker: Asker, kind: Kind, rows: Vec<Row>, word: &str, counted: bool) -> Result<u64, Outcome> {
        let marks = kind.facts().soft && word == "delete";
        let family = self.family(kind, rows, if marks { Deed::Mark } else { Deed::Delete });
        let kept = family.iter().filter(|(_, _, emptied)| !emptied).any(|(kind, row, _)| self.is_kept(*kind, row));
        if kept {
            return Err(Outcome::Refused(Refusal::Referenced));
        }
        let count = family.iter().filter(|member| member.0 == kind).count();
        self.clock += 1;
        for (member, row, emptied) in family {
            if emptied {
                let (column, ..) = member.parent().expect("a child");
                self.row_mut(member, &row).cells[column] = Cell::Null;
                let details = json!({ "changed": [member.facts().columns[column].name] });
                self.write(asker, member, &row, "update", details);
                continue;
            }
            let mut details = if counted && member == kind { json!({ "rows": count }) } else { json!({}) };
            if member.facts().values {
                details["old"] = values(member, &row, |_| true, false);
            }
            self.write(asker, member, &row, word, details);
            if marks {
                let clock = self.clock;
                let row = self.row_mut(member, &row);
                row.deleted = Some(clock);
                row.version = row.version.map(|version| version + 1);
            } else {
                self.of_mut(member).retain(|other| (&other.id, other.owner) != (&row.id, row.owner));
                self.graves.push((member, row.id));
            }
        }
        Ok(count as u64)
    }

    pub(super) fn restore(&mut self, asker: Asker, kind: Kind, id: &str) -> Outcome {
        let Some(row) = self.one(asker, kind, id, State::Deleted) else {
            self.miss(asker, kind, id, "restore");
            return Outcome::Refused(Refusal::NotFound);
        };
        if row.parent(kind).is_some_and(|parent| !self.has_parent(kind, parent, row.owner)) {
            return Outcome::Refused(Refusal::ParentNotFound);
        }
        for (member, row, _) in self.family(kind, vec![row], Deed::Unmark) {
            self.write(asker, member, &row, "restore", Value::Null);
            let row = self.row_mut(member, &row);
            row.deleted = None;
            row.version = row.version.map(|version| version + 1);
        }
        Outcome::Done
    }

    pub(super) fn transfer(&mut self, asker: Asker, kind: Kind, id: &str, to: Uuid) -> Outcome {
        let Some(row) = self.one(asker, kind, id, State::Live) else {
            return Outcome::Refused(Refusal::NotFound);
        };
        let family = self.family(kind, vec![row], Deed::Transfer);
        let above = |parent: &str| {
            let (_, above, _) = kind.parent().expect("a child");
            let moves = family.iter().any(|(kind, row, _)| *kind == above && row.id == parent);
            moves || self.of(above).iter().any(|row| row.id == parent && row.owner == to)
        };
        let roots = family.iter().filter(|member| member.0 == kind);
        if roots.filter_map(|(_, row, _)| row.parent(kind)).any(|parent| !above(parent)) {
            return Outcome::Refused(Refusal::ParentNotFound);
        }
        let clashes = |(kind, row, _): &Member| {
            let moved = Row { owner: to, ..row.clone() };
            row.owner != to && self.of(*kind).iter().any(|other| clash(*kind, &moved, other))
        };
        if family.iter().any(clashes) {
            return self.refused_by_database(Refusal::Duplicate);
        }
        for (member, row, _) in family {
            self.write(asker, member, &row, "transfer", json!({ "to": to.to_string() }));
            let row = self.row_mut(member, &row);
            row.owner = to;
            row.version = row.version.map(|version| version + 1);
        }
        Outcome::Done
    }

    /// Whether another row must not lose this one.
    fn is_kept(&self, kind: Kind, row: &Row) -> bool {
        let keepers = kind.children().filter(|(_, end)| *end == End::Restrict);
        keepers.into_iter().any(|(child, _)| self.of(child).iter().any(|other| is_below(child, other, row)))
    }

    /// The rows, those below them in their tree, and their children and theirs.
    fn family(&self, kind: Kind, rows: Vec<Row>, deed: Deed) -> Vec<Member> {
        let goes = |kind: Kind, child: &Row, parent: &Row| {
            is_below(kind, child, parent)
                && match deed {
                    Deed::Delete | Deed::Transfer => true,
                    Deed::Mark => child.deleted.is_none(),
                    Deed::Unmark => child.deleted == parent.deleted,
                }
        };
        let mut part = rows;
        if kind.is_tree() {
            let mut next = 0;
            while let Some(parent) = part.get(next).cloned() {
                let known: Vec<String> = part.iter().map(|row| row.id.clone()).collect();
                let below = self.of(kind).iter().filter(|row| goes(kind, row, &parent) && !known.contains(&row.id));
                part.extend(below.cloned());
                next += 1;
            }
        }
        let mut family: Vec<Member> = part.iter().map(|row| (kind, row.clone(), false)).collect();
        for (child, end) in kind.children() {
            let below = self.of(child).iter().filter(|row| part.iter().any(|parent| goes(child, row, parent)));
            let below: Vec<Row> = below.cloned().collect();
            match (deed, end) {
                (Deed::Transfer, _) | (_, End::Cascade) => family.extend(self.family(child, below, deed)),
                (Deed::Unmark, _) | (_, End::Restrict) => {}
                (_, End::SetNull) => family.extend(below.into_iter().map(|row| (child, row, true))),
            }
        }
        family
    }
}

fn is_below(kind: Kind, child: &Row, parent: &Row) -> bool {
    child.owner == parent.owner && child.parent(kind) == Some(&parent.id)
}
