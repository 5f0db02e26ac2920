//! What may stand in a body, and what is said about the rest: 422, with the name of the field.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, ETAG, LOCATION};
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::home::Kind;
use crate::people::ABSENT;
use crate::server::Server;

on_each_database!(
    a_title_is_enough_for_a_task,
    a_fault_in_a_body_is_told_with_the_name_of_its_field,
    nothing_is_made_or_changed_by_a_body_with_a_fault,
    null_is_taken_where_it_may_be_and_nowhere_else,
    what_is_absent_from_a_change_stays_as_it_is,
    somebody_elses_parent_in_a_body_reads_like_one_that_is_absent,
    what_is_taken_or_referred_to_by_itself_is_told_without_a_word_of_sql,
    texts_come_back_as_they_were_written,
);

async fn a_title_is_enough_for_a_task(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let answer = alice.post("/tasks", &json!({ "title": "Ship it" })).await.expect(201);
    let task = answer.json();
    assert_eq!(task["user_id"], alice.id);
    let told = |name: &str| task[name].clone();
    assert_eq!((told("title"), told("description")), (json!("Ship it"), json!("")));
    assert_eq!((told("status"), told("priority"), told("version")), (json!("todo"), json!("medium"), json!(1)));
    for nothing in ["project_id", "agent_id", "due_on"] {
        assert_eq!(task.get(nothing), Some(&Value::Null), "{nothing}");
    }
    for time in ["created_at", "updated_at"] {
        let time = chrono::DateTime::parse_from_rfc3339(&text(&told(time))).expect("RFC 3339");
        assert_eq!(time.offset().local_minus_utc(), 0, "UTC");
    }
    let address = format!("/api/v2/tasks/{}", text(&task["id"]));
    assert_eq!(answer.header(ETAG.as_str()), Some("\"1\""));
    assert!(answer.header(LOCATION.as_str()).is_some_and(|location| location.ends_with(&address)), "{answer:?}");
    assert_eq!(alice.get(address.strip_prefix("/api/v2").unwrap()).await.expect(200).json(), task);
}

/// Bodies for `POST` of a collection, and the field that is at fault.
fn faults() -> Vec<(&'static str, Value, &'static str)> {
    let long = "é".repeat(201);
    let prose = "é".repeat(10_001);
    vec![
        ("/tasks", json!({}), "title"),
        ("/tasks", json!({ "title": "A", "colour": "red" }), "colour"),
        ("/tasks", json!({ "title": "A", "user_id": ABSENT }), "user_id"),
        ("/tasks", json!({ "title": "A", "id": ABSENT }), "id"),
        ("/tasks", json!({ "title": "A", "version": 7 }), "version"),
        ("/tasks", json!({ "title": "A", "created_at": "2026-01-01T00:00:00Z" }), "created_at"),
        ("/tasks", json!({ "title": 1 }), "title"),
        ("/tasks", json!({ "title": ["A"] }), "title"),
        ("/tasks", json!({ "title": null }), "title"),
        ("/tasks", json!({ "title": "" }), "title"),
        ("/tasks", json!({ "title": "  " }), "title"),
        ("/tasks", json!({ "title": long }), "title"),
        ("/tasks", json!({ "title": "two\nlines" }), "title"),
        ("/tasks", json!({ "title": "two\u{85}lines" }), "title"),
        ("/tasks", json!({ "title": "a\0b" }), "title"),
        ("/tasks", json!({ "title": "A", "description": "a\0b" }), "description"),
        ("/tasks", json!({ "title": "A", "description": prose }), "description"),
        ("/tasks", json!({ "title": "A", "description": null }), "description"),
        ("/tasks", json!({ "title": "A", "status": "paused" }), "status"),
        ("/tasks", json!({ "title": "A", "status": "TODO" }), "status"),
        ("/tasks", json!({ "title": "A", "priority": 1 }), "priority"),
        ("/tasks", json!({ "title": "A", "due_on": "tomorrow" }), "due_on"),
        ("/tasks", json!({ "title": "A", "due_on": "2026-02-30" }), "due_on"),
        ("/tasks", json!({ "title": "A", "project_id": "no-id" }), "project_id"),
        ("/projects", json!({ "description": "" }), "name"),
        ("/projects", json!({ "name": "A", "user_id": ABSENT }), "user_id"),
        ("/agents", json!({ "name": "A", "role": 1 }), "role"),
        ("/agents", json!({ "name": "A", "role": "", "user_id": ABSENT }), "user_id"),
        ("/rules", json!({ "name": "A", "content": "", "globs": "", "active": "yes" }), "active"),
        ("/rules", json!({ "name": "A", "content": "", "globs": "", "user_id": ABSENT }), "user_id"),
        ("{task}/subtasks", json!({ "title": "A", "done": 1 }), "done"),
        ("{task}/subtasks", json!({ "title": "A", "user_id": ABSENT }), "user_id"),
        ("{task}/subtasks", json!({ "title": "A", "task_id": ABSENT }), "task_id"),
        ("{task}/dependencies", json!({}), "depends_on_id"),
        ("{task}/dependencies", json!({ "depends_on_id": null }), "depends_on_id"),
        ("{task}/dependencies", json!({ "depends_on_id": ABSENT, "user_id": ABSENT }), "user_id"),
    ]
}

async fn a_fault_in_a_body_is_told_with_the_name_of_its_field(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let task = format!("/tasks/{}", alice.task("Above").await);
    for (path, body, field) in faults() {
        let path = path.replace("{task}", &task);
        assert_eq!(alice.post(&path, &body).await.fields(), [field], "POST {path} {body}");
        // In a list, with its place.
        let fields = alice.post(&format!("{path}/bulk"), &json!([body])).await.fields();
        assert!(fields[0].contains('0') && fields[0].ends_with(field), "POST {path}/bulk {body}: {fields:?}");
    }
    for (body, field) in [
        (json!({ "user_id": ABSENT }), "user_id"),
        (json!({ "id": ABSENT }), "id"),
        (json!({ "version": 9 }), "version"),
        (json!({ "title": null }), "title"),
        (json!({ "title": "a\nb" }), "title"),
        (json!({ "status": null }), "status"),
        (json!({ "due_on": 3 }), "due_on"),
    ] {
        assert_eq!(alice.patch(&task, &body).await.fields(), [field], "PATCH {body}");
    }
    for body in [json!([]), json!("title"), json!(1), Value::Null] {
        alice.post("/tasks", &body).await.expect(422);
        alice.patch(&task, &body).await.expect(422);
    }
    for broken in ["", "{", "{\"title\": \"A\"} x"] {
        let request = alice.request(Method::POST, "/tasks").header(CONTENT_TYPE, "application/json").body(broken);
        assert_eq!(alice.send(request).await.expect(400).json()["code"], "invalid_json", "{broken}");
    }
    // There twice, and half a character.
    for odd in [r#"{"title": "A", "title": "B"}"#, r#"{"title": "\ud800"}"#] {
        let request = alice.request(Method::POST, "/tasks").header(CONTENT_TYPE, "application/json").body(odd);
        assert_eq!(alice.send(request).await.fields(), ["title"], "{odd}");
    }
}

async fn nothing_is_made_or_changed_by_a_body_with_a_fault(kind: Kind) {
    let (home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let id = alice.task("Above").await;
    let task = alice.get(&format!("/tasks/{id}")).await.text();
    alice.post("/tasks", &json!({ "title": "A", "user_id": ABSENT })).await.expect(422);
    alice.post("/tasks/bulk", &json!([{ "title": "A" }, { "title": "B", "colour": 1 }])).await.expect(422);
    alice.patch(&format!("/tasks/{id}"), &json!({ "title": "B", "user_id": ABSENT })).await.expect(422);
    assert_eq!(alice.get(&format!("/tasks/{id}")).await.text(), task);
    assert_eq!(alice.get("/tasks").await.items().len(), 1);
    let owned: Vec<[String; 1]> = home.rows("SELECT title FROM tasks WHERE title IN ('A', 'B')").await;
    assert!(owned.is_empty(), "{owned:?}");
}

async fn null_is_taken_where_it_may_be_and_nowhere_else(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let project = alice.make("/projects", &json!({ "name": "House" })).await;
    let agent = alice.make("/agents", &json!({ "name": "Ann", "project_id": project })).await;
    let full = json!({ "title": "A", "project_id": project, "agent_id": agent, "due_on": "2026-12-24" });
    let task = format!("/tasks/{}", alice.make("/tasks", &full).await);
    for (version, field) in ["project_id", "agent_id", "due_on"].into_iter().enumerate() {
        let before = alice.get(&task).await.json();
        assert_eq!(before[field], full[field]);
        let changed = alice.patch(&task, &json!({ field: null })).await.expect(200).json();
        assert_eq!((&changed[field], &changed["version"]), (&Value::Null, &json!(version + 2)), "{field}");
    }
    for field in ["title", "description", "status", "priority"] {
        assert_eq!(alice.patch(&task, &json!({ field: null })).await.fields(), [field]);
    }
    let nulls = json!({ "title": "B", "project_id": null, "agent_id": null, "due_on": null });
    alice.post("/tasks", &nulls).await.expect(201);
}

async fn what_is_absent_from_a_change_stays_as_it_is(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let full = json!({ "title": "A", "description": "Long", "status": "in_progress", "priority": "high", "due_on": "2026-12-24" });
    let task = format!("/tasks/{}", alice.make("/tasks", &full).await);
    let changed = alice.patch(&task, &json!({ "status": "done" })).await.expect(200).json();
    for field in ["title", "description", "priority", "due_on"] {
        assert_eq!(changed[field], full[field], "{field}");
    }
    assert_eq!((&changed["status"], &changed["version"]), (&json!("done"), &json!(2)));
    let unchanged = alice.patch(&task, &json!({})).await.expect(200);
    assert_eq!(unchanged.json(), changed, "nothing was asked for");
    assert_eq!(unchanged.header("etag"), Some("\"2\""));
}

async fn somebody_elses_parent_in_a_body_reads_like_one_that_is_absent(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let (alice, bob) = (Client::register(&server, "alice-1").await, Client::register(&server, "bob-1").await);
    let project = alice.make("/projects", &json!({ "name": "House" })).await;
    let agent = alice.make("/agents", &json!({ "name": "Ann" })).await;
    let needed = alice.task("Needed").await;
    let task = format!("/tasks/{}", bob.task("His").await);
    let his_own = json!({ "depends_on_id": bob.task("Other").await });
    let dependency = bob.make(&format!("{task}/dependencies"), &his_own).await;
    let agents = format!("/agents/{}", bob.make("/agents", &json!({ "name": "Ben" })).await);
    let rules = format!("/rules/{}", bob.make("/rules", &json!({ "name": "Rule" })).await);
    let dependencies = format!("{task}/dependencies");
    let places: [(Method, &str, &str, &str); 11] = [
        (Method::POST, "/tasks", "project_id", &project),
        (Method::POST, "/tasks", "agent_id", &agent),
        (Method::PATCH, &task, "project_id", &project),
        (Method::PATCH, &task, "agent_id", &agent),
        (Method::POST, "/agents", "project_id", &project),
        (Method::PATCH, &agents, "project_id", &project),
        (Method::POST, "/rules", "project_id", &project),
        (Method::PATCH, &rules, "project_id", &project),
        (Method::POST, &dependencies, "depends_on_id", &needed),
        (Method::PATCH, &format!("{dependencies}/{dependency}"), "depends_on_id", &needed),
        (Method::POST, "/tasks/bulk", "project_id", &project),
    ];
    for (method, path, field, foreign) in places {
        let body = |id: &str| {
            let body = match (path, method == Method::POST) {
                ("/tasks" | "/tasks/bulk", _) => json!({ "title": "A", field: id }),
                ("/agents" | "/rules", _) => json!({ "name": "A", field: id }),
                _ => json!({ field: id }),
            };
            if path.ends_with("/bulk") { json!([body]) } else { body }
        };
        let answer = bob.send(bob.request(method.clone(), path).json(&body(foreign))).await;
        let unknown = bob.send(bob.request(method.clone(), path).json(&body(ABSENT))).await;
        assert_eq!(answer.traits(), unknown.traits(), "{method} {path} {field}");
        let answer = answer.expect(422);
        assert!(!answer.text().contains(foreign), "{}", answer.text());
    }
    assert_eq!(alice.get(&format!("/projects/{project}")).await.json()["version"], 1);
}

async fn what_is_taken_or_referred_to_by_itself_is_told_without_a_word_of_sql(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let (alice, bob) = (Client::register(&server, "alice-1").await, Client::register(&server, "bob-1").await);
    alice.make("/projects", &json!({ "name": "House" })).await;
    let taken = alice.post("/projects", &json!({ "name": "House" })).await.expect(409);
    // What another user calls his is no business of hers.
    let other = bob.make("/projects", &json!({ "name": "House" })).await;
    let renamed = bob.make("/projects", &json!({ "name": "Garden" })).await;
    let renaming = bob.patch(&format!("/projects/{renamed}"), &json!({ "name": "House" })).await.expect(409);
    let task = alice.task("A").await;
    let dependencies = format!("/tasks/{task}/dependencies");
    let needed = json!({ "depends_on_id": alice.task("B").await });
    alice.make(&dependencies, &needed).await;
    let twice = alice.post(&dependencies, &needed).await.expect(409);
    let itself = alice.post(&dependencies, &json!({ "depends_on_id": task })).await.expect(422);
    for answer in [taken, renaming, twice, itself] {
        let said = answer.text().to_lowercase();
        for word in ["unique", "constraint", "sql", "insert", "relation ", "user_id"] {
            assert!(!said.contains(word), "{word}: {said}");
        }
    }
    bob.delete(&format!("/projects/{other}")).await.expect(204);
}

async fn texts_come_back_as_they_were_written(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    for title in [
        "<img src=x onerror=alert(1)>",
        "'; DROP TABLE tasks; --",
        "% _ \\ \"",
        "ünï 漢字 🦀 \u{202e}",
        &"é".repeat(200),
    ] {
        let body = json!({ "title": title, "description": format!("{title}\n{title}\t") });
        let task = alice.post("/tasks", &body).await.expect(201).json();
        let task = alice.get(&format!("/tasks/{}", text(&task["id"]))).await.expect(200).json();
        assert_eq!((&task["title"], &task["description"]), (&body["title"], &body["description"]));
    }
}
