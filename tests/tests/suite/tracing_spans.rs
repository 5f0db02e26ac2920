//! Every operation has a span and tells how it went, and no value of a row is in either.

use user_scope::Change;

use super::captured::captured;
use super::databases::TestDb;
use super::entities::{NewSecret, Secret, SecretChanges};
use super::world::{World, user};

on_each_database!(every_operation_has_a_span_and_no_values, secrets_stay_out_of_debug_errors_logs_and_audit);

async fn every_operation_has_a_span_and_no_values<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let secrets = world.pool.repository::<Secret>(&alice);
    let (_, records) = captured(async {
        let new = NewSecret { name: "mail".into(), value: "hunter2".into() };
        let secret = secrets.insert(new).await.unwrap();
        secrets.get(&secret.id).await.unwrap();
        secrets.exists(&secret.id).await.unwrap();
        secrets.query().filter(Secret::VALUE.eq("hunter2")).all().await.unwrap();
        secrets.query().count().await.unwrap();
        let changes = SecretChanges { value: Change::Set("hunter3".into()), ..Default::default() };
        secrets.update(&secret.id, changes).await.unwrap();
        secrets.delete(&secret.id).await.unwrap();
        secrets.delete(&secret.id).await.unwrap_err();
    })
    .await;
    let ours: Vec<_> = records.iter().filter(|record| record.target == "user_scope").collect();
    let spans: Vec<_> = ours.iter().filter(|record| record.name == "access").collect();
    let operations: Vec<_> = spans.iter().map(|span| span.fields["operation"].as_str()).collect();
    assert_eq!(operations, ["insert", "get", "exists", "list", "count", "update", "delete", "delete"]);
    assert!(spans.iter().all(|span| span.fields["entity"] == "secret"));
    let ends: Vec<_> = ours.iter().filter(|record| record.fields.contains_key("elapsed")).collect();
    assert_eq!(ends.len(), 8);
    assert!(ends[..7].iter().all(|end| end.fields["rows"] == "1"), "{ends:#?}");
    assert_eq!(ends[7].fields["error"], "no such row in `secret`");
    let everything = format!("{records:?}");
    assert!(!everything.contains("hunter"), "a value of a row was logged: {everything}");
    assert!(!everything.contains(&alice.user().to_string()), "a user was logged: {everything}");
}

/// Promise 12.
async fn secrets_stay_out_of_debug_errors_logs_and_audit<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let secrets = world.pool.repository::<Secret>(&alice);
    let new = || NewSecret { name: "mail".into(), value: "hunter2".into() };
    assert_eq!(format!("{:?}", new()), r#"NewSecret { name: "mail", value: [redacted] }"#);
    let changes = SecretChanges { value: Change::Set("hunter2".into()), ..Default::default() };
    assert!(!format!("{changes:?}").contains("hunter2"), "{changes:?}");
    assert!(!format!("{:?}", Secret::VALUE.eq("hunter2")).contains("hunter2"));

    let secret = secrets.insert(new()).await.unwrap();
    secrets.update(&secret.id, changes).await.unwrap();
    // The database names the key that is taken, and its value.
    let error = secrets.insert(new()).await.unwrap_err();
    let chain = format!("{error} {error:?} {}", std::error::Error::source(&error).unwrap());
    assert!(!chain.contains("hunter2"), "{chain}");

    let log = world.log().await;
    assert_eq!(log[1].details, r#"{"changed":["value"]}"#);
    assert!(!format!("{log:?}").contains("hunter2"));
}
