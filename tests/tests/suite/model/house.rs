//! The model: all rows in memory, and what should stand in the log. What operations mean is in `reads`, `writes` and
//! `endings`; here is what they share.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Map, Value, json};
use user_scope::Uuid;

use super::filter::Filter;
use super::kinds::Kind;
use super::operations::{Operation, Outcome, Refusal, State, Who};
use super::rows::Row;

/// Who asks, as the model and the log need to know it.
#[derive(Debug, Clone, Copy)]
pub struct Asker {
    /// Who answers for it.
    pub actor: Uuid,
    /// Whose rows they are; nobody's in particular if a system context sees all.
    pub scope: Option<Uuid>,
    pub receipt: Option<Uuid>,
}

/// A row of somebody whom this model does not follow.
#[derive(Debug, Clone)]
pub struct Stranger {
    pub kind: Kind,
    pub id: String,
    pub owner: Uuid,
    /// Whether it is there until the end, so that it is certain what becomes of a miss.
    pub stays: bool,
}

#[derive(Debug, Default)]
pub struct House {
    rows: Vec<Vec<Row>>,
    /// What was written with its audit row, and goes with it if a transaction is rolled back.
    pub written: Vec<String>,
    /// Reads and denials.
    pub seen: Vec<String>,
    /// Denials that may be recorded or not: the row may have been gone before it was asked whose it was.
    pub possible: Vec<String>,
    /// The entities of rows that were missed since the last flush: nothing of them may go before it is recorded.
    pub pending: BTreeSet<Kind>,
    /// Ids of rows that are gone.
    pub graves: Vec<(Kind, String)>,
    pub strangers: Rc<RefCell<Vec<Stranger>>>,
    /// Counts marks of deletion.
    pub clock: i64,
    /// An operation in the transaction was refused by the database.
    pub aborted: bool,
    before: Option<(Vec<Vec<Row>>, usize)>,
}

impl Asker {
    pub fn new(who: Who, admin: Uuid, receipt: Uuid) -> Self {
        match who {
            Who::User(user) => Self { actor: user, scope: Some(user), receipt: None },
            Who::OwnedBy(user) => Self { actor: admin, scope: Some(user), receipt: Some(receipt) },
            Who::Everyone | Who::Reader => Self { actor: admin, scope: None, receipt: Some(receipt) },
        }
    }

    pub fn reaches(&self, row: &Row) -> bool {
        self.scope.is_none_or(|scope| scope == row.owner)
    }
}

impl House {
    pub fn new() -> Self {
        Self { rows: Kind::ALL.map(|_| Vec::new()).into(), ..Self::default() }
    }

    pub fn of(&self, kind: Kind) -> &[Row] {
        &self.rows[kind as usize]
    }

    pub fn of_mut(&mut self, kind: Kind) -> &mut Vec<Row> {
        &mut self.rows[kind as usize]
    }

    /// What an operation does and gives. `made` are the ids that the library gave to new rows.
    pub fn carry_out(&mut self, asker: Asker, operation: &Operation, made: &[String]) -> Outcome {
        if self.aborted {
            return Outcome::Refused(Refusal::TransactionAborted);
        }
        match operation {
            Operation::Read(kind, one, id) => self.read(asker, *kind, *one, id),
            Operation::List { kind, filter, state, many } => self.list(asker, *kind, filter.as_ref(), *state, *many),
            Operation::Children { child, id, .. } => self.children(asker, *child, id),
            Operation::ChildrenOf { child, rows, .. } => self.children_of(asker, *child, rows),
            Operation::Insert { kind, owner, drafts, together } => {
                self.insert(asker, *kind, *owner, drafts, *together, made)
            }
            Operation::Update(kind, id, edit) => self.update(asker, *kind, id, edit),
            Operation::UpdateWhere(kind, filter, edit) => self.update_where(asker, *kind, filter, edit),
            Operation::Delete(kind, id) => self.delete(asker, *kind, id),
            Operation::DeleteWhere(kind, filter) => self.delete_where(asker, *kind, filter),
            Operation::Restore(kind, id) => self.restore(asker, *kind, id),
            Operation::Transfer(kind, id, to) => self.transfer(asker, *kind, id, *to),
            Operation::Purge(kind, id) => self.purge(asker, *kind, id),
            Operation::PurgeWhere(kind, filter) => self.purge_where(asker, *kind, filter),
        }
    }

    pub fn begin(&mut self) {
        self.before = Some((self.rows.clone(), self.written.len()));
    }

    /// What was read stays on record, whatever becomes of the transaction.
    pub fn end(&mut self, commits: bool) -> Outcome {
        let (rows, written) = self.before.take().expect("a transaction");
        let aborted = std::mem::take(&mut self.aborted);
        if aborted || !commits {
            self.rows = rows;
            self.written.truncate(written);
        }
        if aborted && commits { Outcome::Refused(Refusal::TransactionAborted) } else { Outcome::Done }
    }

    /// The database itself has refused.
    pub fn refused_by_database(&mut self, refusal: Refusal) -> Outcome {
        self.aborted = self.before.is_some();
        Outcome::Refused(refusal)
    }

    /// The caller's row with this id.
    pub fn one(&self, asker: Asker, kind: Kind, id: &str, state: State) -> Option<Row> {
        self.of(kind).iter().find(|row| row.id == id && asker.reaches(row) && state.is_of(row)).cloned()
    }

    pub fn matching(&self, asker: Asker, kind: Kind, state: State, filter: Option<&Filter>) -> Vec<Row> {
        let fits = |row: &&Row| filter.is_none_or(|filter| filter.holds(row) == Some(true));
        self.of(kind).iter().filter(|row| asker.reaches(row) && state.is_of(row)).filter(fits).cloned().collect()
    }

    /// The row itself, to be changed.
    pub fn row_mut(&mut self, kind: Kind, row: &Row) -> &mut Row {
        let found = self.of_mut(kind).iter_mut().find(|other| other.id == row.id && other.owner == row.owner);
        found.expect("a row that was found before")
    }

    /// Whether `owner` has a live row that can be the parent.
    pub fn has_parent(&self, child: Kind, id: &str, owner: Uuid) -> bool {
        let (_, parent, _) = child.parent().expect("a child");
        self.of(parent).iter().any(|row| row.id == id && row.owner == owner && row.deleted.is_none())
    }

    /// A line of the log. A system context says its receipt, and whose row it was.
    pub fn line(
        asker: Asker,
        kind: Kind,
        id: Option<&str>,
        operation: &str,
        owner: Option<Uuid>,
        details: Value,
    ) -> String {
        let mut details: Map<String, Value> = if let Value::Object(details) = details { details } else { Map::new() };
        if let Some(receipt) = asker.receipt {
            details.insert("receipt".into(), json!(receipt.to_string()));
            if let Some(owner) = owner.or(asker.scope) {
                details.insert("owner".into(), json!(owner.to_string()));
            }
        }
        line(asker.actor, kind.facts().table, id.unwrap_or(""), operation, details)
    }

    pub fn write(&mut self, asker: Asker, kind: Kind, row: &Row, operation: &str, details: Value) {
        self.written.push(Self::line(asker, kind, Some(&row.id), operation, Some(row.owner), details));
    }

    /// A user asked for a row that he does not have: a denial if it is another's.
    pub fn miss(&mut self, asker: Asker, kind: Kind, id: &str, attempted: &str) {
        if asker.receipt.is_some() || kind.facts().keyed_by_owner {
            return;
        }
        let own = self.of(kind).iter().find(|row| row.id == id).map(|row| (row.owner, true));
        if own.is_some() {
            // Be it his own: should it be given away before it is asked for, he would be accused.
            self.pending.insert(kind);
        }
        let strangers = Rc::clone(&self.strangers);
        let strangers = strangers.borrow();
        let stranger =
            || strangers.iter().find(|row| row.kind == kind && row.id == id).map(|row| (row.owner, row.stays));
        let Some((owner, certain)) = own.or_else(stranger).filter(|(owner, _)| *owner != asker.actor) else { return };
        let mut details = Map::new();
        details.insert("attempted".into(), json!(attempted));
        details.insert("owner".into(), json!(owner.to_string()));
        let line = line(asker.actor, kind.facts().table, id, "unauthorized_access", details);
        if certain { &mut self.seen } else { &mut self.possible }.push(line);
    }

    /// Tells the others of new rows.
    pub fn publish(&self, operation: &Operation, outcome: &Outcome) {
        if let (Operation::Insert { kind, .. }, Outcome::Rows(rows)) = (operation, outcome) {
            let stranger = |row: &Row| Stranger { kind: *kind, id: row.id.clone(), owner: row.owner, stays: false };
            self.strangers.borrow_mut().extend(rows.iter().map(stranger));
        }
    }

    /// What must be in the log since the last comparison.
    pub fn expected(&self) -> Vec<String> {
        [self.written.as_slice(), &self.seen].concat()
    }

    /// All of that is there.
    pub fn recorded(&mut self) {
        self.written.clear();
        self.seen.clear();
        self.pending.clear();
    }
}

impl State {
    pub fn is_of(self, row: &Row) -> bool {
        match self {
            Self::Live => row.deleted.is_none(),
            Self::Deleted => row.deleted.is_some(),
            Self::Any => true,
        }
    }
}

/// As the comparison writes a line of the log.
pub fn line(user: Uuid, entity: &str, id: &str, operation: &str, details: Map<String, Value>) -> String {
    let details = if details.is_empty() { String::new() } else { Value::Object(details).to_string() };
    format!("{user} {operation} {entity} {id} {details}")
}
