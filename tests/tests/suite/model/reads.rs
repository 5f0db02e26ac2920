//! What reads mean to the model.

use serde_json::{Value, json};

use super::filter::{Filter, Test};
use super::house::{Asker, House};
use super::kinds::Kind;
use super::operations::{Many, One, Outcome, Refusal, State};
use super::rows::{Cell, Row};

impl House {
    pub(super) fn read(&mut self, asker: Asker, kind: Kind, one: One, id: &str) -> Outcome {
        let row = self.one(asker, kind, id, State::Live);
        match &row {
            Some(_) => self.seen.push(Self::line(asker, kind, Some(id), "read", None, Value::Null)),
            None => self.miss(asker, kind, id, "read"),
        }
        match (one, row) {
            (One::Exists, row) => Outcome::Is(row.is_some()),
            (One::Get, None) => Outcome::Refused(Refusal::NotFound),
            (_, row) => Outcome::Rows(row.iter().map(Row::shown).collect()),
        }
    }

    pub(super) fn list(
        &mut self,
        asker: Asker,
        kind: Kind,
        filter: Option<&Filter>,
        state: State,
        many: Many,
    ) -> Outcome {
        let mut rows = self.listed(asker, kind, state, filter);
        if let Many::All { limit: Some(limit) } = many {
            rows.truncate(usize::try_from(limit).expect("a small number"));
        } else if many == Many::First {
            rows.truncate(1);
        }
        if many == Many::Count {
            self.counted(asker, kind, rows.len());
            return Outcome::Count(rows.len() as u64);
        }
        self.saw(asker, kind, rows.len());
        Outcome::Rows(rows)
    }

    pub(super) fn children(&mut self, asker: Asker, child: Kind, id: &str) -> Outcome {
        let rows = self.below(asker, child, id);
        self.saw(asker, child, rows.len());
        Outcome::Rows(rows)
    }

    pub(super) fn children_of(&mut self, asker: Asker, child: Kind, parents: &[Row]) -> Outcome {
        let mut families: Vec<Vec<Row>> = parents.iter().map(|parent| self.below(asker, child, &parent.id)).collect();
        self.saw(asker, child, families.iter().map(Vec::len).sum());
        // A stray is read by a system context, and is a child of nobody.
        for (family, parent) in families.iter_mut().zip(parents) {
            family.retain(|row| row.owner == parent.owner);
        }
        Outcome::Families(families)
    }

    fn below(&self, asker: Asker, child: Kind, id: &str) -> Vec<Row> {
        let (column, ..) = child.parent().expect("a child");
        let filter = Filter::Column(column, Test::Equal(Cell::Id(id.to_owned())));
        self.listed(asker, child, State::Live, Some(&filter))
    }

    fn listed(&self, asker: Asker, kind: Kind, state: State, filter: Option<&Filter>) -> Vec<Row> {
        let mut rows: Vec<Row> = self.matching(asker, kind, state, filter).iter().map(Row::shown).collect();
        // Two users may have a setting of the same id.
        rows.sort_by(|one, other| (&one.id, one.owner).cmp(&(&other.id, other.owner)));
        rows
    }

    pub(super) fn saw(&mut self, asker: Asker, kind: Kind, rows: usize) {
        self.seen.push(Self::line(asker, kind, None, "list", None, json!({ "rows": rows })));
    }

    /// Who counts is given no row.
    pub(super) fn counted(&mut self, asker: Asker, kind: Kind, rows: usize) {
        self.seen.push(Self::line(asker, kind, None, "list", None, json!({ "rows": 0, "counted": rows })));
    }
}
