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

/// Measures on each of `databases`, prints a table and the figures, and writes `results.md`.
pub(crate) fn measure(databases: &[Name]) {
    callgrind::check();
    one_processor::bind();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut report = Report::default();
    for database in databases {
        match database {
            Name::Sqlite => on::<Sqlite>(&runtime, &mut report),
            Name::Postgres => on::<Postgres>(&runtime, &mut report),
        }
    }
    report.machine = machine::describe(&[callgrind::version()]);
    report.print();
    report.keep();
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
        let mut counts = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (who, counts) in Who::ALL.into_iter().zip(&mut counts) {
                if who.takes_part_in(operation) {
                    counts.push(once(who, operation));
                }
            }
        }
        let [by_hand, scoped, audited] = counts;
        let name = |operation: &str| format!("{}.{operation}.instructions", DB::WHICH.figure());
        report.figures.push(Figure::new(name(operation.figure()), &by_hand, &scoped));
        if !audited.is_empty() {
            let name = name(&format!("{}.read_audited", operation.figure()));
            report.extra.push(Figure::new(name, &by_hand, &audited));
        }
    }
}
