//! An answer as rows and columns: a table for people, JSON or comma-separated values for machines.

use std::io::IsTerminal as _;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::asking::Form;
use crate::failure::Failure;
use crate::output::{answer, document};
use crate::shown::{escaped, plain};

/// How wide a terminal is that does not tell.
const WIDTH: u16 = 160;
/// What may be broken into lines in a table, and how narrow it may become: an id still fits.
const WRAPPED: [&str; 3] = ["details", "what_changed", "what_happened"];
const NARROWEST: u16 = 48;

/// What stands in a row and a column.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Value(Value),
    /// JSON as the database has it: a number with more digits than a float holds keeps them.
    Json(Box<RawValue>),
    /// Lines for a person.
    Lines(Vec<String>),
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl Cell {
    /// What the database holds as JSON; if it is none, it is a text.
    pub(crate) fn json(text: &str) -> Self {
        // A break is a blank between its parts: in a text of JSON it is escaped.
        let line = text.replace(['\n', '\r'], " ");
        match RawValue::from_string(line) {
            Ok(json) => Self::Json(json),
            Err(_) => Self::Value(Value::from(text)),
        }
    }

    /// A word of its own.
    fn words(&self) -> String {
        match self {
            Self::Value(Value::Null) => String::new(),
            Self::Value(Value::String(text)) => text.clone(),
            Self::Value(other) => other.to_string(),
            Self::Json(json) => json.get().to_owned(),
            Self::Lines(lines) => lines.join("; "),
        }
    }

    /// As a person reads it in a table, in which only our own lines are lines.
    fn shown(&self, column: &str) -> String {
        match self {
            Self::Lines(lines) => lines.iter().map(|line| plain(line)).collect::<Vec<_>>().join("\n"),
            _ => self.in_a_line(column),
        }
    }

    fn in_a_line(&self, column: &str) -> String {
        let words = plain(&self.words());
        match words.get(..19) {
            // The log's times are all of one form, and of UTC.
            Some(seconds) if column == "timestamp" => seconds.replace('T', " "),
            _ => words,
        }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Json(json) => json.serialize(serializer),
            Self::Lines(lines) => lines.serialize(serializer),
        }
    }
}

/// Rows and columns.
pub(crate) struct Sheet {
    columns: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

/// A row with the names of its columns.
struct Named<'a>(&'static [&'static str], &'a [Cell]);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(self.1))
    }
}

impl Sheet {
    pub(crate) const fn new(columns: &'static [&'static str]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    pub(crate) fn add<C: Into<Cell>>(&mut self, row: impl IntoIterator<Item = C>) {
        self.rows.push(row.into_iter().map(Into::into).collect());
    }

    /// Tells it in the form that is asked for; `nothing` is what a person is told if there is nothing.
    pub(crate) fn tell(&self, form: Form, nothing: &str) -> Result<(), Failure> {
        if form.json {
            document(&self.named().collect::<Vec<_>>())
        } else if form.csv {
            answer(self.as_csv(true)?.trim_end())
        } else if self.rows.is_empty() {
            answer(nothing)
        } else {
            answer(self.as_table())
        }
    }

    /// Tells its rows as they come, without an end: a JSON document, or a line, each.
    pub(crate) fn tell_lines(&self, form: Form) -> Result<(), Failure> {
        if self.rows.is_empty() {
            return Ok(());
        }
        if form.csv {
            return answer(self.as_csv(false)?.trim_end());
        }
        let lines: Vec<_> = if form.json {
            self.named().map(|row| Ok(escaped(&serde_json::to_string(&row)?))).collect::<Result<_, Failure>>()?
        } else {
            // Two blanks stand between columns alone: none can be made to look like two.
            let single = |cell: String| cell.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
            let line = |row| self.cells(row, Cell::in_a_line).map(single).collect::<Vec<_>>().join("  ");
            self.rows.iter().map(|row| line(row)).collect()
        };
        answer(lines.join("\n"))
    }

    fn named(&self) -> impl Iterator<Item = Named<'_>> {
        self.rows.iter().map(|row| Named(self.columns, row))
    }

    fn cells<'a>(&self, row: &'a [Cell], shown: fn(&Cell, &str) -> String) -> impl Iterator<Item = String> + use<'a> {
        self.columns.iter().zip(row).map(move |(column, cell)| shown(cell, column))
    }

    fn as_csv(&self, has_head: bool) -> Result<String, Failure> {
        // A spreadsheet gets what is there; a terminal would obey it.
        let is_read = std::io::stdout().is_terminal();
        let mut writer = csv::Writer::from_writer(Vec::new());
        if has_head {
            writer.write_record(self.columns)?;
        }
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| if is_read { plain(&cell.words()) } else { cell.words() }))?;
        }
        let bytes = writer.into_inner().map_err(|error| Failure::new(error.to_string()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// As wide as the terminal, but for ids and times, which are never broken; and as wide as it is where there is none.
    fn as_table(&self) -> Table {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(self.columns.iter().map(|name| match *name {
            "timestamp" => "time (UTC)".to_owned(),
            name => name.replace('_', " "),
        }));
        for row in &self.rows {
            table.add_row(self.cells(row, Cell::shown));
        }
        let stdout = std::io::stdout();
        if stdout.is_terminal() {
            let width = terminal_size::terminal_size_of(&stdout).map_or(WIDTH, |(width, _)| width.0);
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
            let widest = table.column_max_content_widths();
            for ((name, column), widest) in self.columns.iter().zip(table.column_iter_mut()).zip(widest) {
                column.set_constraint(match WRAPPED.contains(name) {
                    true => ColumnConstraint::LowerBoundary(Width::Fixed(widest.saturating_add(2).min(NARROWEST))),
                    false => ColumnConstraint::ContentWidth,
                });
            }
        }
        table
    }
}
