//! `user-scope audit`: what it asks, how it is told, and that the asking is on record.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;
use sqlx::{Postgres, Sqlite};
use user_scope_tests::command::{command, run};

use super::{ask, postgres_url, probed, sqlite_url};
use crate::databases::{TestDb, isolated};

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
    assert!(wrong(&["suspicious", "--usual-hours", "20-6"]).contains("they do not reach over midnight"));
    let short = run(&["audit", "tail", "--database-url", &url, "--as", "x", "--reason", "?"]);
    assert!(short.code == Some(2) && short.errors.contains("at least 3 letters"), "{short:?}");
    let empty = user_scope_tests::sqlite::Database::create("no_log");
    let pool = sqlx::Pool::<Sqlite>::connect_with(empty.options()).await.unwrap();
    Sqlite::run(&pool, "CREATE TABLE tasks (id INTEGER)").await.unwrap();
    let ended =
        run(&["audit", "tail", "--database-url", &sqlite_url(&empty.options()), "--as", "x", "--reason", "test"]);
    assert!(ended.errors.contains("there is no table user_access_log"), "{ended:?}");
}

/// As `tail -f` does: what is there already comes first.
#[tokio::test]
async fn it_shows_the_newest_rows_and_follows_the_log_until_it_is_ended() {
    let (world, url, [alice, _]) = probed::<Sqlite>(|home| sqlite_url(&home.options())).await;
    let asking = ["--database-url", &url, "--as", "a test", "--reason", "a test of the command"];
    let follow = ["audit", "tail", "--follow", "--json", "-n", "1", "--operation", "create"];
    let mut followed = command(&[&follow, &asking[..]].concat());
    let mut child = followed.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!((&first["operation"], &first["entity_type"]), (&"create".into(), &"tasks".into()));
    let hers = world.task(&alice, "seen").await;
    // That she looked at it is no `create`.
    assert_eq!(world.pool.repository::<crate::entities::Task>(&alice).get(&hers.id).await.unwrap().id, hers.id);
    for expected in [hers.id, world.task(&alice, "seen, too").await.id] {
        let seen: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!((&seen["operation"], &seen["entity_id"]), (&"create".into(), &expected.to_string().into()));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A log on SQLite as its keeper has it: sealed, verified, tampered with, purged, copied out.
#[tokio::test]
async fn a_log_is_sealed_verified_purged_and_copied_out() {
    let (world, url, [alice, _]) = probed::<Sqlite>(|home| sqlite_url(&home.options())).await;
    let folder = user_scope_tests::directory::Directory::create("seals");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let ask = |arguments: &[&str]| ask(&url, arguments, "user_scope_system");
    let (secret, last) = (file("seal.key"), file("last.seal"));
    let long_ago = user_scope::Moment::now().midnight(-100);
    world.plant(&format!("'{}', 'tasks', 'old', 'read', NULL", alice.user()), long_ago).await;

    let made = run(&["audit", "key", &secret]);
    let public = made.output.trim_end().to_owned();
    assert_eq!((made.code, public.len()), (Some(0), 64), "{made:?}");
    let again = run(&["audit", "key", &secret]);
    assert!(again.code == Some(2) && again.errors.contains("seal.key"), "a key is not overwritten: {again:?}");
    let sealed = ask(&["seal", "--key", &secret, "--last", &last]);
    assert!(sealed.output.contains("new rows under 2 seals"), "a month each: {sealed:?}");
    let verify = || ask(&["verify", "--public-key", &public, "--last", &last]);
    let verified = verify();
    assert!(verified.code == Some(0) && verified.output.contains("as they were sealed"), "{verified:?}");

    let day = |moment: user_scope::Moment| moment.day();
    let before = day(user_scope::Moment::now().midnight(-40));
    let plan = ask(&["purge", "--before", &before]);
    assert!(plan.output.contains("1 row from before") && plan.output.contains("--carry-out"), "{plan:?}");
    let refused = ask(&["purge", "--before", &before, "--carry-out"]);
    assert!(refused.code == Some(2) && refused.errors.contains("give the key"), "{refused:?}");
    let purged = ask(&["purge", "--before", &before, "--carry-out", "--key", &secret]);
    assert!(purged.output.contains("are gone"), "{purged:?}");
    assert!(verify().output.contains("1 purged by right"));

    let (from, until) = (day(user_scope::Moment::now()), day(user_scope::Moment::now().midnight(1)));
    let copied = ask(&["export", "--from", &from, "--until", &until]);
    let lines: Vec<Value> = copied.output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 4 && lines[0]["operation"] == "create", "{copied:?}");
    let csv = ask(&["export", "--from", &from, "--until", &until, "--csv"]);
    assert!(csv.output.starts_with("id,timestamp,") && csv.output.lines().count() > 4, "{csv:?}");

    Sqlite::run(&world.raw, "UPDATE user_access_log SET operation = 'read' WHERE operation = 'unauthorized_access'")
        .await
        .unwrap();
    let found = verify();
    assert!(found.code == Some(1) && found.output.contains("found: a row was changed"), "{found:?}");
    assert!(!found.output.contains("as they were sealed"), "{found:?}");
    let wrong = ask(&["verify", "--public-key", "0123"]);
    assert!(wrong.code == Some(2) && wrong.errors.contains("neither 64 hexadecimal digits nor a file"), "{wrong:?}");
}

#[tokio::test]
async fn the_owner_of_a_log_on_postgresql_makes_its_partitions_and_lets_go_of_none_too_early() {
    let (world, url, _) = probed::<Postgres>(|home| postgres_url(&home.owner())).await;
    let made = run(&["audit", "partition", "--database-url", &url, "--ahead", "2", "--json"]);
    let told: Value = serde_json::from_str(&made.output).unwrap_or_else(|_| panic!("{made:?}"));
    assert_eq!(told["made"].as_array().unwrap().len(), 2);
    let nothing = run(&["audit", "partition", "--database-url", &url, "--ahead", "2"]);
    assert_eq!(nothing.output, "no partition was missing\n");
    let today = user_scope::Moment::now().day();
    let purged = ask(&url, &["purge", "--before", &today, "--carry-out"], "user_scope_system");
    assert!(purged.code == Some(0) && purged.output.starts_with("nothing was recorded before"), "{purged:?}");
    assert_eq!(
        Postgres::number(&world.raw, "SELECT count(*) FROM user_access_log WHERE operation = 'create'").await,
        1
    );
}
