//! What runs under callgrind: one contestant, one operation, so many times.

use std::hint::black_box;

use sqlx::{Postgres, Sqlite};
use user_scope::Enforcement;
use user_scope::audit::{AuditSettings, ReadAudit};

use crate::contestants::{Contestant, Reaches, Scoped};
use crate::databases::{Arena, Name, Tuning};
use crate::world;

/// The hidden command.
pub(crate) const WORKER: &str = "worker";
/// The variable that tells a worker where its database is.
pub(super) const ADDRESS: &str = "USER_SCOPE_BENCH_ADDRESS";

/// Done before the counting begins to matter: statements are prepared, caches filled.
const WARM_UP: usize = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Get,
    Newest,
    NewestOpen,
    Rename,
}

impl Operation {
    pub(super) const ALL: [Self; 4] = [Self::Get, Self::Newest, Self::NewestOpen, Self::Rename];

    /// As figures and workers name it.
    pub(super) const fn figure(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Newest => "list50",
            Self::NewestOpen => "list50_filtered",
            Self::Rename => "update.audited",
        }
    }

    /// Enough for what happens now and then, as a checkpoint of SQLite, to be in the average.
    pub(super) const fn count(self) -> usize {
        match self {
            Self::Get => 3_000,
            Self::Newest | Self::NewestOpen => 250,
            Self::Rename => 1_500,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// On a pool that is tuned as ours.
    ByHand,
    /// On sqlx's default pool.
    ByDefault,
    /// Reads are not audited: the same work as by hand.
    Scoped,
    /// Reads are audited in the background, as is the default.
    Audited,
}

impl Who {
    pub(super) const ALL: [Self; 4] = [Self::ByHand, Self::ByDefault, Self::Scoped, Self::Audited];

    pub(super) const fn argument(self) -> &'static str {
        match self {
            Self::ByHand => "by-hand",
            Self::ByDefault => "by-default",
            Self::Scoped => "scoped",
            Self::Audited => "audited",
        }
    }

    pub(super) fn takes_part_in(self, operation: Operation) -> bool {
        self != Self::Audited || operation == Operation::Get
    }
}

/// The worker's `main`.
pub(crate) fn work(database: &str, who: &str, operation: &str, count: &str) {
    let address = std::env::var(ADDRESS).expect("the address of a database");
    let who = Who::ALL.into_iter().find(|each| each.argument() == who).expect("a contestant");
    let operation = Operation::ALL.into_iter().find(|each| each.figure() == operation).expect("an operation");
    let count = count.parse().expect("a number");
    // One thread, so that the same happens each time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    if database == Name::Sqlite.argument() {
        runtime.block_on(on::<Sqlite>(&address, who, operation, count));
    } else {
        runtime.block_on(on::<Postgres>(&address, who, operation, count));
    }
}

async fn on<DB: Arena>(address: &str, who: Who, operation: Operation, count: usize) {
    let reaches = |reads| Reaches { audit: AuditSettings::default().reads(reads), enforcement: Enforcement::Predicate };
    match who {
        Who::ByHand => run(&DB::by_hand(address, Tuning::Tuned, true).await, operation, count).await,
        Who::ByDefault => run(&DB::by_hand(address, Tuning::Default, true).await, operation, count).await,
        Who::Scoped => run(&Scoped::<DB>::connect(address, reaches(ReadAudit::Off)).await, operation, count).await,
        Who::Audited => {
            let scoped = Scoped::<DB>::connect(address, reaches(ReadAudit::Background)).await;
            run(&scoped, operation, count).await;
            // What the writer still has to do is part of the cost.
            scoped.0.close().await;
        }
    }
}

async fn run(contestant: &impl Contestant, operation: Operation, count: usize) {
    for step in 0..WARM_UP + count {
        let (user, task) = world::target(step);
        let (user, task) = (world::user_id(user), world::task_id(user, task));
        match operation {
            Operation::Get => drop(black_box(contestant.get(user, task).await)),
            Operation::Newest => drop(black_box(contestant.newest(user, 50).await)),
            Operation::NewestOpen => drop(black_box(contestant.newest_open(user, 50).await)),
            Operation::Rename => {
                let title = format!("Task renamed at step {step}, with a title of ordinary length");
                drop(black_box(contestant.rename(user, task, title).await));
            }
        }
    }
}
