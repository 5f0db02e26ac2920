//! Conditions: what they mean to the model, by SQL's logic of three values, and what the library is asked.

use user_scope::{Column, NotNull, Nullable, Predicate, Uuid};

use super::rows::{Cell, Field, Row};
use super::subjects::Subject;

#[derive(Debug, Clone)]
pub enum Filter {
    /// A column of the application's.
    Column(usize, Test),
    Ids(Vec<String>),
    Owner(Uuid),
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
}

#[derive(Debug, Clone)]
pub enum Test {
    Equal(Cell),
    Unequal(Cell),
    /// Numbers alone: databases sort texts in orders of their own.
    Less(Cell),
    AtLeast(Cell),
    In(Vec<Cell>),
    IsNull,
}

impl Filter {
    /// Whether it holds; `None` where SQL says that it is unknown.
    pub fn holds(&self, row: &Row) -> Option<bool> {
        match self {
            Self::Column(position, test) => test.holds(&row.cells[*position]),
            Self::Ids(ids) => Some(ids.contains(&row.id)),
            Self::Owner(owner) => Some(row.owner == *owner),
            Self::And(one, other) => match (one.holds(row), other.holds(row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(one, other) => match (one.holds(row), other.holds(row)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Self::Not(filter) => filter.holds(row).map(|holds| !holds),
        }
    }

    pub fn predicate<T: Subject>(&self) -> Predicate<T> {
        match self {
            Self::Column(position, test) => T::test(*position, test),
            Self::Ids(ids) => T::with_ids(ids),
            Self::Owner(owner) => T::of_owner(*owner),
            Self::And(one, other) => one.predicate::<T>().and(other.predicate()),
            Self::Or(one, other) => one.predicate::<T>().or(other.predicate()),
            Self::Not(filter) => !filter.predicate::<T>(),
        }
    }
}

impl Test {
    fn holds(&self, cell: &Cell) -> Option<bool> {
        let null = *cell == Cell::Null;
        match self {
            Self::IsNull => Some(null),
            Self::In(cells) if cells.is_empty() => Some(false),
            _ if null => None,
            Self::Equal(other) => Some(cell == other),
            Self::Unequal(other) => Some(cell != other),
            Self::Less(other) => Some(i64::of(cell) < i64::of(other)),
            Self::AtLeast(other) => Some(i64::of(cell) >= i64::of(other)),
            Self::In(cells) => Some(cells.contains(cell)),
        }
    }
}

/// A column that can be tested.
pub trait Tested<T> {
    fn test(self, test: &Test) -> Predicate<T>;
}

impl<T, V: Field + Send + Sync + 'static> Tested<T> for Column<T, V, NotNull> {
    fn test(self, test: &Test) -> Predicate<T> {
        compared(self, test)
    }
}

impl<T, V: Field + Send + Sync + 'static> Tested<T> for Column<T, V, Nullable> {
    fn test(self, test: &Test) -> Predicate<T> {
        if matches!(test, Test::IsNull) { self.is_null() } else { compared(self, test) }
    }
}

fn compared<T, V: Field + Send + Sync + 'static, N: user_scope::Nullability>(
    column: Column<T, V, N>,
    test: &Test,
) -> Predicate<T> {
    match test {
        Test::Equal(cell) => column.eq(V::of(cell)),
        Test::Unequal(cell) => column.ne(V::of(cell)),
        Test::Less(cell) => column.lt(V::of(cell)),
        Test::AtLeast(cell) => column.ge(V::of(cell)),
        Test::In(cells) => column.is_in(cells.iter().map(V::of)),
        Test::IsNull => panic!("no such question to a column that is never NULL"),
    }
}
