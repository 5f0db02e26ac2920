//! Instructions of the client's process, counted by callgrind: the same on a busy machine and on an idle one.
//!
//! The program runs itself under callgrind ([`callgrind`]) to do an operation N times and 2N times ([`worker`]).
//! The difference of the two totals, divided by N, is what one operation costs: starting up and warming up are in
//! both and fall away. All threads are in the totals, as SQLite's worker. A server is another process.

mod callgrind;
mod one_processor;
mod worker;

use sqlx::{Postgres, Sqlite};

use crate::agreement;
use crate::databases::{Arena, Name};
use crate::figures::{Figure, Report};
use crate::machine;

use worker::{Operation, Who};
pub(crate) use worker::{WORKER, work};

/// How often each pair of runs is done, in turn with those of the other contestant. Threads that wait for one
/// another make the totals differ a little; the median is taken.
const ROUNDS: usize = 5;

/// Measures on each of `databases`, and adds the figures to the report.
pub(crate) fn measure(databases: &[Name], report: &mut Report) {
    callgrind::check();
    one_processor::bind();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for database in databases {
        match database {
            Name::Sqlite => on::<Sqlite>(&runtime, report),
            Name::Postgres => on::<Postgres>(&runtime, report),
        }
    }
    report.machine = machine::describe(&[callgrind::version()]);
}

fn on<DB: Arena>(runtime: &tokio::runtime::Runtime, report: &mut Report) {
    let home = runtime.block_on(DB::home());
    runtime.block_on(agreement::check::<DB>(&DB::address(&home)));
    report.databases.push(runtime.block_on(DB::version(&DB::address(&home))));
    let once = |who, operation| {
        let run = |count| callgrind::instructions(DB::WHICH, &DB::address(&home), who, operation, count);
        let count = operation.count();
        (run(2 * count) - run(count)) / count as u64
    };
    for operation in Operation::ALL {
        let mut counts = [const { Vec::new() }; Who::ALL.len()];
        for _ in 0..ROUNDS {
            for (who, counts) in Who::ALL.into_iter().zip(&mut counts) {
                if who.takes_part_in(operation) {
                    counts.push(once(who, operation));
                }
            }
        }
        let [by_hand, by_default, scoped, audited] = counts;
        let name = |suffix: &str| format!("{}.{}{suffix}.instructions", DB::WHICH.figure(), operation.figure());
        report.figures.push(Figure::new(name(""), &by_default, &scoped));
        report.figures.push(Figure::new(name(".tuned"), &by_hand, &scoped));
        if !audited.is_empty() {
            report.extra.push(Figure::new(name(".read_audited"), &by_default, &audited));
        }
    }
}
