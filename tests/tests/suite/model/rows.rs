//! Rows, and parts of them, as the model holds them: one shape for all entities.

use chrono::{DateTime, Utc};
use serde_json::Value;
use user_scope::Uuid;

use super::kinds::Kind;

/// What stands in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Null,
    Text(String),
    Number(i64),
    Id(String),
}

/// A row. Its times are left out, but for the mark of deletion: rows that were marked together have the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub owner: Uuid,
    pub cells: Vec<Cell>,
    pub version: Option<i64>,
    pub deleted: Option<i64>,
}

/// A row to be.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Where the application says it.
    pub id: Option<String>,
    pub cells: Vec<Cell>,
}

/// Changes, and the version that they rest on.
#[derive(Debug, Clone)]
pub struct Edit {
    pub cells: Vec<Option<Cell>>,
    pub version: i64,
}

/// How a field of a struct is written as a cell and read from one.
pub trait Field: Clone {
    fn of(cell: &Cell) -> Self;
    fn cell(&self) -> Cell;
}

impl Cell {
    pub fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Text(text) | Self::Id(text) => Value::from(text.as_str()),
            Self::Number(number) => Value::from(*number),
        }
    }

    pub fn id(&self) -> Option<&str> {
        if let Self::Id(id) = self { Some(id) } else { None }
    }
}

impl Row {
    pub fn parent(&self, kind: Kind) -> Option<&str> {
        self.cells[kind.parent()?.0].id()
    }

    /// Without what the model cannot know: when it was marked.
    pub fn shown(&self) -> Self {
        Self { deleted: self.deleted.map(|_| 0), ..self.clone() }
    }
}

impl Field for String {
    fn of(cell: &Cell) -> Self {
        if let Cell::Text(text) = cell { text.clone() } else { panic!("no text: {cell:?}") }
    }

    fn cell(&self) -> Cell {
        Cell::Text(self.clone())
    }
}

impl Field for Uuid {
    fn of(cell: &Cell) -> Self {
        cell.id().expect("an id").parse().expect("a UUID")
    }

    fn cell(&self) -> Cell {
        Cell::Id(self.to_string())
    }
}

impl Field for i64 {
    fn of(cell: &Cell) -> Self {
        if let Cell::Number(number) = cell { *number } else { panic!("no number: {cell:?}") }
    }

    fn cell(&self) -> Cell {
        Cell::Number(*self)
    }
}

impl Field for i32 {
    fn of(cell: &Cell) -> Self {
        Self::try_from(i64::of(cell)).expect("a small number")
    }

    fn cell(&self) -> Cell {
        Cell::Number(i64::from(*self))
    }
}

impl<V: Field> Field for Option<V> {
    fn of(cell: &Cell) -> Self {
        if *cell == Cell::Null { None } else { Some(V::of(cell)) }
    }

    fn cell(&self) -> Cell {
        self.as_ref().map_or(Cell::Null, Field::cell)
    }
}

/// A mark of deletion as the model counts it.
pub fn micros(time: Option<DateTime<Utc>>) -> Option<i64> {
    time.map(|time| time.timestamp_micros())
}
