//! Who is faster: all do the same in turn, A B C A B C, in one process against one database, and each is compared with what
//! sqlx by hand took in the same round. What slows the machine down slows all of them down.

mod entrant;
mod operation;

use sqlx::{Postgres, Sqlite};
use user_scope::audit::AuditSettings;

use crate::databases::{Arena, Name};
use crate::figures::{Race, Report};
use crate::{machine, world};

pub(crate) use entrant::Entrant;
use operation::Operation;

/// How often each does each.
const ROUNDS: usize = 41;

/// Whether there is an operation of this name.
pub(crate) fn knows(name: &str) -> bool {
    Operation::ALL.iter().any(|each| each.figure() == name)
}

/// Their names, for people.
pub(crate) fn operations() -> String {
    Operation::ALL.map(Operation::figure).join(", ")
}

/// Measures every operation on each of `databases`, or the one of this name, and adds what came of it to the report.
pub(crate) fn measure(databases: &[Name], only: Option<&str>, report: &mut Report) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for database in databases {
        match database {
            Name::Sqlite => runtime.block_on(on::<Sqlite>(only, report)),
            Name::Postgres => runtime.block_on(on::<Postgres>(only, report)),
        }
    }
    report.machine = machine::describe(&[]);
}

async fn on<DB: Arena>(only: Option<&str>, report: &mut Report) {
    let (home, isolated) = (DB::home().await, DB::isolated_home().await);
    let address = DB::address(&home);
    report.databases.push(DB::version(&address).await);
    let entrants = Entrant::<DB>::all(&address, isolated.as_ref().map(DB::address).as_deref()).await;
    for entrant in entrants.iter().skip(1) {
        for user in (0..world::USERS).step_by(10) {
            entrants[0].agrees_with(entrant, world::user_id(user)).await;
        }
    }
    for entrant in &entrants {
        entrant.writes_what_it_returns(world::user_id(0)).await;
    }
    println!("{}: all return the same rows, and write those that they return.", DB::WHICH.argument());
    for operation in Operation::ALL.into_iter().filter(|each| only.is_none_or(|name| name == each.figure())) {
        let mut race = Race::new(DB::WHICH.figure(), operation.figure(), entrants.iter().map(Entrant::name).collect());
        for round in 0..=ROUNDS {
            let mut times = Vec::with_capacity(entrants.len());
            for entrant in &entrants {
                times.push(entrant.timed(operation, round).await);
                // What was left for the background is nobody else's to wait for.
                entrant.settle().await;
            }
            // The first is to warm up.
            if round > 0 {
                race.add(times);
            }
        }
        println!("{}", race.in_a_line());
        report.races.push(race);
    }
    for entrant in entrants {
        entrant.close().await;
    }
}

/// The audit as it is by default, and none.
fn audits() -> [AuditSettings; 2] {
    [AuditSettings::off(), AuditSettings::default()]
}
