//! Old values while many write the same row at once: those that the write replaced, and no other.

use std::collections::HashMap;

use serde_json::Value;
use user_scope::UserContext;
use user_scope::audit::{AuditSettings, MemorySink, WriteAudit};

use super::household::details;
use super::scores::{Score, ValuesDb, new_score, open, title};
use super::world::{World, user};

on_each_database!(
    old_values_are_those_that_the_write_replaced,
    old_values_are_those_that_the_write_replaced_in_a_sink_too,
);

/// Many at once change one row, one of three by a condition.
async fn many_write<DB: ValuesDb>(world: &World<DB>, alice: &UserContext, many: usize) -> Score {
    let score = world.pool.repository::<Score>(alice).insert(new_score("first")).await.unwrap();
    let writes = (0..many).map(|number| {
        let (pool, alice, id) = (world.pool.clone(), alice.clone(), score.id);
        tokio::spawn(async move {
            let (scores, changes) = (pool.repository::<Score>(&alice), title(&format!("title {number}")));
            if number % 3 == 0 {
                assert_eq!(scores.update_where(Score::ID.eq(id), changes).await.unwrap(), 1);
            } else {
                scores.update(&id, changes).await.unwrap();
            }
        })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap();
    }
    world.pool.repository::<Score>(alice).get(&score.id).await.unwrap()
}

/// Each old value is the new one of the write before, from the first to the last, and none is left over.
fn assert_chain(links: impl IntoIterator<Item = Value>, many: usize, last: &str) {
    let text = |value: &Value| value["title"].as_str().unwrap().to_owned();
    let links: Vec<_> = links.into_iter().map(|details| (text(&details["old"]), text(&details["new"]))).collect();
    assert_eq!(links.len(), many);
    let mut next: HashMap<_, _> = links.iter().cloned().collect();
    assert_eq!(next.len(), many, "two writes replaced the same value");
    let (mut title, mut length) = ("first".to_owned(), 0);
    while let Some(new) = next.remove(&title) {
        (title, length) = (new, length + 1);
    }
    assert_eq!((title.as_str(), length), (last, many));
}

async fn old_values_are_those_that_the_write_replaced<DB: ValuesDb>() {
    let (world, alice) = (open::<DB>(AuditSettings::default(), 10).await, user());
    let last = many_write(&world, &alice, 400).await;
    assert_chain(world.lines("update").await.iter().map(details), 400, &last.title);
}

async fn old_values_are_those_that_the_write_replaced_in_a_sink_too<DB: ValuesDb>() {
    let sink = MemorySink::new();
    let audit = AuditSettings::default().writes(WriteAudit::Background).sink(sink.clone());
    let (world, alice) = (open::<DB>(audit, 10).await, user());
    let last = many_write(&world, &alice, 400).await;
    world.pool.flush_audit().await;
    let events = sink.events();
    let updates = events.iter().filter(|event| event.operation.as_str() == "update");
    let links = updates.map(|event| serde_json::from_str(&event.details.to_string()).unwrap());
    assert_chain(links, 400, &last.title);
}
