//! What user-scope costs, measured beside what people would write without it.
//!
//! `cargo run --release -p user-scope-benches -- instructions [sqlite|postgres|all]` counts the instructions of
//! the client's process by callgrind, which no noise of the machine touches. With `audit` it measures what the background
//! audit stores in a second, and what it costs the caller.
//!
//! - [`world`]: the rows that everybody works on.
//! - [`databases`]: where they lie, and how contestants reach them.
//! - [`contestants`]: who does the work: user-scope, and sqlx by hand.
//! - [`agreement`]: that all of them give and leave the same rows.
//! - [`instructions`]: one way to measure.
//! - [`audit`]: another: the writer of the background audit.
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
mod contestants;
mod databases;
mod figures;
mod instructions;
mod machine;
mod world;

use std::process::ExitCode;

use databases::Name;

const USAGE: &str = "usage: cargo run --release -p user-scope-benches -- instructions [sqlite|postgres|all] | audit";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["instructions"] | ["instructions", "all"] => instructions::measure(&[Name::Sqlite, Name::Postgres]),
        ["instructions", "sqlite"] => instructions::measure(&[Name::Sqlite]),
        ["instructions", "postgres"] => instructions::measure(&[Name::Postgres]),
        ["audit"] => audit::measure(),
        // The program itself, under callgrind.
        [instructions::WORKER, database, contestant, operation, count] => {
            instructions::work(database, contestant, operation, count);
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
