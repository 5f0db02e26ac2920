//! Versions as HTTP has them: an `ETag` on the way out, `If-Match` on the way in.

use reqwest::Method;
use reqwest::header::IF_MATCH;
use serde_json::json;

use crate::client::{Answer, Client};
use crate::home::Kind;
use crate::people::ABSENT;
use crate::server::Server;

on_each_database!(
    a_change_that_rests_on_an_older_version_is_refused,
    every_row_has_the_version_that_its_tag_says,
    a_tag_that_is_none_is_told_from_one_that_does_not_match,
    if_match_does_not_tell_a_foreign_row_from_an_absent_one,
    of_two_changes_on_the_same_version_one_is_made,
    changes_on_no_version_are_all_made,
);

async fn change(client: &Client, method: Method, path: &str, tag: &str) -> Answer {
    let request = client.request(method.clone(), path).header(IF_MATCH, tag);
    let request = if method == Method::PATCH { request.json(&json!({ "title": "Changed" })) } else { request };
    client.send(request).await
}

async fn a_change_that_rests_on_an_older_version_is_refused(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let task = format!("/tasks/{}", alice.task("A").await);
    assert_eq!(change(&alice, Method::PATCH, &task, "\"1\"").await.expect(200).header("etag"), Some("\"2\""));
    for stale in ["\"1\"", "\"3\"", "W/\"2\"", "\"02\"", "\"+2\"", "\"x\"", "\"\"", "\"1\", \"3\""] {
        assert_eq!(change(&alice, Method::PATCH, &task, stale).await.expect(412).json()["code"], "stale", "{stale}");
        change(&alice, Method::DELETE, &task, stale).await.expect(412);
    }
    assert_eq!(alice.get(&task).await.expect(200).json()["version"], 2);
    change(&alice, Method::PATCH, &task, "\"1\", \"2\"").await.expect(200);
    change(&alice, Method::PATCH, &task, "*").await.expect(200);
    change(&alice, Method::DELETE, &task, "\"4\"").await.expect(204);
    change(&alice, Method::DELETE, &task, "\"4\"").await.expect(404);
    let other = format!("/tasks/{}", alice.task("B").await);
    change(&alice, Method::DELETE, &other, "*").await.expect(204);
}

async fn every_row_has_the_version_that_its_tag_says(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let task = format!("/tasks/{}", alice.task("A").await);
    let needed = alice.task("B").await;
    let rows = [
        ("/projects".to_owned(), json!({ "name": "A" }), json!({ "name": "B" })),
        ("/agents".to_owned(), json!({ "name": "A" }), json!({ "name": "B" })),
        ("/rules".to_owned(), json!({ "name": "A" }), json!({ "name": "B" })),
        (format!("{task}/subtasks"), json!({ "title": "A" }), json!({ "title": "B" })),
        (format!("{task}/dependencies"), json!({ "depends_on_id": needed }), json!({ "note": "B" })),
    ];
    for (path, new, changes) in rows {
        let row = format!("{path}/{}", alice.make(&path, &new).await);
        let mut tags = vec![alice.get(&row).await.expect(200)];
        let request = alice.request(Method::PATCH, &row).header(IF_MATCH, "\"1\"").json(&changes);
        tags.push(alice.send(request).await.expect(200));
        tags.push(alice.get(&row).await.expect(200));
        for (answer, version) in tags.iter().zip([1, 2, 2]) {
            let tag = format!("\"{version}\"");
            assert_eq!(
                (answer.header("etag"), &answer.json()["version"]),
                (Some(tag.as_str()), &json!(version)),
                "{row}"
            );
        }
        let request = alice.request(Method::PATCH, &row).header(IF_MATCH, "\"1\"").json(&changes);
        alice.send(request).await.expect(412);
        alice.send(alice.request(Method::DELETE, &row).header(IF_MATCH, "\"1\"")).await.expect(412);
        alice.send(alice.request(Method::DELETE, &row).header(IF_MATCH, "\"2\"")).await.expect(204);
    }
}

async fn a_tag_that_is_none_is_told_from_one_that_does_not_match(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let task = format!("/tasks/{}", alice.task("A").await);
    for garbage in ["1", "\"1", "w/\"1\"", "\"1\" \"2\"", "\"1\";q=1"] {
        change(&alice, Method::PATCH, &task, garbage).await.expect(400);
        change(&alice, Method::DELETE, &task, garbage).await.expect(400);
    }
    assert_eq!(alice.get(&task).await.expect(200).json()["version"], 1);
}

async fn if_match_does_not_tell_a_foreign_row_from_an_absent_one(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let (alice, bob) = (Client::register(&server, "alice-1").await, Client::register(&server, "bob-1").await);
    let (hers, nobodys) = (format!("/tasks/{}", alice.task("A").await), format!("/tasks/{ABSENT}"));
    for method in [Method::PATCH, Method::DELETE] {
        for tag in ["\"1\"", "\"7\"", "*", "W/\"1\"", "garbage"] {
            let (foreign, absent) =
                (change(&bob, method.clone(), &hers, tag).await, change(&bob, method.clone(), &nobodys, tag).await);
            assert_eq!(foreign.traits(), absent.traits(), "{method} {tag}");
            assert!(foreign.status.is_client_error(), "{method} {tag}: {}", foreign.text());
        }
    }
    assert_eq!(alice.get(&hers).await.expect(200).json()["version"], 1);
}

async fn of_two_changes_on_the_same_version_one_is_made(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let task = format!("/tasks/{}", alice.task("A").await);
    for version in 1..=5 {
        let tag = format!("\"{version}\"");
        let both = (0..8).map(|_| change(&alice, Method::PATCH, &task, &tag));
        let mut statuses: Vec<_> =
            futures_util::future::join_all(both).await.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    }
}

async fn changes_on_no_version_are_all_made(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let task = format!("/tasks/{}", alice.task("A").await);
    let (status, priority) = (json!({ "status": "done" }), json!({ "priority": "high" }));
    let (one, other) = futures_util::join!(alice.patch(&task, &status), alice.patch(&task, &priority));
    one.expect(200);
    other.expect(200);
    let changed = alice.get(&task).await.json();
    assert_eq!(
        (&changed["status"], &changed["priority"], &changed["version"]),
        (&json!("done"), &json!("high"), &json!(3))
    );
}
