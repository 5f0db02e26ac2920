//! What a run found: tables for people, a line for each figure, and `results.md`.

mod race;
mod targets;

use std::cmp::Ordering;
use std::fmt::Write as _;

use chrono::Utc;
use comfy_table::{CellAlignment, Table, presets};

pub(crate) use race::Race;

/// What user-scope costs beside something else.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) beside: u64,
    pub(crate) ours: u64,
    pub(crate) ratio: f64,
}

impl Figure {
    /// Medians of the rounds; the ratio is that of each round, which slow changes of the machine do not touch.
    pub(crate) fn new(name: String, beside: &[u64], ours: &[u64]) -> Self {
        let ratios: Vec<f64> = beside.iter().zip(ours).map(|(beside, ours)| *ours as f64 / *beside as f64).collect();
        Self {
            name,
            beside: median(beside, u64::cmp),
            ours: median(ours, u64::cmp),
            ratio: median(&ratios, f64::total_cmp),
        }
    }

    fn line(&self) -> String {
        format!("figure {} {:.3}{}", self.name, self.ratio, targets::verdict(&self.name, self.ratio))
    }
}

pub(crate) fn median<N: Copy>(of: &[N], order: fn(&N, &N) -> Ordering) -> N {
    let mut sorted = of.to_vec();
    sorted.sort_by(order);
    sorted[sorted.len() / 2]
}

#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) machine: String,
    pub(crate) databases: Vec<String>,
    /// By the clock, all beside sqlx by hand.
    pub(crate) races: Vec<Race>,
    /// By counts of instructions; both do the same work.
    pub(crate) figures: Vec<Figure>,
    /// user-scope does more than its counterpart; to know, not to judge.
    pub(crate) extra: Vec<Figure>,
}

impl Report {
    pub(crate) fn print(&self) {
        for race in &self.races {
            println!("\n{}\n{}", race.title(), race.table(presets::UTF8_FULL_CONDENSED));
        }
        if !self.figures.is_empty() {
            println!("\n{}", self.counts(presets::UTF8_FULL_CONDENSED));
        }
        println!();
        for figure in self.all() {
            println!("{}", figure.line());
        }
    }

    fn all(&self) -> Vec<Figure> {
        let raced = self.races.iter().flat_map(Race::figures);
        raced.chain(self.figures.iter().cloned()).chain(self.extra.iter().cloned()).collect()
    }

    /// Writes a file of this name beside this package's manifest.
    pub(crate) fn keep(&self, name: &str) {
        let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(&path, self.markdown()).expect("the results can be written");
        println!("\nWritten to {path}");
    }

    fn markdown(&self) -> String {
        let mut text = String::from("# What user-scope costs\n\n");
        let _ = writeln!(
            text,
            "200 users with 500 tasks each. By hand: sqlx with `query_as` and `FromRow`, the owner in every WHERE. The rows of all were\n\
             compared before anything was measured.\n"
        );
        if !self.races.is_empty() {
            let _ = writeln!(
                text,
                "By the clock, microseconds for one operation: the median of the rounds, and of the ratios in each round to sqlx by hand on\n\
                 its default pool, without an audit. \"user-scope\" writes an audit row with each write, atomically, and records reads in the\n\
                 background; what the writer has left when a turn ends is stored before the next, and not in its time. Its pool is one that\n\
                 `ScopedPool::builder` has made from options, and keeps connections at hand; \"your pool\" is sqlx's default pool, as\n\
                 `ScopedPool::new` takes it. \"tuned\": `test_before_acquire(false)`, and 100 statements kept; \"audited\": tuned, and each\n\
                 write with the same row in the audit, reads with none. Lower is better.\n"
            );
        }
        for race in &self.races {
            let _ = writeln!(text, "## {}\n\n{}\n", race.title(), race.table(presets::ASCII_MARKDOWN));
        }
        if !self.figures.is_empty() {
            let _ = writeln!(
                text,
                "Instructions of the client's process for one operation, once warm, counted by callgrind, which no noise touches. Reads are not\n\
                 audited, and writes by both, atomically. `tuned`: beside sqlx by hand on a pool with the same settings as user-scope's.\n\
                 `read_audited`: with the audit of reads in the background, as is the default; by hand nothing is recorded. The ratio is the\n\
                 median of those of the rounds, and the counts are medians by themselves.\n\n{}\n",
                self.counts(presets::ASCII_MARKDOWN)
            );
        }
        text.push_str("```text\n");
        for figure in self.all() {
            let _ = writeln!(text, "{}", figure.line());
        }
        text.push_str("```\n\n");
        for figure in self.all() {
            if let Some(found) = targets::found(&figure.name) {
                let _ = writeln!(text, "- `{}`: {found}", figure.name);
            }
        }
        if cfg!(not(feature = "peers")) && !self.races.is_empty() {
            text.push_str("\nWithout the peers, which the feature `peers` brings.\n");
        }
        let _ = writeln!(text, "\n{}, on {}.", Utc::now().format("%Y-%m-%d"), self.machine);
        let _ = writeln!(text, "{}.", self.databases.join(", "));
        text
    }

    fn counts(&self, preset: &str) -> Table {
        let mut table = Table::new();
        table.load_preset(preset).set_header(["figure", "by hand", "user-scope", "ratio"]);
        for figure in self.figures.iter().chain(&self.extra) {
            table.add_row([
                figure.name.clone(),
                figure.beside.to_string(),
                figure.ours.to_string(),
                format!("{:.3}", figure.ratio),
            ]);
        }
        to_the_right(&mut table);
        table
    }
}

/// All columns but the first.
fn to_the_right(table: &mut Table) {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}
