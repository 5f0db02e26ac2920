//! Lists: filters, orders, and pages that are walked to their end.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::home::Kind;
use crate::people::ABSENT;
use crate::server::Server;

on_each_database!(
    a_list_holds_what_was_asked_for_and_only_ones_own,
    every_list_can_be_narrowed_as_the_contract_says,
    every_order_is_kept_over_all_pages,
    a_cursor_is_good_for_its_own_list_alone,
    a_parameter_that_is_not_known_or_not_good_is_refused,
);

async fn titles(client: &Client, path: &str) -> Vec<String> {
    let items = client.get(path).await.expect(200).items();
    let mut titles: Vec<_> = items.iter().map(|item| text(&item["title"])).collect();
    titles.sort();
    titles
}

async fn a_list_holds_what_was_asked_for_and_only_ones_own(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let (alice, bob) = (Client::register(&server, "alice-1").await, Client::register(&server, "bob-1").await);
    let project = alice.make("/projects", &json!({ "name": "House" })).await;
    let agent = alice.make("/agents", &json!({ "name": "Ann" })).await;
    for task in [
        json!({ "title": "paint 100%", "status": "done", "priority": "low", "project_id": project }),
        json!({ "title": "paint 100 doors", "status": "todo", "priority": "high", "agent_id": agent }),
        json!({ "title": "Paint_it", "status": "todo", "priority": "low", "project_id": project, "agent_id": agent }),
        json!({ "title": "sweep *", "status": "in_progress" }),
    ] {
        alice.make("/tasks", &task).await;
    }
    bob.task("paint 100%").await;
    let project_of_bob = bob.make("/projects", &json!({ "name": "House" })).await;
    for (query, expected) in [
        ("status=todo", vec!["Paint_it", "paint 100 doors"]),
        ("status=in_progress", vec!["sweep *"]),
        ("priority=low", vec!["Paint_it", "paint 100%"]),
        ("priority=medium", vec!["sweep *"]),
        ("status=todo&priority=low", vec!["Paint_it"]),
        ("status=done&priority=high", vec![]),
        (&format!("project_id={project}"), vec!["Paint_it", "paint 100%"]),
        (&format!("agent_id={agent}"), vec!["Paint_it", "paint 100 doors"]),
        (&format!("agent_id={agent}&project_id={project}"), vec!["Paint_it"]),
        (&format!("project_id={ABSENT}"), vec![]),
        (&format!("project_id={project_of_bob}"), vec![]),
        ("q=paint", vec!["paint 100 doors", "paint 100%"]),
        // What means something in a pattern stands for itself.
        ("q=100%25", vec!["paint 100%"]),
        ("q=_", vec!["Paint_it"]),
        ("q=*", vec!["sweep *"]),
        ("q=%5B", vec![]),
        ("q=%5C", vec![]),
        ("q=", vec!["Paint_it", "paint 100 doors", "paint 100%", "sweep *"]),
    ] {
        assert_eq!(titles(&alice, &format!("/tasks?{query}")).await, expected, "{query}");
    }
    assert_eq!(titles(&bob, "/tasks").await, ["paint 100%"]);
    assert_eq!(alice.get("/tasks?status=todo").await.text(), alice.get("/tasks/?status=todo").await.text());
}

async fn every_list_can_be_narrowed_as_the_contract_says(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let project = alice.make("/projects", &json!({ "name": "House" })).await;
    alice.make("/projects", &json!({ "name": "Garden" })).await;
    alice.make("/agents", &json!({ "name": "Ann", "project_id": project })).await;
    alice.make("/agents", &json!({ "name": "Ben" })).await;
    alice.make("/rules", &json!({ "name": "Rule 1", "project_id": project, "active": false })).await;
    alice.make("/rules", &json!({ "name": "Rule 2" })).await;
    let task = format!("/tasks/{}", alice.task("A").await);
    alice.make(&format!("{task}/subtasks"), &json!({ "title": "One", "done": true })).await;
    alice.make(&format!("{task}/subtasks"), &json!({ "title": "Two" })).await;
    alice.make(&format!("{task}/dependencies"), &json!({ "depends_on_id": alice.task("B").await })).await;
    let other = format!("/tasks/{}", alice.task("C").await);
    for (path, expected) in [
        ("/projects?q=Ho".to_owned(), "House"),
        (format!("/agents?project_id={project}"), "Ann"),
        ("/agents?q=Be".to_owned(), "Ben"),
        (format!("/rules?project_id={project}"), "Rule 1"),
        ("/rules?active=false".to_owned(), "Rule 1"),
        ("/rules?active=true".to_owned(), "Rule 2"),
        ("/rules?q=2".to_owned(), "Rule 2"),
        (format!("{task}/subtasks?done=true"), "One"),
        (format!("{task}/subtasks?done=false"), "Two"),
    ] {
        let items = alice.get(&path).await.expect(200).items();
        let name = |item: &Value| item.get("name").or(item.get("title")).map(text);
        assert_eq!(items.iter().map(name).collect::<Vec<_>>(), [Some(expected.to_owned())], "{path}");
    }
    assert_eq!(alice.get(&format!("{task}/dependencies")).await.items().len(), 1);
    for below in ["subtasks", "dependencies"] {
        assert!(alice.get(&format!("{other}/{below}")).await.items().is_empty());
    }
}

/// All the rows of a list, page by page.
async fn walk(client: &Client, path: &str) -> Vec<Value> {
    let (mut rows, mut address) = (Vec::new(), path.to_owned());
    loop {
        let page = client.get(&address).await.expect(200);
        rows.extend(page.items());
        assert!(rows.len() <= 1_000, "the pages of {path} do not end");
        match page.json().get("next").expect("a next page, or null") {
            Value::Null => return rows,
            next => address = format!("{path}&cursor={}", text(next)),
        }
    }
}

async fn every_order_is_kept_over_all_pages(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    // Many are alike in what they are ordered by, and some have no date.
    let tasks: Vec<_> = (0..23)
        .map(|n| {
            let due = (n % 3 != 0).then(|| format!("2026-12-{:02}", 1 + n % 5));
            json!({ "title": format!("Task {}", n % 7), "due_on": due })
        })
        .collect();
    alice.post("/tasks/bulk", &json!(tasks)).await.expect(201);
    for n in 0..3 {
        alice.task(&format!("Task {n}")).await;
    }
    let newest = alice.get("/tasks?limit=1").await.items().remove(0);
    assert_eq!(newest["title"], "Task 2", "the newest come first, if nothing is said");
    alice.patch(&format!("/tasks/{}", text(&newest["id"])), &json!({ "description": "Changed" })).await.expect(200);
    let all: BTreeSet<String> = walk(&alice, "/tasks?limit=100").await.iter().map(|task| text(&task["id"])).collect();
    assert_eq!(all.len(), 26);
    for order in ["created_at", "updated_at", "title", "due_on"] {
        for (direction, descending) in [("", false), ("-", true)] {
            let rows = walk(&alice, &format!("/tasks?limit=4&order={direction}{order}")).await;
            let ids: BTreeSet<String> = rows.iter().map(|task| text(&task["id"])).collect();
            assert_eq!((rows.len(), &ids), (26, &all), "{direction}{order}: each row once");
            let values: Vec<_> = rows.iter().map(|row| row[order].as_str()).collect();
            // Who has none comes last, whichever way.
            let key = |value: &Option<&str>| (value.is_none(), value.map(str::to_owned));
            let is_kept = |pair: &[Option<&str>]| match (key(&pair[0]), key(&pair[1])) {
                (one, other) if one.0 != other.0 => other.0,
                (one, other) if descending => one.1 >= other.1,
                (one, other) => one.1 <= other.1,
            };
            assert!(values.windows(2).all(is_kept), "{direction}{order}: {values:?}");
        }
    }
    let dones = walk(&alice, "/tasks?limit=2&q=Task%203&order=title").await;
    assert_eq!(dones.len(), 3, "{dones:?}");
    assert!(walk(&alice, "/projects?limit=2").await.is_empty());
}

async fn a_cursor_is_good_for_its_own_list_alone(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let (alice, bob) = (Client::register(&server, "alice-1").await, Client::register(&server, "bob-1").await);
    for n in 0..3 {
        alice.task(&format!("Hers {n}")).await;
        bob.task(&format!("His {n}")).await;
    }
    let cursor = text(&alice.get("/tasks?limit=1").await.expect(200).json()["next"]);
    let forged: String = cursor.chars().rev().collect();
    for path in [
        "/tasks?cursor=".to_owned(),
        "/tasks?cursor=x".to_owned(),
        format!("/tasks?cursor={forged}"),
        format!("/tasks?cursor={}", &cursor[..cursor.len() - 3]),
        format!("/tasks?cursor={cursor}&order=title"),
        format!("/tasks?cursor={cursor}&status=done"),
        format!("/projects?cursor={cursor}"),
    ] {
        assert_eq!(alice.get(&path).await.expect(400).json()["code"], "invalid_cursor", "{path}");
    }
    // One of somebody else leads to nobody's rows but one's own.
    let rows = bob.get(&format!("/tasks?cursor={cursor}")).await.expect(200).items();
    assert!(rows.iter().all(|row| row["user_id"] == bob.id), "{rows:?}");
    let rest = alice.get(&format!("/tasks?cursor={cursor}&limit=2")).await.expect(200);
    assert_eq!((rest.items().len(), &rest.json()["next"]), (2, &Value::Null));
}

async fn a_parameter_that_is_not_known_or_not_good_is_refused(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let task = format!("/tasks/{}", alice.task("A").await);
    for (path, field) in [
        ("/tasks?colour=red".to_owned(), "colour"),
        (format!("/tasks?user_id={ABSENT}"), "user_id"),
        ("/tasks?status=paused".to_owned(), "status"),
        ("/tasks?status=".to_owned(), "status"),
        ("/tasks?priority=1".to_owned(), "priority"),
        ("/tasks?project_id=no-id".to_owned(), "project_id"),
        ("/tasks?status=todo&status=done".to_owned(), "status"),
        ("/tasks?q=a%00b".to_owned(), "q"),
        ("/tasks?order=colour".to_owned(), "order"),
        ("/tasks?order=user_id".to_owned(), "order"),
        ("/tasks?order=--title".to_owned(), "order"),
        ("/tasks?limit=0".to_owned(), "limit"),
        ("/tasks?limit=101".to_owned(), "limit"),
        ("/tasks?limit=-1".to_owned(), "limit"),
        ("/tasks?limit=1&limit=2".to_owned(), "limit"),
        ("/projects?order=title".to_owned(), "order"),
        ("/rules?active=1".to_owned(), "active"),
        (format!("{task}/subtasks?q=a"), "q"),
        (format!("{task}/dependencies?done=true"), "done"),
        ("/audit?limit=0".to_owned(), "limit"),
        ("/audit?limit=101".to_owned(), "limit"),
        (format!("/audit?user_id={ABSENT}"), "user_id"),
    ] {
        assert_eq!(alice.get(&path).await.fields(), [field], "{path}");
    }
}
