//! An answer as rows and columns: a table for people, JSON or comma-separated values for machines.

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value};

use super::arguments::Form;
use crate::failure::Failure;
use crate::output::answer;

/// How wide a table is that goes to no terminal.
const WIDTH: u16 = 160;

/// Rows and columns.
pub(crate) struct Sheet {
    columns: &'static [&'static str],
    rows: Vec<Vec<Value>>,
}

impl Sheet {
    pub(crate) const fn new(columns: &'static [&'static str]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, row: Vec<Value>) {
        self.rows.push(row);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Tells it in the form that is asked for; `nothing` is what a person is told if there is nothing.
    pub(crate) fn tell(&self, form: Form, nothing: &str) -> Result<(), Failure> {
        if form.json {
            let rows: Vec<_> = (0..self.rows.len()).filter_map(|row| self.as_json(row)).collect();
            answer(format_args!("{:#}", Value::Array(rows)));
        } else if form.csv {
            answer(self.as_csv()?.trim_end());
        } else if self.is_empty() {
            answer(nothing);
        } else {
            answer(self.as_table());
        }
        Ok(())
    }

    /// Tells its rows as they come, without an end: a JSON document, or a line, each.
    pub(crate) fn tell_lines(&self, form: Form) -> Result<(), Failure> {
        if form.csv && !self.is_empty() {
            let csv = self.as_csv()?;
            answer(csv.split_once('\n').map_or("", |(_, rows)| rows).trim_end());
        }
        for (number, row) in self.rows.iter().enumerate().filter(|_| !form.csv) {
            match self.as_json(number).filter(|_| form.json) {
                Some(row) => answer(row),
                None => answer(row.iter().map(plain).collect::<Vec<_>>().join("  ")),
            }
        }
        Ok(())
    }

    fn as_json(&self, row: usize) -> Option<Value> {
        let named = self.columns.iter().map(|name| (*name).to_owned()).zip(self.rows.get(row)?.iter().cloned());
        Some(Value::Object(named.collect::<Map<_, _>>()))
    }

    fn as_csv(&self) -> Result<String, Failure> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.columns)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(words))?;
        }
        let bytes = writer.into_inner().map_err(|error| Failure::new(error.to_string()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn as_table(&self) -> Table {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
        let width = terminal_size::terminal_size().map_or(WIDTH, |(width, _)| width.0);
        table.set_width(width);
        table.set_header(self.columns.iter().map(|name| name.replace('_', " ")));
        for row in &self.rows {
            table.add_row(row.iter().map(plain));
        }
        table
    }
}

/// A value as a word of its own.
fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The same for a terminal, which would obey what is in it: ids and reasons are what users have made them.
fn plain(value: &Value) -> String {
    words(value)
        .chars()
        .map(|character| if character.is_control() && character != '\n' { '·' } else { character })
        .collect()
}
