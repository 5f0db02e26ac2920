//! What is on record: one's own trail for everybody, and the rest for an administrator who says why.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, PASSWORD, text};
use crate::home::{Home, Kind, Line};
use crate::people::administrator;
use crate::server::Server;

on_each_database!(
    everybody_sees_his_own_trail_without_denials,
    administration_needs_the_role_first_and_then_a_reason,
    a_look_at_others_leaves_a_receipt_with_its_reason,
    an_attempt_at_anothers_row_is_seen_by_an_administrator,
    patterns_count_what_each_user_did_on_a_day,
    the_deployments_own_queries_run_as_they_are_written,
);

/// Asks an administrator's question, with a reason as a browser sends it.
async fn ask(client: &Client, path: &str, reason: Option<&str>) -> Answer {
    let request = client.request(Method::GET, path);
    let request = match reason {
        Some(reason) => request.header("access-reason", reason),
        None => request,
    };
    client.send(request).await
}

const SUSPICIOUS: &str = "/admin/audit/suspicious";
const PATTERNS: &str = "/admin/audit/patterns";

async fn everybody_sees_his_own_trail_without_denials(kind: Kind) {
    let (home, server) = Server::on(kind).await;
    let (alice, bob) = (Client::register(&server, "alice-1").await, Client::register(&server, "bob-1").await);
    let hers = alice.task("Hers").await;
    let his = bob.task("His").await;
    bob.get(&format!("/tasks/{hers}")).await.expect(404);
    bob.patch(&format!("/tasks/{his}"), &json!({ "title": "His own" })).await.expect(200);
    bob.delete(&format!("/tasks/{his}")).await.expect(204);
    // The denial is on record, for those who may see it.
    server.stop().await;
    let denials = |log: &[Line]| log.iter().filter(|line| line.operation == "unauthorized_access").count();
    assert_eq!(denials(&home.log().await), 1);

    let server = Server::start(&home).await;
    let bob = Client::sign_in(&server, "bob-1", PASSWORD).await;
    let answer = bob.get("/audit?limit=100").await.expect(200);
    assert_eq!(answer.json()["next"], json!(null));
    let trail = answer.items();
    let is_write =
        |row: &&Value| row["entity_type"] == "tasks" && !["read", "list"].contains(&row["operation"].as_str().unwrap());
    let of_tasks: Vec<_> = trail.iter().filter(is_write).collect();
    let operations: Vec<_> = of_tasks.iter().map(|row| text(&row["operation"])).collect();
    assert_eq!(operations, ["delete", "update", "create"], "newest first");
    assert!(trail.iter().any(|row| row["operation"] == "list"), "what he has read is his own to know as well");
    for row in &of_tasks {
        assert_eq!(row["entity_id"], his);
        chrono::DateTime::parse_from_rfc3339(&text(&row["timestamp"])).expect("a time");
        let mut members: Vec<_> = row.as_object().expect("a row").keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["details", "entity_id", "entity_type", "operation", "timestamp"]);
    }
    assert!(of_tasks[1]["details"].is_object(), "{}", of_tasks[1]);
    assert!(!answer.text().contains("unauthorized_access") && !answer.text().contains(&hers));
    assert_eq!(bob.get("/audit?limit=1").await.expect(200).items().len(), 1);
}

async fn administration_needs_the_role_first_and_then_a_reason(kind: Kind) {
    let (_home, server, ada) = administrator(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let nobody = Client::nobody(&server);
    for path in [SUSPICIOUS, PATTERNS] {
        for reason in [None, Some(""), Some("ab"), Some("support case 4711")] {
            ask(&nobody, path, reason).await.expect(401);
            assert_eq!(ask(&alice, path, reason).await.expect(403).traits(), ask(&alice, path, None).await.traits());
        }
        for reason in
            [None, Some(""), Some("   "), Some("ab"), Some("a b"), Some("1.."), Some("abc%0adef"), Some("%ff%fe%fd")]
        {
            ask(&ada, path, reason).await.expect(400);
        }
        ask(&ada, path, Some("abc")).await.expect(200);
    }
    for (days, field) in [("0", "days"), ("367", "days"), ("x", "days")] {
        assert_eq!(ask(&ada, &format!("{PATTERNS}?days={days}"), Some("too many days")).await.fields(), [field]);
    }
    assert_eq!(ask(&ada, &format!("{SUSPICIOUS}?limit=1"), Some("a parameter")).await.fields(), ["limit"]);
}

async fn a_look_at_others_leaves_a_receipt_with_its_reason(kind: Kind) {
    let (home, server, ada) = administrator(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    ask(&alice, SUSPICIOUS, Some("not an administrator")).await.expect(403);
    ask(&ada, SUSPICIOUS, None).await.expect(400);
    assert!(home.log().await.iter().all(|line| line.operation != "system_access"), "nobody was let in");
    for path in [SUSPICIOUS, PATTERNS] {
        let seen = ask(&ada, path, Some("Beschwerde%20von%20M%C3%BCller%20%E2%9C%93")).await.expect(200).json();
        let receipt = text(&seen["receipt"]);
        let log = home.log().await;
        let line = log.iter().find(|line| line.entity_id == receipt).expect("the receipt is on record");
        assert_eq!((line.operation.as_str(), line.user_id.as_str()), ("system_access", ada.id.as_str()));
        assert_eq!(line.details["reason"], "Beschwerde von Müller ✓");
        assert!(seen["items"].is_array());
    }
    assert_eq!(home.log().await.iter().filter(|line| line.operation == "system_access").count(), 2);
}

/// The suspicious list, as soon as there are as many denials: they are told from misses a moment later.
async fn suspicious(ada: &Client, count: usize) -> Vec<Value> {
    let looking = async {
        loop {
            let items = ask(ada, SUSPICIOUS, Some("looking for denials")).await.expect(200).items();
            if items.len() >= count {
                return items;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), looking).await.expect("the denials come to be seen")
}

async fn an_attempt_at_anothers_row_is_seen_by_an_administrator(kind: Kind) {
    let (_home, server, ada) = administrator(kind).await;
    let (alice, bob) = (Client::register(&server, "alice-1").await, Client::register(&server, "bob-1").await);
    let hers = alice.task("Hers").await;
    let project = alice.make("/projects", &json!({ "name": "House" })).await;
    let path = format!("/tasks/{hers}");
    bob.get(&path).await.expect(404);
    let mut seen = suspicious(&ada, 1).await;
    bob.patch(&path, &json!({ "title": "His" })).await.expect(404);
    seen = [suspicious(&ada, 2).await, seen].concat();
    bob.delete(&path).await.expect(404);
    seen = [suspicious(&ada, 3).await, seen].concat();
    bob.post("/tasks", &json!({ "title": "His", "project_id": project })).await.expect(422);
    let items = suspicious(&ada, 4).await;
    assert!(seen.iter().all(|item| items.contains(item)), "what was seen once is seen again");
    assert_eq!(items.len(), 4, "{items:?}");
    let told = |item: &Value| {
        assert_eq!((&item["user_id"], &item["username"]), (&json!(bob.id), &json!("bob-1")));
        ["entity_type", "entity_id", "attempted"].map(|name| text(&item[name]))
    };
    let denied: Vec<_> = items.iter().map(told).collect();
    let expected = [
        ["projects", project.as_str(), "create"],
        ["tasks", hers.as_str(), "delete"],
        ["tasks", hers.as_str(), "update"],
        ["tasks", hers.as_str(), "read"],
    ];
    assert_eq!(denied, expected, "newest first");
    assert_eq!(alice.get(&path).await.expect(200).json()["version"], 1);
}

async fn patterns_count_what_each_user_did_on_a_day(kind: Kind) {
    let (home, server, ada) = administrator(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    for n in 0..5 {
        alice.task(&format!("Task {n}")).await;
    }
    let counted = ask(&ada, &format!("{PATTERNS}?days=2"), Some("how much is done")).await.expect(200);
    let items = counted.items();
    let logged = "SELECT CAST(user_id AS TEXT), CAST(DATE(timestamp) AS TEXT), CAST(COUNT(*) AS TEXT) FROM user_access_log \
                  WHERE user_id = '{user}' GROUP BY user_id, DATE(timestamp)";
    let logged: Vec<[String; 3]> = home.rows(&logged.replace("{user}", &alice.id)).await;
    let hers: Vec<_> = items.iter().filter(|item| item["user_id"] == alice.id).collect();
    let shown: Vec<_> =
        hers.iter().map(|item| [text(&item["user_id"]), text(&item["day"]), item["count"].to_string()]).collect();
    assert_eq!(shown, logged);
    assert!(hers.iter().all(|item| item["username"] == "alice-1") && !hers.is_empty(), "{hers:?}");
}

async fn the_deployments_own_queries_run_as_they_are_written(kind: Kind) {
    let (home, server) = Server::on(kind).await;
    let (alice, bob) = (Client::register(&server, "alice-1").await, Client::register(&server, "bob-1").await);
    let hers = alice.task("Hers").await;
    bob.get(&format!("/tasks/{hers}")).await.expect(404);
    server.stop().await;
    let days = "SELECT CAST(user_id AS TEXT), CAST(DATE(timestamp) AS TEXT) FROM user_access_log";
    let days: std::collections::BTreeSet<[String; 2]> = home.rows(days).await.into_iter().collect();
    assert!(days.len() >= 2, "alice and bob: {days:?}");
    let patterns =
        "SELECT user_id, DATE(timestamp) AS day, COUNT(*) FROM user_access_log GROUP BY user_id, DATE(timestamp)";
    assert_eq!(count(&home, patterns).await, days.len());
    let denials =
        "SELECT * FROM user_access_log WHERE operation = 'unauthorized_access' ORDER BY timestamp DESC LIMIT 100";
    assert_eq!(count(&home, denials).await, 1);
}

/// How many rows a query gives that is run word by word.
async fn count(home: &Home, sql: &str) -> usize {
    home.rows::<0>(sql).await.len()
}
