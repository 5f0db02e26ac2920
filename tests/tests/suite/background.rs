//! The background writer and the way to it: nothing is lost without being counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Semaphore;
use user_scope::audit::{
    AuditEvent, AuditSettings, AuditSink, BoxFuture, DatabaseSink, FanOut, MemorySink, Overflow, SinkError,
    TracingSink, WriteAudit,
};
use user_scope::{Error, Uuid};

use super::cancellation::cancelled_after;
use super::databases::TestDb;
use super::entities::Task;
use super::world::{World, new_task, user};

on_each_database_and_through_pgbouncer!(
    background_writes_go_to_the_sink,
    a_sink_that_fails_for_a_while_loses_nothing_and_stores_nothing_twice,
    a_full_queue_makes_the_caller_wait,
    a_full_queue_counts_what_it_drops_if_so_set,
    a_cancelled_wait_for_the_queue_is_counted,
    closing_drains_the_queue,
    everybody_who_closes_waits_until_all_is_recorded,
    closing_waits_for_what_is_under_way_and_records_it,
    a_sink_that_panics_is_a_sink_that_fails,
    a_background_write_that_is_cancelled_is_recorded_or_counted,
    a_fan_out_reaches_every_sink,
);

async fn background_writes_go_to_the_sink<DB: TestDb>() {
    let sink = MemorySink::new();
    let audit = AuditSettings::default().writes(WriteAudit::Background).sink(sink.clone());
    let (world, alice) = (World::<DB>::with(audit, 2).await, user());
    let task = world.task(&alice, "x").await;
    let tasks = world.pool.repository::<Task>(&alice);
    tasks.get(&task.id).await.unwrap();
    let tx = world.pool.begin(&alice).await.unwrap();
    tx.repository::<Task>().insert(new_task("never")).await.unwrap();
    tx.rollback().await.unwrap();
    let tx = world.pool.begin(&alice).await.unwrap();
    tx.repository::<Task>().delete(&task.id).await.unwrap();
    tx.commit().await.unwrap();
    world.pool.flush_audit().await;
    let events = sink.events();
    let operations: Vec<_> = events.iter().map(|event| event.operation.as_str()).collect();
    assert_eq!(operations, ["create", "read", "delete"]);
    assert!(events.iter().all(|event| event.entity_id == Some(task.id.to_string()) && !event.id.is_nil()));
    assert_eq!(world.pool.audit_stats().recorded, 3);
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM user_access_log").await, 0);
}

/// Stores what it is given, and says every other time that it did not.
struct Forgetful<S> {
    sink: S,
    calls: AtomicU32,
}

impl<S: AuditSink> AuditSink for Forgetful<S> {
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move {
            self.sink.record(events).await?;
            match self.calls.fetch_add(1, Ordering::Relaxed) % 2 {
                0 => Err("the answer was lost on its way".into()),
                _ => Ok(()),
            }
        })
    }
}

async fn a_sink_that_fails_for_a_while_loses_nothing_and_stores_nothing_twice<DB: TestDb>() {
    let home = World::<DB>::open().await;
    let sink = Forgetful { sink: DatabaseSink::<DB>::new::<Uuid>(home.raw.clone()), calls: AtomicU32::new(0) };
    let pool = crate::databases::builder(DB::source(&home.home))
        .audit(AuditSettings::default().sink(sink))
        .build()
        .await
        .unwrap();
    let alice = user();
    let task = home.task(&alice, "x").await;
    for _ in 0..5 {
        pool.repository::<Task>(&alice).get(&task.id).await.unwrap();
        pool.flush_audit().await;
    }
    let stats = pool.audit_stats();
    assert_eq!((stats.recorded, stats.retries, stats.failed, stats.dropped), (5, 5, 0, 0));
    assert_eq!(home.operations().await.iter().filter(|line| *line == "read tasks").count(), 5);
}

/// Lets a batch through for each permit.
#[derive(Clone)]
struct Gate {
    permits: Arc<Semaphore>,
    sink: MemorySink,
    /// How many batches have come to it.
    met: Arc<AtomicU32>,
}

impl Gate {
    fn closed() -> Self {
        Self { permits: Arc::new(Semaphore::new(0)), sink: MemorySink::new(), met: Arc::default() }
    }
}

impl AuditSink for Gate {
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move {
            self.met.fetch_add(1, Ordering::SeqCst);
            self.permits.acquire().await?.forget();
            self.sink.record(events).await
        })
    }
}

/// Reads until the writer holds one batch at the gate and the queue, of one event, is full.
async fn fill<DB: TestDb>(world: &World<DB>, alice: &user_scope::UserContext, gate: &Gate) {
    let tasks = world.pool.repository::<Task>(alice);
    tasks.query().count().await.unwrap();
    while gate.met.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    tasks.query().count().await.unwrap();
    assert_eq!(world.pool.audit_stats().queued, 1);
}

async fn a_full_queue_makes_the_caller_wait<DB: TestDb>() {
    let gate = Gate::closed();
    let (world, alice) = (World::<DB>::with(AuditSettings::default().queue(1).sink(gate.clone()), 1).await, user());
    fill(&world, &alice, &gate).await;
    let tasks = world.pool.repository::<Task>(&alice);
    let reader = tasks.query().count();
    let opener = async {
        // He waits without holding the one connection: somebody else can work.
        world.task(&alice, "x").await;
        gate.permits.add_permits(10);
    };
    let (count, ()) = tokio::join!(reader, opener);
    assert_eq!(count.unwrap(), 0);
    world.pool.flush_audit().await;
    assert_eq!(gate.sink.events().len(), 3);
    assert_eq!(world.pool.audit_stats().dropped, 0);
}

async fn a_full_queue_counts_what_it_drops_if_so_set<DB: TestDb>() {
    let gate = Gate::closed();
    let audit = AuditSettings::default().queue(1).overflow(Overflow::Count).sink(gate.clone());
    let (world, alice) = (World::<DB>::with(audit, 1).await, user());
    fill(&world, &alice, &gate).await;
    for _ in 0..3 {
        world.pool.repository::<Task>(&alice).query().count().await.unwrap();
    }
    assert_eq!(world.pool.audit_stats().dropped, 3);
    gate.permits.add_permits(10);
    world.pool.flush_audit().await;
    assert_eq!(gate.sink.events().len(), 2);
}

async fn a_cancelled_wait_for_the_queue_is_counted<DB: TestDb>() {
    let gate = Gate::closed();
    let (world, alice) = (World::<DB>::with(AuditSettings::default().queue(1).sink(gate.clone()), 1).await, user());
    fill(&world, &alice, &gate).await;
    let tasks = world.pool.repository::<Task>(&alice);
    let waiting = tokio::time::timeout(std::time::Duration::from_millis(300), tasks.query().count()).await;
    assert!(waiting.is_err(), "nobody opened the gate");
    assert_eq!(world.pool.audit_stats().dropped, 1);
    gate.permits.add_permits(10);
}

async fn closing_drains_the_queue<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    for _ in 0..50 {
        world.pool.repository::<Task>(&alice).query().count().await.unwrap();
    }
    world.pool.close().await;
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM user_access_log").await, 50);
    let closed = world.pool.repository::<Task>(&alice).query().count().await.unwrap_err();
    assert!(matches!(closed, Error::Unavailable { .. }), "{closed:?}");
}

async fn a_fan_out_reaches_every_sink<DB: TestDb>() {
    let home = World::<DB>::open().await;
    let memory = MemorySink::new();
    let sinks: [Arc<dyn AuditSink>; 3] = [
        Arc::new(DatabaseSink::<DB>::new::<Uuid>(home.raw.clone())),
        Arc::new(TracingSink::default()),
        Arc::new(memory.clone()),
    ];
    let audit = AuditSettings::default().sink(FanOut::new(sinks));
    let pool = crate::databases::builder(DB::source(&home.home)).audit(audit).build().await.unwrap();
    pool.repository::<Task>(&user()).query().count().await.unwrap();
    pool.flush_audit().await;
    assert_eq!(memory.events().len(), 1);
    assert_eq!(home.operations().await, ["list tasks"]);
}

async fn everybody_who_closes_waits_until_all_is_recorded<DB: TestDb>() {
    let home = World::<DB>::open().await;
    let sink = Forgetful { sink: DatabaseSink::<DB>::new::<Uuid>(home.raw.clone()), calls: AtomicU32::new(0) };
    let audit = AuditSettings::default().sink(sink);
    let pool = crate::databases::builder(DB::source(&home.home)).audit(audit).build().await.unwrap();
    for _ in 0..20 {
        pool.repository::<Task>(&user()).query().count().await.unwrap();
    }
    let recorded = async |pool: &user_scope::ScopedPool<DB>| {
        pool.close().await;
        DB::number(&home.raw, "SELECT count(*) FROM user_access_log").await
    };
    assert_eq!(tokio::join!(recorded(&pool), recorded(&pool)), (20, 20));
    pool.flush_audit().await;
    assert_eq!(pool.audit_stats().recorded, 20);
}

async fn closing_waits_for_what_is_under_way_and_records_it<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let task = world.task(&alice, "x").await;
    let tx = world.pool.begin(&alice).await.unwrap();
    let work = async {
        tx.repository::<Task>().get(&task.id).await.unwrap();
        tokio::task::yield_now().await;
        // Nothing new begins, and what has begun goes on.
        assert!(matches!(world.pool.begin(&alice).await, Err(Error::Unavailable { .. })));
        tx.repository::<Task>().get(&task.id).await.unwrap();
        tx.commit().await.unwrap();
    };
    tokio::join!(world.pool.close(), work);
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM user_access_log WHERE operation = 'read'").await, 2);
    assert_eq!(world.pool.audit_stats().dropped, 0);
}

/// Panics at its first batch.
struct Nervous(MemorySink, AtomicU32);

impl AuditSink for Nervous {
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> BoxFuture<'a, Result<(), SinkError>> {
        assert!(self.1.fetch_add(1, Ordering::Relaxed) > 0, "the sink panics, as the test wants it");
        self.0.record(events)
    }
}

async fn a_sink_that_panics_is_a_sink_that_fails<DB: TestDb>() {
    let memory = MemorySink::new();
    let audit = AuditSettings::default().sink(Nervous(memory.clone(), AtomicU32::new(0)));
    let world = World::<DB>::with(audit, 2).await;
    for _ in 0..3 {
        world.pool.repository::<Task>(&user()).query().count().await.unwrap();
        world.pool.flush_audit().await;
    }
    assert_eq!(memory.events().len(), 3);
    let stats = world.pool.audit_stats();
    assert_eq!((stats.recorded, stats.retries, stats.failed, stats.dropped), (3, 1, 0, 0));
}

async fn a_background_write_that_is_cancelled_is_recorded_or_counted<DB: TestDb>() {
    let audit = AuditSettings::default().writes(WriteAudit::Background);
    let (world, alice) = (World::<DB>::with(audit, 2).await, user());
    for number in 0..200_u32 {
        let insert = world.pool.repository::<Task>(&alice);
        cancelled_after(number % 4 + 1, insert.insert(new_task(&format!("{number}")))).await;
    }
    world.pool.close().await;
    let rows = DB::number(&world.raw, "SELECT count(*) FROM tasks").await;
    let logged = DB::number(&world.raw, "SELECT count(*) FROM user_access_log").await;
    let counted = i64::try_from(world.pool.audit_stats().dropped).unwrap();
    assert!(rows <= logged + counted, "{rows} rows, {logged} logged, {counted} counted");
    assert!(logged <= rows, "{rows} rows, {logged} logged");
}
