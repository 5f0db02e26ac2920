//! What the audit in the background costs: how many rows a second the writer stores, beside a plain loop of inserts on one
//! connection, and how much of the caller's processor it takes to hand an event over.
//!
//! Both are measured on events of real reads. They wait in the queue behind a gate, so that the one who records and the one
//! who writes are not measured at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Postgres};
use tokio::sync::Notify;
use user_scope::audit::{AuditEvent, AuditSettings, AuditSink, BoxFuture, DatabaseSink, ReadAudit, SinkError};
use user_scope::{ScopedPool, UserContext, Uuid};
use user_scope_tests::postgres::Database;

use crate::databases::Arena;
use crate::machine;
use crate::world::{Task, target, task_id, user_id};

/// Rows that are stored in one round, and rows of one insert of the plain loop.
const ROWS: usize = 40_000;
const AT_ONCE: usize = 1_000;
const ROUNDS: usize = 7;
/// Reads of one round, with the audit and without.
const READS: usize = 4_000;

pub(crate) fn measure() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let home = <Postgres as Arena>::home().await;
        let recording = recording(&home).await;
        let (plain, writer) = ingest(&home).await;
        let rate = |times: &[Duration]| ROWS as f64 / median(times.iter().map(Duration::as_secs_f64).collect());
        let ratios = plain.iter().zip(&writer).map(|(plain, writer)| writer.as_secs_f64() / plain.as_secs_f64());
        let ratio = median(ratios.collect());
        println!("a plain loop of {AT_ONCE} rows an insert: {:>9.0} rows a second", rate(&plain));
        println!(
            "the background writer:                 {:>9.0} rows a second, {:.2} of it",
            rate(&writer),
            1.0 / ratio
        );
        println!("an event costs the caller:             {recording:>9.2} microseconds of processor time");
        println!("\nfigure pg.audit.ingest {ratio:.3}\nfigure pg.audit.recording_us {recording:.3}");
        println!(
            "\n{}",
            machine::describe(&[<Postgres as Arena>::version(&<Postgres as Arena>::address(&home)).await])
        );
    });
}

/// Holds back what comes until it is opened.
#[derive(Clone)]
struct Gate {
    sink: Option<Arc<DatabaseSink<Postgres>>>,
    open: Arc<(AtomicBool, Notify)>,
}

impl Gate {
    fn closed(sink: Option<DatabaseSink<Postgres>>) -> Self {
        Self { sink: sink.map(Arc::new), open: Arc::default() }
    }

    fn open(&self) {
        self.open.0.store(true, Ordering::SeqCst);
        self.open.1.notify_waiters();
    }

    async fn opened(&self) {
        let opened = self.open.1.notified();
        if !self.open.0.load(Ordering::SeqCst) {
            opened.await;
        }
    }
}

impl AuditSink for Gate {
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move {
            self.opened().await;
            match &self.sink {
                Some(sink) => sink.record(events).await,
                None => Ok(()),
            }
        })
    }
}

async fn pool(home: &Database, settings: AuditSettings) -> ScopedPool<Postgres> {
    let source = <Postgres as Arena>::source(&<Postgres as Arena>::address(home));
    ScopedPool::builder(source).max_connections(1).audit(settings).build().await.expect("the server runs")
}

async fn read(pool: &ScopedPool<Postgres>, reads: usize) {
    for step in 0..reads {
        let (user, task) = target(step);
        let caller = UserContext::new(user_id(user)).expect("a user");
        pool.repository::<Task>(&caller).get(&task_id(user, task)).await.expect("a task");
    }
}

/// The median of what a read costs more when it is recorded, in microseconds of this thread's processor time.
async fn recording(home: &Database) -> f64 {
    let settings = AuditSettings::default().queue(READS * (ROUNDS + 2) * 2);
    let gate = Gate::closed(None);
    let with = pool(home, settings.clone().sink(gate.clone())).await;
    let without = pool(home, settings.reads(ReadAudit::Off)).await;
    let mut differences = Vec::new();
    for round in 0..ROUNDS + 1 {
        let mut costs = [0.0; 2];
        for (cost, pool) in costs.iter_mut().zip([&without, &with]) {
            let before = processor_time();
            read(pool, READS).await;
            *cost = (processor_time() - before).as_secs_f64() * 1e6 / READS as f64;
        }
        // The first is to warm up.
        if round > 0 {
            differences.push(costs[1] - costs[0]);
        }
    }
    gate.open();
    with.close().await;
    without.close().await;
    median(differences)
}

/// How long this thread has run, as Linux counts it.
fn processor_time() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts it");
    let nanos = told.split_whitespace().next().and_then(|word| word.parse().ok());
    Duration::from_nanos(nanos.expect("nanoseconds come first"))
}

/// How long a plain loop takes for the rows of a round, and how long the writer does; one after the other.
async fn ingest(home: &Database) -> (Vec<Duration>, Vec<Duration>) {
    let connect = || async {
        let pool = PgPoolOptions::new().max_connections(1).min_connections(1).test_before_acquire(false);
        pool.connect_with(home.app()).await.expect("the server runs")
    };
    let raw = connect().await;
    let (mut plain, mut writer) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS + 1 {
        let looped = plainly(&raw).await;
        let gate = Gate::closed(Some(DatabaseSink::new::<Uuid>(connect().await)));
        let pool = pool(home, AuditSettings::default().queue(ROWS + AT_ONCE).sink(gate.clone())).await;
        read(&pool, ROWS).await;
        let begun = Instant::now();
        gate.open();
        pool.flush_audit().await;
        let written = begun.elapsed();
        assert_eq!(pool.audit_stats().recorded, ROWS as u64, "every event is stored");
        pool.close().await;
        if round > 0 {
            plain.push(looped);
            writer.push(written);
        }
        let stored = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM user_access_log").fetch_one(&raw).await;
        assert_eq!(stored.expect("a count"), 2 * ROWS as i64 * (round as i64 + 1), "both store every row");
    }
    (plain, writer)
}

/// The columns that the writer fills, of as many rows.
async fn plainly(pool: &PgPool) -> Duration {
    let batches: Vec<_> = (0..ROWS / AT_ONCE)
        .map(|batch| {
            let steps = batch * AT_ONCE..(batch + 1) * AT_ONCE;
            let ids: Vec<_> = steps.clone().map(|_| Uuid::now_v7()).collect();
            let users: Vec<_> = steps.clone().map(|step| user_id(target(step).0)).collect();
            let tasks: Vec<_> = steps.map(|step| task_id(target(step).0, target(step).1).to_string()).collect();
            let (entities, operations) = (vec!["tasks"; AT_ONCE], vec!["read"; AT_ONCE]);
            let times = vec![1_700_000_000_000_000_i64; AT_ONCE];
            (ids, users, entities, tasks, operations, vec![None::<String>; AT_ONCE], times)
        })
        .collect();
    let begun = Instant::now();
    for (ids, users, entities, tasks, operations, details, times) in batches {
        let text = "INSERT INTO user_access_log (event_id, user_id, entity_type, entity_id, operation, details, occurred_at) \
                    SELECT event_id, user_id, entity_type, entity_id, operation, details::jsonb, \
                    'epoch'::timestamptz + occurred_at * interval '1 microsecond' \
                    FROM UNNEST($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[]) \
                    AS event (event_id, user_id, entity_type, entity_id, operation, details, occurred_at)";
        let insert = sqlx::query(text).bind(ids).bind(users).bind(entities).bind(tasks);
        let insert = insert.bind(operations).bind(details).bind(times).execute(pool).await;
        insert.expect("rows can be inserted");
    }
    begun.elapsed()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
