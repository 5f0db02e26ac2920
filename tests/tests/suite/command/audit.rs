//! `user-scope audit`: what it asks, how it is told, and that the asking is on record.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;
use sqlx::{Postgres, Sqlite};
use user_scope::UserContext;
use user_scope_tests::command::{Ended, command, run};

use super::{postgres_url, sqlite_url};
use crate::databases::{TestDb, isolated};
use crate::entities::Task;
use crate::world::{World, user};

/// A user whose row another asked for, and the URL by which an administrator reaches the log.
async fn probed<DB: TestDb>(url: impl Fn(&DB::Home) -> String) -> (World<DB>, String, [UserContext; 2]) {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let hers = world.task(&alice, "hers").await;
    for _ in 0..3 {
        assert!(world.pool.repository::<Task>(&bob).find(&hers.id).await.unwrap().is_none());
    }
    world.pool.flush_audit().await;
    let url = url(&world.home);
    (world, url, [alice, bob])
}

fn ask(url: &str, arguments: &[&str], system_role: &str) -> Ended {
    let who = "0197c0de-0000-7000-8000-00000000000a";
    let asking =
        ["--database-url", url, "--as", who, "--reason", "a test of the command", "--system-role", system_role];
    run(&[&["audit"], arguments, &asking].concat())
}

async fn every_question_is_answered<DB: TestDb>(url: impl Fn(&DB::Home) -> String) {
    let system_role = user_scope_tests::postgres::server().system_role();
    let (world, url, [alice, bob]) = probed::<DB>(url).await;
    let ask = |arguments: &[&str]| ask(&url, arguments, &system_role);
    let json = |arguments: &[&str]| -> Value {
        let ended = ask(&[arguments, &["--json"]].concat());
        serde_json::from_str(&ended.output).unwrap_or_else(|_| panic!("{ended:?}"))
    };

    let tail = json(&["tail", "--operation", "unauthorized_access"]);
    assert_eq!(tail.as_array().unwrap().len(), 3);
    assert_eq!(tail[0]["user_id"], bob.user().to_string());
    assert_eq!(tail[0]["details"]["attempted"], "read");

    let patterns = json(&["patterns", "--user", &bob.user().to_string()]);
    assert_eq!((&patterns[0]["operation"], &patterns[0]["accesses"]), (&"unauthorized_access".into(), &3.into()));
    let picture = ask(&["patterns"]);
    assert!(picture.output.contains('█') && picture.output.contains("3 denied"), "{picture:?}");

    let csv = ask(&["of-user", &alice.user().to_string(), "--csv"]);
    let lines: Vec<_> = csv.output.lines().collect();
    assert_eq!(lines[0], "id,timestamp,user_id,operation,entity_type,entity_id,details");
    assert!(lines.len() == 2 && lines[1].contains(",create,tasks,"), "{csv:?}");

    let id = tail[0]["entity_id"].as_str().unwrap();
    let history = json(&["of-entity", "tasks", id]);
    assert_eq!(history.as_array().unwrap().len(), 4);

    let nothing = ask(&["suspicious"]);
    assert_eq!((nothing.code, nothing.output.as_str()), (Some(0), "nothing is suspicious\n"), "{nothing:?}");
    let found = ask(&["suspicious", "--denials", "3", "--within", "527040", "--json"]);
    let told: Value = serde_json::from_str(&found.output).unwrap();
    assert_eq!((found.code, &told[0]["kind"], &told[0]["figure"]), (Some(1), &"denials".into(), &3.into()));

    // Each of these left its receipt and said that it asked.
    let asked = "SELECT count(*) FROM user_access_log WHERE entity_type = 'user_access_log' AND operation = 'list'";
    assert_eq!(DB::number(&world.raw, asked).await, 8);
    let receipts = "SELECT count(*) FROM user_access_log WHERE operation = 'system_access'";
    assert_eq!(DB::number(&world.raw, receipts).await, 7);
}

#[tokio::test]
async fn on_sqlite_every_question_is_answered_and_on_record() {
    every_question_is_answered::<Sqlite>(|home| sqlite_url(&home.options())).await;
}

#[tokio::test]
async fn on_postgresql_every_question_is_answered_and_on_record() {
    every_question_is_answered::<Postgres>(|home| postgres_url(&home.owner())).await;
}

/// By the application's login, which has to ask for system mode.
#[tokio::test]
async fn under_row_level_security_every_question_is_answered_and_on_record() {
    isolated(every_question_is_answered::<Postgres>(|home| postgres_url(&home.app()))).await;
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_with_what_to_do() {
    let (_world, url, _) = probed::<Sqlite>(|home| sqlite_url(&home.options())).await;
    let wrong = |arguments: &[&str]| {
        let ended = ask(&url, arguments, "user_scope_system");
        assert_eq!((ended.code, ended.output.as_str()), (Some(2), ""), "{ended:?}");
        ended.errors
    };
    assert!(wrong(&["tail", "--operation", "peek"]).contains("\"peek\" is no operation"));
    assert!(wrong(&["suspicious", "--usual-hours", "20-6"]).contains("the first is not after the second"));
    let short = run(&["audit", "tail", "--database-url", &url, "--as", "x", "--reason", "?"]);
    assert!(short.code == Some(2) && short.errors.contains("at least 3 letters"), "{short:?}");
    let empty = user_scope_tests::sqlite::Database::create("no_log");
    let pool = sqlx::Pool::<Sqlite>::connect_with(empty.options()).await.unwrap();
    Sqlite::run(&pool, "CREATE TABLE tasks (id INTEGER)").await.unwrap();
    let ended =
        run(&["audit", "tail", "--database-url", &sqlite_url(&empty.options()), "--as", "x", "--reason", "test"]);
    assert!(ended.errors.contains("there is no table user_access_log"), "{ended:?}");
}

/// Whoever makes ids and reasons must not make the terminal obey.
#[tokio::test]
async fn nothing_in_the_log_reaches_a_terminal_as_a_command() {
    let (world, url, [alice, _]) = probed::<Sqlite>(|home| sqlite_url(&home.options())).await;
    let planted = format!("'{}', 'tasks', '\u{1b}[2J\u{7}', 'read', NULL", alice.user());
    world.plant(&planted, user_scope::Moment::now()).await;
    let ended = ask(&url, &["tail"], "user_scope_system");
    assert!(ended.output.contains("·[2J·") && !ended.output.contains('\u{1b}'), "{ended:?}");
}

#[tokio::test]
async fn it_follows_the_log_until_it_is_ended() {
    let (world, url, [alice, _]) = probed::<Sqlite>(|home| sqlite_url(&home.options())).await;
    let asking = ["--database-url", &url, "--as", "a test", "--reason", "a test of the command"];
    let mut followed = command(&[&["audit", "tail", "--follow", "--json"], &asking[..]].concat());
    let mut child = followed.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // What it says first is that it asks.
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["entity_type"], "user_access_log");
    let hers = world.task(&alice, "seen").await;
    let seen: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!((&seen["operation"], &seen["entity_id"]), (&"create".into(), &hers.id.to_string().into()));
    child.kill().unwrap();
    child.wait().unwrap();
}
