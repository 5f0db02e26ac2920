//! What is drawn at random: rows of one's own, of others, deleted ones and ones that never were, each often enough; parents
//! and values that clash now and then; and which operation comes next is in `choice`.

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use user_scope::Uuid;

use super::filter::{Filter, Test};
use super::house::House;
use super::kinds::{Column, Holds, Kind};
use super::rows::{Cell, Draft, Edit, Row};

pub struct Draw {
    random: SmallRng,
    pub users: Vec<Uuid>,
    /// Whether rows stay with their owners.
    pub keeps: bool,
}

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self { random: SmallRng::seed_from_u64(seed), users: Vec::new(), keeps: false }
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.random.random_range(0..end)
    }

    pub fn one_of<T: Clone>(&mut self, list: &[T]) -> Option<T> {
        list.choose(&mut self.random).cloned()
    }

    pub fn user(&mut self) -> Uuid {
        self.one_of(&self.users.clone()).expect("a user")
    }

    /// The id of a row of `user`, or of anybody where nobody is named: mostly one that is there.
    pub fn id(&mut self, house: &House, kind: Kind, user: Option<Uuid>) -> String {
        if kind.facts().keyed_by_owner {
            return self.word(8);
        }
        let rows = house.of(kind);
        let ids = |fits: &dyn Fn(&Row) -> bool| -> Vec<String> {
            rows.iter().filter(|row| fits(row)).map(|row| row.id.clone()).collect()
        };
        let own = |row: &Row| user.is_none_or(|user| user == row.owner);
        let candidates = match self.below(100) {
            0..70 => ids(&|row| own(row) && row.deleted.is_none()),
            70..77 => ids(&|row| own(row) && row.deleted.is_some()),
            77..92 => {
                let strangers = house.strangers.borrow();
                let strangers = strangers.iter().filter(|row| row.kind == kind && Some(row.owner) != user);
                let mut ids = ids(&|row| !own(row));
                ids.extend(strangers.map(|row| row.id.clone()));
                ids
            }
            92..95 => house.graves.iter().filter(|(of, _)| *of == kind).map(|(_, id)| id.clone()).collect(),
            _ => Vec::new(),
        };
        let drawn = self.one_of(&candidates);
        // Where there is none of the kind that was drawn, one of those that most operations are about.
        let drawn = if drawn.is_none() && self.chance(60) { self.one_of(&ids(&own)) } else { drawn };
        drawn.unwrap_or_else(|| self.fresh())
    }

    pub fn user_to_be(&mut self) -> Uuid {
        self.fresh().parse().expect("a UUID")
    }

    /// An id that nobody ever had.
    pub fn fresh(&mut self) -> String {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        Uuid::from_bytes(bytes).to_string()
    }

    fn word(&mut self, words: usize) -> String {
        format!("w{}", self.below(words))
    }

    fn cell(&mut self, house: &House, column: &Column, user: Option<Uuid>, words: usize) -> Cell {
        if column.nullable && self.chance(25) {
            return Cell::Null;
        }
        match column.holds {
            Holds::Text => Cell::Text(self.word(words)),
            Holds::Number => Cell::Number(self.random.random_range(0..6)),
            Holds::Parent(parent, _) => {
                let own = house.of(parent).iter().filter(|row| user == Some(row.owner) && row.deleted.is_none());
                let own: Vec<String> = own.map(|row| row.id.clone()).collect();
                let good = if self.chance(80) { self.one_of(&own) } else { None };
                Cell::Id(good.unwrap_or_else(|| self.id(house, parent, user)))
            }
        }
    }

    /// Few enough words that rows are alike; more where they must not be.
    fn words(kind: Kind) -> usize {
        if kind.facts().unique { 40 } else { 6 }
    }

    pub fn draft(&mut self, house: &House, kind: Kind, owner: Uuid) -> Draft {
        let cells = kind
            .facts()
            .columns
            .iter()
            .map(|column| self.cell(house, column, Some(owner), Self::words(kind)))
            .collect();
        let id = kind.facts().keyed_by_owner.then(|| self.word(8));
        Draft { id, cells }
    }

    /// Changes to the row with this id, which rest on its version most of the time.
    pub fn edit(&mut self, house: &House, kind: Kind, id: Option<&str>, user: Option<Uuid>) -> Edit {
        let row = house.of(kind).iter().find(|row| Some(row.id.as_str()) == id);
        let owner = user.or(row.map(|row| row.owner));
        let found = row.and_then(|row| row.version);
        let version = found.filter(|_| self.chance(75)).unwrap_or_else(|| self.random.random_range(1..4));
        let cells = kind.facts().columns.iter().map(|column| {
            let often = match column.holds {
                // Of many rows few are changed at once, and the parent mostly is one that is there.
                Holds::Parent(..) if id.is_none() => 80,
                Holds::Parent(..) => 30,
                // Many rows cannot have one title.
                Holds::Text if kind.facts().unique && id.is_none() => 10,
                _ => 55,
            };
            self.chance(often).then(|| self.cell(house, column, owner, Self::words(kind)))
        });
        Edit { cells: cells.collect(), version }
    }

    pub fn filter(&mut self, house: &House, kind: Kind, user: Option<Uuid>, depth: u32) -> Filter {
        match self.below(if depth == 0 { 7 } else { 13 }) {
            0..5 => self.test(house, kind, user),
            5 => {
                let ids = (0..self.below(4)).map(|_| self.id(house, kind, user)).collect();
                Filter::Ids(ids)
            }
            6 => Filter::Owner(self.user()),
            7 | 8 => Filter::And(self.inner(house, kind, user, depth), self.inner(house, kind, user, depth)),
            9 | 10 => Filter::Or(self.inner(house, kind, user, depth), self.inner(house, kind, user, depth)),
            _ => Filter::Not(self.inner(house, kind, user, depth)),
        }
    }

    fn inner(&mut self, house: &House, kind: Kind, user: Option<Uuid>, depth: u32) -> Box<Filter> {
        Box::new(self.filter(house, kind, user, depth - 1))
    }

    fn test(&mut self, house: &House, kind: Kind, user: Option<Uuid>) -> Filter {
        let columns = kind.facts().columns;
        let position = self.below(columns.len());
        let column = &columns[position];
        let mut given = || loop {
            let cell = self.cell(house, column, user, Self::words(kind));
            if cell != Cell::Null {
                return cell;
            }
        };
        let (one, other, third) = (given(), given(), given());
        let test = match self.below(8) {
            0..3 => Test::Equal(one),
            3 => Test::Unequal(one),
            4 if column.nullable => Test::IsNull,
            5 if column.holds == Holds::Number => Test::Less(one),
            6 if column.holds == Holds::Number => Test::AtLeast(one),
            7 => Test::In(Vec::new()),
            _ => Test::In(vec![one, other, third]),
        };
        Filter::Column(position, test)
    }
}
