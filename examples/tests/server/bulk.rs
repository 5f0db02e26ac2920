//! Many rows by one request: all of them or none.

use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::home::Kind;
use crate::people::ABSENT;
use crate::server::Server;

on_each_database!(
    many_rows_are_made_at_once_and_come_back_in_their_order,
    all_are_made_or_none,
    none_and_too_many_are_refused,
    rows_are_made_at_once_below_a_task,
);

async fn many_rows_are_made_at_once_and_come_back_in_their_order(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let new: Vec<_> = (0..500).map(|n| json!({ "title": format!("Task {n}") })).collect();
    let items = alice.post("/tasks/bulk", &json!(new)).await.expect(201).items();
    let same = |(n, item): (usize, &Value)| item["title"] == format!("Task {n}") && item["user_id"] == alice.id;
    assert!(items.len() == 500 && items.iter().enumerate().all(same));
    let last = text(&items[499]["id"]);
    assert_eq!(alice.get(&format!("/tasks/{last}")).await.expect(200).json(), items[499]);
}

async fn all_are_made_or_none(kind: Kind) {
    let (home, server) = Server::on(kind).await;
    let (alice, bob) = (Client::register(&server, "alice-1").await, Client::register(&server, "bob-1").await);
    let foreign = alice.make("/projects", &json!({ "name": "House" })).await;
    let good = json!({ "title": "Good" });
    for bad in [
        json!({ "title": "" }),
        json!({ "title": "Bad", "user_id": alice.id }),
        json!({ "title": "Bad", "project_id": foreign }),
        json!({ "title": "Bad", "project_id": ABSENT }),
        json!(null),
    ] {
        bob.post("/tasks/bulk", &json!([good, bad, good])).await.expect(422);
    }
    let twice = json!([{ "name": "One" }, { "name": "Two" }, { "name": "One" }]);
    bob.post("/projects/bulk", &twice).await.expect(409);
    assert!(bob.get("/tasks").await.items().is_empty());
    assert!(bob.get("/projects").await.items().is_empty());
    let written: Vec<_> = home.log().await.into_iter().filter(|line| line.operation == "create").collect();
    assert!(written.iter().all(|line| line.user_id != bob.id), "{written:?}");
}

async fn none_and_too_many_are_refused(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let task = format!("/tasks/{}", alice.task("Above").await);
    let subtasks = format!("{task}/subtasks");
    for path in ["/tasks", subtasks.as_str()] {
        let many: Vec<_> = (0..501).map(|n| json!({ "title": format!("Task {n}") })).collect();
        let before = alice.get(path).await.items().len();
        alice.post(&format!("{path}/bulk"), &json!([])).await.expect(422);
        alice.post(&format!("{path}/bulk"), &json!(many)).await.expect(422);
        alice.post(&format!("{path}/bulk"), &json!({ "title": "A" })).await.expect(422);
        assert_eq!(alice.get(path).await.items().len(), before, "{path}");
    }
}

async fn rows_are_made_at_once_below_a_task(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let id = alice.task("Above").await;
    let steps = json!([{ "title": "One" }, { "title": "Two", "done": true }]);
    let made = alice.post(&format!("/tasks/{id}/subtasks/bulk"), &steps).await.expect(201).items();
    assert!(made.iter().all(|step| step["task_id"] == id && step["user_id"] == alice.id), "{made:?}");
    let needed =
        json!([{ "depends_on_id": alice.task("B").await }, { "depends_on_id": alice.task("C").await, "note": "x" }]);
    let made = alice.post(&format!("/tasks/{id}/dependencies/bulk"), &needed).await.expect(201).items();
    assert!(made.iter().all(|step| step["task_id"] == id && step["user_id"] == alice.id), "{made:?}");
    // With its task goes what is below it, and what waits for it.
    alice.delete(&format!("/tasks/{id}")).await.expect(204);
    alice.get(&format!("/tasks/{id}/subtasks/{}", text(&made[0]["id"]))).await.expect(404);
}
