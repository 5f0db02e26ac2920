//! What the audit and the logs hold of rows that were read one by one.

use futures_util::{StreamExt as _, TryStreamExt as _};
use user_scope::Uuid;
use user_scope::audit::{AuditSettings, ReadAudit};

use super::captured::captured;
use super::databases::TestDb;
use super::entities::{NewSecret, Secret, Task};
use super::world::{World, user};

on_each_database!(
    a_stream_is_audited_once_with_the_rows_that_it_gave,
    a_stream_that_nobody_can_record_is_counted,
    a_stream_has_a_span_and_no_values,
    a_system_context_streams_the_rows_of_all,
);

async fn a_stream_is_audited_once_with_the_rows_that_it_gave<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    assert!(tasks.query().stream().next().await.is_none());
    for title in ["a", "b", "c"] {
        world.task(&alice, title).await;
    }
    assert_eq!(tasks.query().stream().count().await, 3);
    assert_eq!(tasks.query().stream().take(2).count().await, 2);
    let tx = world.pool.begin(&alice).await.unwrap();
    assert_eq!(tx.repository::<Task>().query().stream().count().await, 3);
    // A read stays on record, whatever becomes of the transaction.
    tx.rollback().await.unwrap();
    let lists = world.log().await.into_iter().filter(|line| line.operation == "list");
    assert_eq!(
        lists.map(|line| line.details).collect::<Vec<_>>(),
        [r#"{"rows":0}"#, r#"{"rows":3}"#, r#"{"rows":2}"#, r#"{"rows":3}"#]
    );

    let world = World::<DB>::with(AuditSettings::default().reads(ReadAudit::Off), 2).await;
    world.task(&alice, "a").await;
    assert_eq!(world.pool.repository::<Task>(&alice).query().stream().count().await, 1);
    assert_eq!(world.operations().await, ["create tasks"]);
}

/// In a drop nobody can wait for a place in the queue.
async fn a_stream_that_nobody_can_record_is_counted<DB: TestDb>() {
    let (world, alice) = (World::<DB>::with(AuditSettings::default().queue(1), 2).await, user());
    for title in ["a", "b"] {
        world.task(&alice, title).await;
    }
    let tasks = world.pool.repository::<Task>(&alice);
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = tasks.query().stream();
        stream.next().await.unwrap().unwrap();
        streams.push(stream);
    }
    // Both in one go: the writer has no chance to come between.
    drop(streams);
    assert_eq!(world.pool.audit_stats().dropped, 1);
    world.pool.flush_audit().await;
    assert_eq!(world.pool.audit_stats().recorded, 1);
}

async fn a_stream_has_a_span_and_no_values<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let secrets = world.pool.repository::<Secret>(&alice);
    secrets.insert(NewSecret { name: "mail".into(), value: "hunter2".into() }).await.unwrap();
    let query = secrets.query().filter(Secret::VALUE.eq("hunter2"));
    let (seen, records) = captured(query.stream().count()).await;
    assert_eq!(seen, 1);
    let ours: Vec<_> = records.iter().filter(|record| record.target == "user_scope").collect();
    let spans: Vec<_> = ours.iter().filter(|record| record.name == "access").collect();
    assert_eq!(spans.iter().map(|span| span.fields["operation"].as_str()).collect::<Vec<_>>(), ["stream"]);
    let ends: Vec<_> = ours.iter().filter_map(|record| record.fields.get("rows")).collect();
    assert_eq!(ends, ["1"]);
    assert!(!format!("{records:?}").contains("hunter"), "a value of a row was logged: {records:?}");
}

async fn a_system_context_streams_the_rows_of_all<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    world.task(&alice, "hers").await;
    world.task(&bob, "his").await;
    let reader = world.system().await.read_only();
    let everyone = reader.repository::<Task>();
    let ids: Vec<Uuid> = everyone.query().stream().map_ok(|task| task.user_id).try_collect().await.unwrap();
    assert_eq!(ids.len(), 2);
    let log = world.log().await;
    let details: serde_json::Value = serde_json::from_str(&log.last().unwrap().details).unwrap();
    assert_eq!(details, serde_json::json!({"rows": 2, "receipt": reader.receipt_id()}));
}
