//! What a run found: a table for people, a line for each figure, and `results.md`.

use std::cmp::Ordering;
use std::fmt::Write as _;

use chrono::Utc;
use comfy_table::{CellAlignment, Table, presets};

/// What user-scope costs beside sqlx by hand.
#[derive(Debug)]
pub(crate) struct Figure {
    name: String,
    by_hand: u64,
    ours: u64,
    ratio: f64,
}

impl Figure {
    /// Medians of the rounds; the ratio is that of each round, which slow changes of the machine do not touch.
    pub(crate) fn new(name: String, by_hand: &[u64], ours: &[u64]) -> Self {
        let ratios: Vec<f64> = by_hand.iter().zip(ours).map(|(by_hand, ours)| *ours as f64 / *by_hand as f64).collect();
        Self {
            name,
            by_hand: median(by_hand, u64::cmp),
            ours: median(ours, u64::cmp),
            ratio: median(&ratios, f64::total_cmp),
        }
    }
}

fn median<N: Copy>(of: &[N], order: fn(&N, &N) -> Ordering) -> N {
    let mut sorted = of.to_vec();
    sorted.sort_by(order);
    sorted[sorted.len() / 2]
}

#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) machine: String,
    pub(crate) databases: Vec<String>,
    /// Both do the same work.
    pub(crate) figures: Vec<Figure>,
    /// user-scope does more than its counterpart; to know, not to judge.
    pub(crate) extra: Vec<Figure>,
}

impl Report {
    pub(crate) fn print(&self) {
        println!("\n{}\n", self.table(presets::UTF8_FULL_CONDENSED));
        for figure in self.figures.iter().chain(&self.extra) {
            println!("figure {} {:.3}", figure.name, figure.ratio);
        }
    }

    /// Writes `results.md` beside this package's manifest.
    pub(crate) fn keep(&self) {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/results.md");
        std::fs::write(path, self.markdown()).expect("results.md can be written");
        println!("\nWritten to {path}");
    }

    fn markdown(&self) -> String {
        let mut text = String::from("# What user-scope costs\n\n");
        let _ = writeln!(
            text,
            "Instructions of the client's process for one operation, once warm, counted by callgrind; 200 users with \
             500 tasks\neach. By hand: sqlx with `query_as` and `FromRow`, the owner in every WHERE, the same audit \
             row written as\natomically, on a pool with the same settings. The rows of both were compared.\n"
        );
        let _ = writeln!(text, "{}\n", self.table(presets::ASCII_MARKDOWN));
        let _ = writeln!(
            text,
            "`read_audited`: with the audit of reads in the background, as is the default; by hand nothing is \
             recorded.\n"
        );
        let _ = writeln!(text, "{}, on {}.", Utc::now().format("%Y-%m-%d"), self.machine);
        let _ = writeln!(text, "{}.", self.databases.join(", "));
        text
    }

    fn table(&self, preset: &str) -> Table {
        let mut table = Table::new();
        table.load_preset(preset).set_header(["figure", "by hand", "user-scope", "ratio"]);
        for figure in self.figures.iter().chain(&self.extra) {
            table.add_row([
                figure.name.clone(),
                figure.by_hand.to_string(),
                figure.ours.to_string(),
                format!("{:.3}", figure.ratio),
            ]);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}
