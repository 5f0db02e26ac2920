//! Somebody who acts on the library and on the model of it, operation by operation, and compares what they give.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use serde_json::{Map, json};
use user_scope::{OwnedBy, ReadOnly, ScopedTransaction, SystemContext, UserContext, Uuid};

use super::draw::Draw;
use super::house::{Asker, House, line};
use super::kinds::Kind;
use super::operations::{Operation, Outcome, Who};
use super::place::Own;
use super::run::{by_everyone, by_owned, by_reader, by_somebody};
use crate::databases::TestDb;
use crate::world::World;

/// Somebody who acts on a world, and on the model of it.
pub struct Actor<DB: TestDb> {
    world: Rc<World<DB>>,
    pub house: House,
    pub draw: Draw,
    system: SystemContext<DB>,
    reader: SystemContext<DB, Uuid, ReadOnly>,
    /// How this run can be had again, and the last operations, for whoever reads of a failure.
    name: String,
    last: VecDeque<String>,
    pub tally: Tally,
    pub done: usize,
}

/// How often which operation came to what.
pub type Tally = BTreeMap<String, usize>;

/// A transaction of either kind of caller.
enum Transaction<DB: TestDb> {
    User(ScopedTransaction<DB, UserContext>),
    OwnedBy(ScopedTransaction<DB, OwnedBy<DB, Uuid>>),
    Everyone(ScopedTransaction<DB, SystemContext<DB>>),
}

impl<DB: TestDb> Actor<DB> {
    /// With a system context, whose receipt is in the log.
    pub async fn new(world: &Rc<World<DB>>, draw: Draw, name: String) -> Self {
        let system = world.system().await;
        let mut house = House::new();
        let mut details = Map::new();
        details.insert("reason".into(), json!(system.reason()));
        let (admin, receipt) = (*system.requested_by().user(), system.receipt_id().to_string());
        house.written.push(line(admin, "system_context", &receipt, "system_access", details));
        let reader = system.clone().read_only();
        let (world, last) = (Rc::clone(world), VecDeque::new());
        Self { world, house, draw, system, reader, name, last, tally: Tally::new(), done: 0 }
    }

    /// One operation, or a transaction of some.
    pub async fn turn(&mut self, who: Who) {
        if who == Who::Reader || !self.draw.chance(8) {
            let operation = self.draw.operation(&self.house, who);
            self.settle(&operation.takes_away()).await;
            return self.step(who, &operation, None).await;
        }
        // A transaction keeps others from writing on SQLite, and the audit's writer among them.
        self.settle(&Kind::ALL).await;
        let transaction = match who {
            Who::User(user) => Transaction::User(self.world.pool.begin(&context(user)).await.expect("a transaction")),
            Who::OwnedBy(user) => {
                Transaction::OwnedBy(self.system.owned_by(&user).begin().await.expect("a transaction"))
            }
            Who::Everyone | Who::Reader => Transaction::Everyone(self.system.begin().await.expect("a transaction")),
        };
        self.house.begin();
        for _ in 0..=self.draw.below(6) {
            let operation = self.draw.operation(&self.house, who);
            self.step(who, &operation, Some(&transaction)).await;
        }
        let end = self.draw.below(10);
        self.note(format!("  {}", ["commit", "rollback", "drop"][end.saturating_sub(5).div_ceil(3)]));
        let ended = match end {
            0..6 => transaction.commit().await,
            6..9 => transaction.rollback().await,
            _ => {
                drop(transaction);
                Outcome::Done
            }
        };
        let expected = self.house.end(end < 6);
        assert_eq!(ended, expected, "at the end of a transaction (the first is the library's)\n{}", self.story());
    }

    /// Carries an operation out on the library, then on the model, and compares what they give.
    async fn step(&mut self, who: Who, operation: &Operation, transaction: Option<&Transaction<DB>>) {
        self.note(format!("{} {who:?} {operation:?}", if transaction.is_some() { "  in a transaction" } else { "" }));
        let pool = &self.world.pool;
        let given = match (transaction, who) {
            (Some(Transaction::User(transaction)), _) => by_somebody(transaction, operation).await,
            (Some(Transaction::OwnedBy(transaction)), _) => by_owned(transaction, operation).await,
            (Some(Transaction::Everyone(transaction)), _) => by_everyone(transaction, operation).await,
            (None, Who::User(user)) => by_somebody(&Own(pool, &context(user)), operation).await,
            (None, Who::OwnedBy(user)) => by_owned(&self.system.owned_by(&user), operation).await,
            (None, Who::Everyone) => by_everyone(&self.system, operation).await,
            (None, Who::Reader) => by_reader(&self.reader, operation).await,
        };
        let made: Vec<String> = match &given {
            Outcome::Rows(rows) => rows.iter().map(|row| row.id.clone()).collect(),
            _ => Vec::new(),
        };
        let asker = Asker::new(who, *self.system.requested_by().user(), self.system.receipt_id());
        let expected = self.house.carry_out(asker, operation, &made);
        *self.tally.entry(format!("{} {}", word(operation), word(&expected))).or_default() += 1;
        self.house.publish(operation, &expected);
        assert!(given == expected, "the library gave {given:#?}\nthe model {expected:#?}\n{}", self.story());
        self.done += 1;
    }

    /// Waits for the audit, if it has still to find out whose rows of these entities were missed.
    async fn settle(&mut self, kinds: &[Kind]) {
        if kinds.iter().any(|kind| self.house.pending.contains(kind)) {
            self.world.pool.flush_audit().await;
            self.house.pending.clear();
        }
    }

    fn note(&mut self, line: String) {
        self.last.push_back(line);
        if self.last.len() > 40 {
            self.last.pop_front();
        }
    }

    /// How to have this run again, and what was done last.
    pub fn story(&self) -> String {
        let last: Vec<&str> = self.last.iter().map(String::as_str).collect();
        format!("{}; {} operations were done. The last:\n{}", self.name, self.done, last.join("\n"))
    }
}

impl<DB: TestDb> Transaction<DB> {
    async fn commit(self) -> Outcome {
        let committed = match self {
            Self::User(transaction) => transaction.commit().await,
            Self::OwnedBy(transaction) => transaction.commit().await,
            Self::Everyone(transaction) => transaction.commit().await,
        };
        committed.map_or_else(Outcome::from, |()| Outcome::Done)
    }

    async fn rollback(self) -> Outcome {
        let rolled_back = match self {
            Self::User(transaction) => transaction.rollback().await,
            Self::OwnedBy(transaction) => transaction.rollback().await,
            Self::Everyone(transaction) => transaction.rollback().await,
        };
        rolled_back.map_or_else(Outcome::from, |()| Outcome::Done)
    }
}

/// The name of a variant: of a refusal, or of a reading, that of what is in it.
fn word(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    match words.next().expect("a word") {
        "Refused" => words.next().expect("a refusal").to_owned(),
        word => word.to_owned(),
    }
}

fn context(user: Uuid) -> UserContext {
    UserContext::new(user).expect("a user")
}
