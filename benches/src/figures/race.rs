//! One operation, done by all in turn.

use std::time::Duration;

use comfy_table::Table;

use super::{Figure, median, to_the_right};

#[derive(Debug)]
pub(crate) struct Race {
    database: &'static str,
    operation: &'static str,
    names: Vec<&'static str>,
    /// Nanoseconds of each, round by round.
    times: Vec<Vec<u64>>,
}

impl Race {
    pub(crate) fn new(database: &'static str, operation: &'static str, names: Vec<&'static str>) -> Self {
        let times = vec![Vec::new(); names.len()];
        Self { database, operation, names, times }
    }

    /// What each took in a round.
    pub(crate) fn add(&mut self, times: Vec<Duration>) {
        for (all, time) in self.times.iter_mut().zip(times) {
            all.push(u64::try_from(time.as_nanos()).expect("less than centuries"));
        }
    }

    pub(super) fn title(&self) -> String {
        format!("{}.{}", self.database, self.operation)
    }

    pub(crate) fn in_a_line(&self) -> String {
        let each = (0..self.names.len()).map(|who| format!("{} {:.2}", self.names[who], self.beside(0, who).ratio));
        format!("{}: {}", self.title(), each.collect::<Vec<_>>().join(", "))
    }

    pub(super) fn table(&self, preset: &str) -> Table {
        let mut table = Table::new();
        table.load_preset(preset).set_header(["who", "µs", "ratio", ""]);
        for who in 0..self.names.len() {
            let figure = self.beside(0, who);
            table.add_row([
                self.names[who].to_owned(),
                format!("{:.1}", figure.ours as f64 / 1_000.0),
                format!("{:.2}", figure.ratio),
                bar(figure.ratio),
            ]);
        }
        to_the_right(&mut table);
        if let Some(column) = table.column_mut(3) {
            column.set_cell_alignment(comfy_table::CellAlignment::Left);
        }
        table
    }

    /// Those that are asked for by name.
    pub(super) fn figures(&self) -> Vec<Figure> {
        let writes = ["insert", "update", "delete", "request5"];
        let audited = if writes.contains(&self.operation) { ".audited" } else { "" };
        let mut figures = Vec::new();
        let mut add = |suffix: &str, beside: &str, ours: &str| {
            if let (Some(beside), Some(ours)) = (self.place(beside), self.place(ours)) {
                let name = format!("{}.{}{suffix}", self.database, self.operation);
                figures.push(Figure { name, ..self.beside(beside, ours) });
            }
        };
        if self.names.len() == 2 {
            // What has grown beside what has not, or with beside without.
            figures.push(self.beside(0, 1));
        } else if self.operation == "insert_many100" {
            add("", "sea-orm", "user-scope, no audit");
            add(".audited", "sea-orm", "user-scope");
        } else {
            if self.operation == "request5" {
                // Two of the five are writes: by hand nothing is recorded either.
                add("", "sqlx by hand", "user-scope, no audit");
            }
            add(audited, "sqlx by hand", "user-scope");
            add(&format!(".enforced{audited}"), "sqlx by hand", "user-scope, enforced");
            add(".sea_orm", "sqlx by hand", "sea-orm");
            add(".diesel_async", "sqlx by hand", "diesel-async");
            add(".toolkit_db", "sqlx by hand", "toolkit-db");
            add(".toasty", "sqlx by hand", "toasty");
        }
        figures
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|each| *each == name)
    }

    fn beside(&self, beside: usize, ours: usize) -> Figure {
        let (beside, ours) = (&self.times[beside], &self.times[ours]);
        let ratios: Vec<f64> = beside.iter().zip(ours).map(|(beside, ours)| *ours as f64 / *beside as f64).collect();
        Figure {
            name: self.title(),
            beside: median(beside, u64::cmp),
            ours: median(ours, u64::cmp),
            ratio: median(&ratios, f64::total_cmp),
        }
    }
}

/// As long as the ratio, a mark for each twentieth; to three at most.
fn bar(ratio: f64) -> String {
    "▪".repeat((ratio.min(3.0) * 20.0).round() as usize)
}
