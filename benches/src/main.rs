//! What user-scope costs, measured beside what people would write without it.
//!
//! `cargo run --release -p user-scope-benches -- [sqlite|postgres|all]` has them race, by the clock. `instructions
//! [sqlite|postgres|all]` counts the instructions of the client's process by callgrind, which no noise of the machine
//! touches. With `audit` it measures what the background audit stores in a second, and what it costs the caller.
//!
//! - [`world`]: the rows that everybody works on.
//! - [`databases`]: where they lie, and how contestants reach them.
//! - [`contestants`]: who does the work: user-scope, sqlx by hand, and peers.
//! - [`agreement`]: that all of them give and leave the same rows.
//! - [`race`]: one way to measure.
//! - [`instructions`]: another way.
//! - [`audit`]: a third, for the writer of the background audit.
//! - [`figures`] and [`machine`]: what is printed, and what is kept in `results.md`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench that cannot go on has nothing better to do than to say why and end"
)]

mod agreement;
mod audit;
mod compile;
mod contestants;
mod databases;
mod figures;
mod instructions;
mod machine;
mod race;
mod scale;
mod world;

use std::process::ExitCode;

use databases::Name;
use figures::Report;

const USAGE: &str = "\
usage: cargo run --release -p user-scope-benches [--no-default-features] -- COMMAND

  sqlite [OPERATION]    race by the clock, all operations or one (a minute; benches/results-sqlite.md)
  postgres [OPERATION]  the same on PostgreSQL (a minute; benches/results-postgres.md)
  scale                 10,000,000 rows of 100,000 users beside 10,000 of 100 (five minutes; benches/results-scale.md)
  compile               30 entities beside the same with FromRow (two minutes; benches/results-compile.md)
  all                   all of these, as without a command (ten minutes; writes benches/results.md anew)
  audit                 what the background audit stores in a second, and what an event costs
  instructions [sqlite|postgres|all]
                        instructions of the client, by valgrind (ten minutes a database; writes benches/instructions.md anew)

Peers compile for some minutes; --no-default-features leaves them out. PostgreSQL is started by the program itself.";
const BOTH: [Name; 2] = [Name::Sqlite, Name::Postgres];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] | ["all"] => reported("results.md", |report| {
            race::measure(&BOTH, None, report);
            scale::measure(report);
            compile::measure(report);
        }),
        ["sqlite"] => race_on(Name::Sqlite, None),
        ["sqlite", operation] if race::knows(operation) => race_on(Name::Sqlite, Some(operation)),
        ["postgres"] => race_on(Name::Postgres, None),
        ["postgres", operation] if race::knows(operation) => race_on(Name::Postgres, Some(operation)),
        ["scale"] => reported("results-scale.md", scale::measure),
        ["compile"] => reported("results-compile.md", compile::measure),
        ["instructions"] | ["instructions", "all"] => {
            reported("instructions.md", |report| instructions::measure(&BOTH, report))
        }
        ["instructions", "sqlite"] => {
            reported("instructions-sqlite.md", |report| instructions::measure(&[Name::Sqlite], report))
        }
        ["instructions", "postgres"] => {
            reported("instructions-postgres.md", |report| instructions::measure(&[Name::Postgres], report))
        }
        ["audit"] => audit::measure(),
        // The program itself, under callgrind.
        [instructions::WORKER, database, contestant, operation, count] => {
            instructions::work(database, contestant, operation, count);
        }
        ["--help" | "-h" | "help"] => println!("{USAGE}\n\noperations: {}", race::operations()),
        _ => {
            eprintln!("{USAGE}\n\noperations: {}", race::operations());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn race_on(database: Name, only: Option<&str>) {
    let file = format!("results-{}.md", database.argument());
    reported(&file, |report| race::measure(&[database], only, report));
}

/// Prints what was measured, and keeps it in a file of this name.
fn reported(name: &str, measure: impl FnOnce(&mut Report)) {
    let mut report = Report::default();
    measure(&mut report);
    report.print();
    report.keep(name);
}
