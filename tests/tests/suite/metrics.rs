//! What the recorder of an application is told: counts and durations by names that stand in the code, and no user.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tokio::sync::Semaphore;
use user_scope::audit::{AuditEvent, AuditSettings, AuditSink, BoxFuture, Overflow, SinkError};
use user_scope::{Change, Stores, Uuid};

use super::aggregates::{Measure, measured, of};
use super::databases::TestDb;
use super::entities::{NewSecret, Secret, SecretChanges, Task};
use super::world::{World, new_task, user};

on_each_database!(
    every_operation_is_counted_and_timed,
    an_operation_that_is_cancelled_is_counted_as_such,
    the_audits_events_are_counted_and_its_queue_is_measured,
    no_label_tells_a_value_or_a_user,
    the_figures_tell_no_denial_from_a_miss,
    a_sum_that_is_no_number_is_counted_as_refused,
);

/// The recorder of this thread, on which all of a test runs but the drivers.
macro_rules! recording {
    ($snapshotter:ident) => {
        let recorder = DebuggingRecorder::new();
        let $snapshotter = recorder.snapshotter();
        let _guard = metrics::set_default_local_recorder(&recorder);
    };
}

/// Everything since the last time, as `name{label=value,…}`; of a histogram how many values there were.
fn since(snapshotter: &Snapshotter) -> BTreeMap<String, f64> {
    let all = snapshotter.snapshot().into_vec().into_iter();
    let metric = |(key, _, _, value): (metrics_util::CompositeKey, _, _, DebugValue)| {
        let labels: Vec<_> = key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let value = match value {
            DebugValue::Counter(count) => f64::from(u32::try_from(count).unwrap()),
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(values) => {
                assert!(values.iter().all(|seconds| (0.0..60.0).contains(&seconds.into_inner())), "{values:?}");
                f64::from(u32::try_from(values.len()).unwrap())
            }
        };
        (format!("{}{{{}}}", key.key().name(), labels.join(",")), value)
    };
    all.map(metric).filter(|(_, value)| *value != 0.0).collect()
}

fn expected(of: &[(&str, f64)]) -> BTreeMap<String, f64> {
    of.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

/// Those whose name starts so.
fn only(all: BTreeMap<String, f64>, prefix: &str) -> BTreeMap<String, f64> {
    all.into_iter().filter(|(name, _)| name.starts_with(prefix)).collect()
}

async fn every_operation_is_counted_and_timed<DB: TestDb>() {
    recording!(snapshotter);
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    since(&snapshotter);
    let task = tasks.insert(new_task("x")).await.unwrap();
    tasks.insert(new_task("y")).await.unwrap();
    assert_eq!(tasks.query().all().await.unwrap().len(), 2);
    assert!(tasks.exists(&task.id).await.unwrap());
    tasks.get(&task.id).await.unwrap();
    let bobs = user();
    let foreign = world.pool.repository::<Task>(&bobs);
    foreign.get(&task.id).await.unwrap_err();
    assert_eq!(foreign.find(&task.id).await.unwrap(), None);
    foreign.delete(&task.id).await.unwrap_err();
    let tx = world.pool.begin(&alice).await.unwrap();
    tx.commit().await.unwrap();
    let told = since(&snapshotter);
    assert_eq!(
        only(told.clone(), "user_scope_operations_total"),
        expected(&[
            ("user_scope_operations_total{entity=tasks,operation=insert,outcome=ok}", 2.0),
            ("user_scope_operations_total{entity=tasks,operation=list,outcome=ok}", 1.0),
            ("user_scope_operations_total{entity=tasks,operation=exists,outcome=ok}", 1.0),
            ("user_scope_operations_total{entity=tasks,operation=get,outcome=ok}", 1.0),
            ("user_scope_operations_total{entity=tasks,operation=get,outcome=not_found}", 2.0),
            ("user_scope_operations_total{entity=tasks,operation=delete,outcome=not_found}", 1.0),
            ("user_scope_operations_total{entity=transaction,operation=begin,outcome=ok}", 1.0),
            ("user_scope_operations_total{entity=transaction,operation=commit,outcome=ok}", 1.0),
        ])
    );
    assert_eq!(
        only(told.clone(), "user_scope_operation_seconds"),
        expected(&[
            ("user_scope_operation_seconds{entity=tasks,operation=insert}", 2.0),
            ("user_scope_operation_seconds{entity=tasks,operation=list}", 1.0),
            ("user_scope_operation_seconds{entity=tasks,operation=exists}", 1.0),
            ("user_scope_operation_seconds{entity=tasks,operation=get}", 3.0),
            ("user_scope_operation_seconds{entity=tasks,operation=delete}", 1.0),
            ("user_scope_operation_seconds{entity=transaction,operation=begin}", 1.0),
            ("user_scope_operation_seconds{entity=transaction,operation=commit}", 1.0),
        ])
    );
    assert_eq!(
        only(told, "user_scope_rows_total"),
        expected(&[
            ("user_scope_rows_total{entity=tasks,operation=insert}", 2.0),
            ("user_scope_rows_total{entity=tasks,operation=list}", 2.0),
            ("user_scope_rows_total{entity=tasks,operation=exists}", 1.0),
            ("user_scope_rows_total{entity=tasks,operation=get}", 1.0),
        ])
    );
}

async fn an_operation_that_is_cancelled_is_counted_as_such<DB: TestDb>() {
    recording!(snapshotter);
    let (world, alice) = (World::<DB>::with(AuditSettings::default(), 1).await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    let holds_the_connection = world.pool.begin(&alice).await.unwrap();
    since(&snapshotter);
    {
        let mut count = pin!(tasks.query().count());
        poll_fn(|context| {
            assert!(count.as_mut().poll(context).is_pending(), "there is no connection for it");
            Poll::Ready(())
        })
        .await;
    }
    let told = since(&snapshotter);
    assert_eq!(told["user_scope_operations_total{entity=tasks,operation=count,outcome=cancelled}"], 1.0, "{told:?}");
    assert_eq!(told["user_scope_operation_seconds{entity=tasks,operation=count}"], 1.0, "{told:?}");
    holds_the_connection.rollback().await.unwrap();
}

/// Lets a batch through for each permit, once it has refused the first; tells of each that has come.
struct Gate(Arc<Semaphore>, std::sync::atomic::AtomicBool, Arc<Semaphore>);

impl AuditSink for Gate {
    fn record<'a>(&'a self, _: &'a [AuditEvent]) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move {
            self.2.add_permits(1);
            self.0.acquire().await?.forget();
            match self.1.swap(true, std::sync::atomic::Ordering::Relaxed) {
                true => Ok(()),
                false => Err("the first is refused".into()),
            }
        })
    }
}

async fn the_audits_events_are_counted_and_its_queue_is_measured<DB: TestDb>() {
    recording!(snapshotter);
    let (permits, met) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let sink = Gate(Arc::clone(&permits), false.into(), Arc::clone(&met));
    let audit = AuditSettings::default().queue(3).overflow(Overflow::Count).sink(sink);
    let (world, alice) = (World::<DB>::with(audit, 1).await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    let audit = |told| only(told, "user_scope_audit");
    since(&snapshotter);

    tasks.query().count().await.unwrap();
    // The writer holds one at the gate.
    met.acquire().await.unwrap().forget();
    for _ in 0..5 {
        tasks.query().count().await.unwrap();
    }
    assert_eq!(
        audit(since(&snapshotter)),
        expected(&[("user_scope_audit_queue_length{}", 3.0), ("user_scope_audit_events_total{outcome=dropped}", 2.0),])
    );
    permits.add_permits(10);
    world.pool.flush_audit().await;
    assert_eq!(
        audit(since(&snapshotter)),
        expected(&[
            ("user_scope_audit_events_total{outcome=recorded}", 4.0),
            ("user_scope_audit_retries_total{}", 1.0),
            // The last snapshot has set it to zero: what is told is the difference.
            ("user_scope_audit_queue_length{}", -3.0),
        ])
    );
    assert_eq!(world.pool.audit_stats().recorded, 4);
}

/// Who can see the figures would learn which rows are there.
async fn the_figures_tell_no_denial_from_a_miss<DB: TestDb>() {
    recording!(snapshotter);
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let hers = world.task(&alice, "hers").await;
    let mut told = Vec::new();
    for id in [hers.id, Uuid::now_v7()] {
        world.pool.flush_audit().await;
        since(&snapshotter);
        world.pool.repository::<Task>(&bob).get(&id).await.unwrap_err();
        world.pool.flush_audit().await;
        told.push(only(since(&snapshotter), "user_scope_audit_events"));
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0], expected(&[("user_scope_audit_events_total{outcome=recorded}", 1.0)]));
    assert_eq!(world.lines("unauthorized_access").await.len(), 1, "and one of them was a denial");
}

async fn no_label_tells_a_value_or_a_user<DB: TestDb>() {
    recording!(snapshotter);
    let (world, alice) = (World::<DB>::open().await, user());
    let secrets = world.pool.repository::<Secret>(&alice);
    let new = || NewSecret { name: "mail".into(), value: "hunter2".into() };
    let secret = secrets.insert(new()).await.unwrap();
    secrets.insert(new()).await.unwrap_err();
    let changes = SecretChanges { value: Change::Set("hunter3".into()), ..Default::default() };
    secrets.update(&secret.id, changes).await.unwrap();
    secrets.query().filter(Secret::VALUE.eq("hunter3")).all().await.unwrap();
    world.system().await.repository::<Secret>().get(&secret.id).await.unwrap();
    world.pool.flush_audit().await;
    let everything = snapshotter.snapshot().into_vec();
    let described = everything.iter().all(|(_, unit, description, _)| unit.is_some() && description.is_some());
    assert!(described, "{everything:#?}");
    let everything = format!("{everything:?}");
    assert!(everything.contains("duplicate"), "{everything}");
    for value in ["hunter", "mail", &alice.user().to_string(), &secret.id.to_string()] {
        assert!(!everything.contains(value), "{value} is told: {everything}");
    }
}

/// The database gave it, and the caller got an error.
async fn a_sum_that_is_no_number_is_counted_as_refused<DB: TestDb + Stores<Measure>>() {
    recording!(snapshotter);
    let (world, alice) = measured::<DB>().await;
    let measures = world.pool.repository::<Measure>(&alice);
    of(&measures, &[(None, Some(f64::INFINITY)), (None, Some(f64::NEG_INFINITY))]).await;
    since(&snapshotter);
    measures.query().sum(Measure::DOUBLE).await.unwrap_err();
    measures.query().count().await.unwrap();
    assert_eq!(
        only(since(&snapshotter), "user_scope_operations_total"),
        expected(&[
            ("user_scope_operations_total{entity=measures,operation=count,outcome=ok}", 1.0),
            ("user_scope_operations_total{entity=measures,operation=sum,outcome=rejected}", 1.0),
        ])
    );
}
