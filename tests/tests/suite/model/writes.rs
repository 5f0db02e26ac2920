//! What inserts and updates mean to the model.

use serde_json::{Map, Value, json};
use user_scope::Uuid;

use super::filter::Filter;
use super::house::{Asker, House};
use super::kinds::Kind;
use super::operations::{One, Outcome, Refusal, State};
use super::rows::{Cell, Draft, Edit, Row};

impl House {
    pub(super) fn insert(
        &mut self,
        asker: Asker,
        kind: Kind,
        owner: Option<Uuid>,
        drafts: &[Draft],
        together: bool,
        made: &[String],
    ) -> Outcome {
        let owner = owner.or(asker.scope).expect("an owner");
        if let Some((column, parent, _)) = kind.parent() {
            let mut parents: Vec<&str> = drafts.iter().filter_map(|draft| draft.cells[column].id()).collect();
            parents.sort_unstable();
            parents.dedup();
            if parents.iter().any(|id| !self.has_parent(kind, id, owner)) {
                parents.iter().for_each(|id| self.miss(asker, parent, id, "create"));
                return Outcome::Refused(Refusal::ParentNotFound);
            }
        }
        let ids = made.iter().cloned().chain(std::iter::repeat_with(|| Uuid::now_v7().to_string()));
        let version = kind.facts().versioned.then_some(1);
        let new = drafts.iter().zip(ids).map(|(draft, id)| Row {
            id: draft.id.clone().unwrap_or(id),
            owner,
            cells: draft.cells.clone(),
            version,
            deleted: None,
        });
        let new: Vec<Row> = new.collect();
        let clashes = |(index, row): (usize, &Row)| {
            self.of(kind).iter().chain(&new[..index]).any(|other| clash(kind, row, other))
        };
        if new.iter().enumerate().any(clashes) {
            return self.refused_by_database(Refusal::Duplicate);
        }
        for row in &new {
            let mut details = if together { json!({ "rows": new.len() }) } else { json!({}) };
            if kind.facts().values {
                details["new"] = values(kind, row, |_| true, true);
            }
            self.write(asker, kind, row, "create", details);
            self.of_mut(kind).push(row.clone());
        }
        Outcome::Rows(new)
    }

    pub(super) fn update(&mut self, asker: Asker, kind: Kind, id: &str, edit: &Edit) -> Outcome {
        if edit.cells.iter().all(Option::is_none) {
            let read = self.read(asker, kind, One::Get, id);
            let stale = matches!(&read, Outcome::Rows(rows) if rows[0].version.is_some_and(|v| v != edit.version));
            return if stale { Outcome::Refused(Refusal::Stale) } else { read };
        }
        let Some(row) = self.one(asker, kind, id, State::Live) else {
            self.miss(asker, kind, id, "update");
            self.miss_parent(asker, kind, edit);
            return Outcome::Refused(Refusal::NotFound);
        };
        if row.version.is_some_and(|version| version != edit.version) {
            return Outcome::Refused(Refusal::Stale);
        }
        match self.revise(asker, kind, &[row], edit, false) {
            Ok(rows) => Outcome::Rows(rows.iter().map(Row::shown).collect()),
            Err(refused) => refused,
        }
    }

    pub(super) fn update_where(&mut self, asker: Asker, kind: Kind, filter: &Filter, edit: &Edit) -> Outcome {
        let rows = self.matching(asker, kind, State::Live, Some(filter));
        if edit.cells.iter().all(Option::is_none) {
            self.counted(asker, kind, rows.len());
            return Outcome::Count(rows.len() as u64);
        }
        match self.revise(asker, kind, &rows, edit, true) {
            Ok(rows) => Outcome::Count(rows.len() as u64),
            Err(refused) => refused,
        }
    }

    /// All of them, or none.
    fn revise(
        &mut self,
        asker: Asker,
        kind: Kind,
        rows: &[Row],
        edit: &Edit,
        counted: bool,
    ) -> Result<Vec<Row>, Outcome> {
        if let Some(id) = named_parent(kind, edit)
            && rows.iter().any(|row| !self.has_parent(kind, id, row.owner))
        {
            self.miss_parent(asker, kind, edit);
            return Err(Outcome::Refused(Refusal::ParentNotFound));
        }
        let revised = rows.iter().map(|row| {
            let cells = row.cells.iter().zip(&edit.cells);
            let cells = cells.map(|(old, new)| new.as_ref().unwrap_or(old).clone()).collect();
            Row { cells, version: row.version.map(|version| version + 1), ..row.clone() }
        });
        let revised: Vec<Row> = revised.collect();
        let others = self.of(kind).iter().filter(|row| !rows.iter().any(|old| old.id == row.id));
        let others: Vec<&Row> = others.collect();
        let clashes = |(index, row): (usize, &Row)| {
            others.iter().copied().chain(&revised[..index]).any(|other| clash(kind, row, other))
        };
        if kind.facts().unique && revised.iter().enumerate().any(clashes) {
            return Err(self.refused_by_database(Refusal::Duplicate));
        }
        let columns = kind.facts().columns.iter().zip(&edit.cells).filter(|(_, cell)| cell.is_some());
        let changed: Vec<&str> = columns.map(|(column, _)| column.name).collect();
        for (old, new) in rows.iter().zip(&revised) {
            let mut details = json!({ "changed": changed });
            if counted {
                details["rows"] = json!(rows.len());
            }
            if kind.facts().values {
                let is_set = |column: usize| edit.cells[column].is_some();
                details["old"] = values(kind, old, is_set, false);
                details["new"] = values(kind, new, is_set, false);
            }
            self.write(asker, kind, old, "update", details);
            *self.row_mut(kind, old) = new.clone();
        }
        Ok(revised)
    }

    fn miss_parent(&mut self, asker: Asker, kind: Kind, edit: &Edit) {
        if let (Some(id), Some((_, parent, _))) = (named_parent(kind, edit), kind.parent()) {
            self.miss(asker, parent, id, "update");
        }
    }
}

fn named_parent(kind: Kind, edit: &Edit) -> Option<&str> {
    edit.cells[kind.parent()?.0].as_ref().and_then(Cell::id)
}

/// Whether two rows cannot stand beside one another.
pub(super) fn clash(kind: Kind, one: &Row, other: &Row) -> bool {
    let (unique, keyed) = (kind.facts().unique, kind.facts().keyed_by_owner);
    one.owner == other.owner && (keyed && one.id == other.id || unique && one.cells[0] == other.cells[0])
}

/// What the log says of the values of a row.
pub(super) fn values(kind: Kind, row: &Row, named: impl Fn(usize) -> bool, with_version: bool) -> Value {
    let columns = kind.facts().columns.iter().zip(&row.cells).enumerate().filter(|(position, _)| named(*position));
    let mut object: Map<String, Value> = columns
        .map(|(_, (column, cell))| {
            (column.name.to_owned(), if column.redacted { json!("[redacted]") } else { cell.to_json() })
        })
        .collect();
    if let Some(version) = row.version.filter(|_| with_version) {
        object.insert("version".into(), json!(version));
    }
    Value::Object(object)
}
