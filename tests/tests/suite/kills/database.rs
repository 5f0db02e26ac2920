//! The database is killed, by SIGKILL of all its processes, and comes back.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::{Pool, Postgres};
use user_scope::audit::{AuditSettings, WriteAudit};
use user_scope::{Change, ScopedPool, UserContext};
use user_scope_tests::postgres::MortalCluster;

use super::{faults, is_found_where_it_is_missing};
use crate::databases::TestDb;
use crate::entities::{SCHEMA, Status, Task, TaskChanges};
use crate::world::{new_task, user};

/// How often it dies.
const DEATHS: u64 = 4;

struct Mortal {
    cluster: MortalCluster,
    raw: Pool<Postgres>,
    pool: ScopedPool<Postgres>,
}

impl Mortal {
    async fn with(audit: AuditSettings) -> Self {
        let cluster = MortalCluster::start().unwrap();
        let raw = PgPoolOptions::new().test_before_acquire(true).connect_with(cluster.superuser()).await.unwrap();
        let counter = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
        let schema = SCHEMA.replace("{uuid}", "UUID").replace("{date}", "DATE").replace("{time}", "TIMESTAMPTZ");
        Postgres::run(&raw, &schema.replace("{counter}", counter)).await.unwrap();
        let pool = ScopedPool::builder(cluster.superuser()).max_connections(4).audit(audit).build().await.unwrap();
        pool.migrate().await.unwrap();
        Self { cluster, raw, pool }
    }

    /// When the server was started, if it is there.
    async fn born(&self) -> Option<String> {
        tokio::task::yield_now().await;
        Postgres::texts(&self.raw, "SELECT pg_postmaster_start_time()::text").await.ok()?.pop()
    }

    /// Works until it has died so often, each time after some more was done, and then some more was done.
    async fn dies_while<W: Future<Output = ()>>(&self, work: impl Fn(&'static Progress) -> W) {
        let progress: &'static Progress = Box::leak(Box::default());
        let die = async {
            for death in 0..=DEATHS {
                let done = progress.done.load(Ordering::SeqCst);
                while progress.done.load(Ordering::SeqCst) < done + 150 + death * 37 {
                    tokio::task::yield_now().await;
                }
                if death < DEATHS {
                    let before = self.born().await;
                    self.cluster.kill();
                    let born = async { while self.born().await.is_none_or(|born| Some(born) == before) {} };
                    tokio::time::timeout(Duration::from_secs(120), born).await.expect("it comes back");
                }
            }
            progress.ended.store(true, Ordering::SeqCst);
        };
        let all = async { tokio::join!(die, work(progress), work(progress), work(progress)) };
        tokio::time::timeout(Duration::from_secs(300), all).await.expect("it goes on after each death");
    }
}

#[derive(Default)]
struct Progress {
    done: AtomicU64,
    ended: AtomicBool,
}

impl Progress {
    fn goes_on(&self) -> bool {
        !self.ended.load(Ordering::SeqCst)
    }

    /// Counts what succeeded; lets others go on where it did not.
    async fn count<R>(&self, done: user_scope::Result<R>) -> Option<R> {
        match done {
            Ok(done) => {
                self.done.fetch_add(1, Ordering::SeqCst);
                Some(done)
            }
            Err(_) => {
                tokio::task::yield_now().await;
                None
            }
        }
    }
}

/// Inserts, updates some, deletes some. A task of which nobody knows what became of its last write is let be.
async fn write(pool: &ScopedPool<Postgres>, alice: &UserContext, progress: &Progress, told: &Told) {
    let tasks = pool.repository::<Task>(alice);
    'tasks: for number in 0.. {
        if !progress.goes_on() {
            return;
        }
        let Some(task) = progress.count(tasks.insert(new_task("0")).await).await else { continue };
        told.created.fetch_add(1, Ordering::SeqCst);
        for times in 1..=number % 4 {
            let changes = TaskChanges {
                title: Change::Set(times.to_string()),
                status: Change::Set(Status::Done),
                ..TaskChanges::default()
            };
            if progress.count(tasks.update(&task.id, changes).await).await.is_none() {
                continue 'tasks;
            }
            told.updated.fetch_add(1, Ordering::SeqCst);
        }
        if number % 3 == 0 && progress.count(tasks.delete(&task.id).await).await.is_some() {
            told.deleted.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// What was acknowledged.
#[derive(Default)]
struct Told {
    created: AtomicU64,
    updated: AtomicU64,
    deleted: AtomicU64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_and_their_audit_rows_match_one_to_one_when_the_database_is_killed() {
    let mortal = Mortal::with(AuditSettings::default()).await;
    let (alice, told): (_, Told) = (user(), Told::default());
    mortal.dies_while(|progress| write(&mortal.pool, &alice, progress, &told)).await;
    assert_eq!(faults(&mortal.raw).await, []);
    for (operation, told) in [("create", &told.created), ("update", &told.updated), ("delete", &told.deleted)] {
        let rows = format!("SELECT count(*) FROM user_access_log WHERE operation = '{operation}'");
        let (rows, told) = (Postgres::number(&mortal.raw, &rows).await, told.load(Ordering::SeqCst));
        // What was done, and could not be acknowledged any more, is on record as well: at most one by each writer and death.
        assert!((told..=told + 3 * DEATHS).contains(&(rows as u64)), "{operation}: {rows} rows, {told} acknowledged");
    }
    is_found_where_it_is_missing(&mortal.raw).await;
    mortal.pool.close().await;
}

/// What happens again and again, and whether each time is accounted for, of which the log holds rows of this operation. Of so many
/// nobody may know whether they happened.
async fn is_accounted_for<R>(
    settings: AuditSettings,
    (operation, unknown): (&str, u64),
    work: impl AsyncFn(&ScopedPool<Postgres>, &UserContext) -> user_scope::Result<R>,
) {
    const QUEUE: usize = 500;
    let mortal = Mortal::with(settings.queue(QUEUE)).await;
    let (alice, times) = (user(), AtomicU64::new(0));
    let (pool, alice, times, work) = (&mortal.pool, &alice, &times, &work);
    mortal
        .dies_while(|progress| async move {
            while progress.goes_on() {
                if progress.count(work(pool, alice).await).await.is_some() {
                    times.fetch_add(1, Ordering::SeqCst);
                }
            }
        })
        .await;
    pool.flush_audit().await;
    let (stats, times) = (pool.audit_stats(), times.load(Ordering::SeqCst));
    let rows = format!("SELECT count(*) FROM user_access_log WHERE operation = '{operation}'");
    let rows = Postgres::number(&mortal.raw, &rows).await;
    // Every event is counted once, and what is counted as recorded is there, once.
    let told = stats.recorded + stats.failed + stats.dropped;
    assert!((times..=times + unknown).contains(&told), "{times}, {stats:?}");
    assert_eq!(rows as u64, stats.recorded, "{stats:?}");
    assert!(stats.failed + stats.dropped <= (QUEUE + 1_000) as u64, "{stats:?}");
    assert!(times > 500, "{times} are too few to tell");
    mortal.pool.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_in_the_background_are_all_accounted_for_when_the_database_is_killed() {
    let list = async |pool: &ScopedPool<Postgres>, alice: &UserContext| {
        pool.repository::<Task>(alice).query().limit(1).all().await
    };
    is_accounted_for(AuditSettings::default(), ("list", 0), list).await;
}

/// One that could not be acknowledged any more is counted as dropped, by each writer and death: that it is on record exactly if it
/// was carried out is what atomic is for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_in_the_background_are_all_accounted_for_when_the_database_is_killed() {
    let insert = async |pool: &ScopedPool<Postgres>, alice: &UserContext| {
        pool.repository::<Task>(alice).insert(new_task("0")).await
    };
    let settings = AuditSettings::default().writes(WriteAudit::Background);
    is_accounted_for(settings, ("create", 3 * DEATHS), insert).await;
}
