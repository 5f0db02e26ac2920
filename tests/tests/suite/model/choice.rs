//! Which operation comes next.

use user_scope::Uuid;

use super::draw::Draw;
use super::filter::Filter;
use super::house::House;
use super::kinds::Kind;
use super::operations::{Many, One, Operation, State, Who};
use super::rows::Row;

/// More rows of an entity than this are thinned out.
const MANY: usize = 60;

impl Draw {
    pub fn operation(&mut self, house: &House, who: Who) -> Operation {
        if who == Who::Reader {
            return self.reading(house, who);
        }
        let kind = self.one_of(&Kind::ALL).expect("an entity");
        if house.of(kind).len() > MANY && self.chance(30) {
            return self.ending(house, who);
        }
        match self.below(100) {
            0..34 => self.insertion(house, kind, who),
            34..62 => self.reading(house, who),
            62..82 => self.change(house, kind, who),
            _ => self.ending(house, who),
        }
    }

    /// An entity whose rows this caller reaches by their ids.
    fn kind(&mut self, who: Who) -> Kind {
        let kinds: Vec<Kind> =
            Kind::ALL.into_iter().filter(|kind| !kind.facts().keyed_by_owner || who.user().is_some()).collect();
        self.one_of(&kinds).expect("an entity")
    }

    fn soft(&mut self) -> Kind {
        self.one_of(&[Kind::Folder, Kind::Folder, Kind::Page]).expect("an entity")
    }

    fn insertion(&mut self, house: &House, kind: Kind, who: Who) -> Operation {
        let owner = who.user().unwrap_or_else(|| self.user());
        let together = self.chance(20);
        let count = if together { 1 + self.below(4) } else { 1 };
        let drafts = (0..count).map(|_| self.draft(house, kind, owner)).collect();
        Operation::Insert { kind, owner: who.user().is_none().then_some(owner), drafts, together }
    }

    fn reading(&mut self, house: &House, who: Who) -> Operation {
        let (kind, user) = (self.kind(who), who.user());
        match self.below(10) {
            0..4 => {
                let one = self.one_of(&[One::Get, One::Find, One::Exists]).expect("one");
                Operation::Read(kind, one, self.id(house, kind, user))
            }
            4..8 => {
                let state = if self.chance(25) { self.one_of(&[State::Deleted, State::Any]) } else { None };
                let kind = if state.is_some() { self.soft() } else { self.one_of(&Kind::ALL).expect("an entity") };
                let limit = self.chance(30).then(|| u32::from(self.chance(80)) * 3);
                let many = self.one_of(&[Many::All { limit }, Many::All { limit }, Many::First, Many::Count]);
                let filter = if self.chance(80) { Some(self.filter(house, kind, user, 3)) } else { None };
                Operation::List { kind, filter, state: state.unwrap_or(State::Live), many: many.expect("a way") }
            }
            choice => {
                let child = self.one_of(&Kind::ALL).expect("an entity");
                let Some((_, parent, _)) = child.parent() else { return self.reading(house, who) };
                if choice == 8 {
                    return Operation::Children { parent, child, id: self.id(house, parent, user) };
                }
                // Whatever the caller says that he has read, be it another's.
                let mut rows: Vec<Row> = Vec::new();
                for _ in 0..=self.below(4) {
                    let id = self.id(house, parent, user);
                    let row = house.of(parent).iter().find(|row| row.id == id);
                    rows.extend(row.filter(|_| rows.iter().all(|row| row.id != id)).cloned());
                }
                match rows.is_empty() {
                    true => Operation::Children { parent, child, id: self.fresh() },
                    false => Operation::ChildrenOf { parent, child, rows },
                }
            }
        }
    }

    fn change(&mut self, house: &House, kind: Kind, who: Who) -> Operation {
        let user = who.user();
        if self.chance(25) {
            let filter = self.narrow(house, kind, user);
            // A system context has all users' rows before it; a parent can be one user's alone.
            let user = user.or_else(|| Some(self.user()));
            return Operation::UpdateWhere(kind, filter, self.edit(house, kind, None, user));
        }
        let kind = self.kind(who);
        let id = self.id(house, kind, user);
        let edit = self.edit(house, kind, Some(&id), user);
        Operation::Update(kind, id, edit)
    }

    fn ending(&mut self, house: &House, who: Who) -> Operation {
        let (kind, user) = (self.kind(who), who.user());
        let administers = !matches!(who, Who::User(_));
        match self.below(20) {
            0..8 => Operation::Delete(kind, self.id(house, kind, user)),
            8..11 => {
                let kind = self.one_of(&Kind::ALL).expect("an entity");
                Operation::DeleteWhere(kind, self.narrow(house, kind, user))
            }
            11..15 if administers => {
                let to = user.filter(|_| self.keeps).unwrap_or_else(|| self.user());
                // Within a tree, or below a parent, it is refused: mostly those that stand by themselves.
                let kind = if self.chance(60) { self.one_of(&[Kind::Album, Kind::Folder, Kind::Badge]) } else { None };
                let kind = kind.unwrap_or_else(|| self.kind(who));
                Operation::Transfer(kind, self.id(house, kind, user), to)
            }
            15..17 if administers => {
                let kind = self.soft();
                let marked = self.marked(house, kind, user);
                Operation::Purge(kind, marked.unwrap_or_else(|| self.id(house, kind, user)))
            }
            17 if administers => {
                let kind = self.soft();
                Operation::PurgeWhere(kind, self.narrow(house, kind, user))
            }
            _ => {
                let kind = self.soft();
                match self.marked(house, kind, user) {
                    // There is nothing to restore yet.
                    None if self.chance(70) => Operation::Delete(kind, self.id(house, kind, user)),
                    marked => Operation::Restore(kind, marked.unwrap_or_else(|| self.id(house, kind, user))),
                }
            }
        }
    }

    /// Mostly the id of a row that is marked as deleted, if there is one.
    fn marked(&mut self, house: &House, kind: Kind, user: Option<Uuid>) -> Option<String> {
        let marked = house.of(kind).iter().filter(|row| row.deleted.is_some() && user.is_none_or(|u| u == row.owner));
        let marked: Vec<String> = marked.map(|row| row.id.clone()).collect();
        if self.chance(80) { self.one_of(&marked) } else { None }
    }

    /// Mostly a condition for few rows, and now and then any.
    fn narrow(&mut self, house: &House, kind: Kind, user: Option<Uuid>) -> Filter {
        let any = self.filter(house, kind, user, 3);
        if self.chance(20) {
            return any;
        }
        let few = (0..3).map(|_| self.id(house, kind, user)).collect();
        if self.chance(50) {
            return Filter::Ids(few);
        }
        Filter::And(Box::new(any), Box::new(self.filter(house, kind, user, 1)))
    }
}

impl Who {
    /// Whose rows alone are reached.
    pub const fn user(self) -> Option<Uuid> {
        match self {
            Self::User(user) | Self::OwnedBy(user) => Some(user),
            Self::Everyone | Self::Reader => None,
        }
    }
}
