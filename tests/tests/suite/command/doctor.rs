//! `user-scope doctor`: what it says, and the code that it ends with.

use serde_json::Value;
use sqlx::{Pool, Sqlite};
use user_scope::{Isolation, Uuid};
use user_scope_tests::command::run;
use user_scope_tests::{postgres, sqlite};

use super::{postgres_url, sqlite_url};
use crate::databases::TestDb;
use crate::doctor::patient::Patient;

/// A table of tasks, under isolation.
async fn tasks(hint: &str) -> (sqlite::Database, Pool<Sqlite>) {
    let home = sqlite::Database::create(hint);
    let pool = Pool::connect_with(home.options()).await.unwrap();
    Sqlite::run(&pool, "CREATE TABLE tasks (id BLOB PRIMARY KEY, user_id BLOB NOT NULL, title TEXT)").await.unwrap();
    let _ = Isolation::<Uuid>::default().with_table("tasks", "user_id").apply(&pool).await.unwrap();
    (home, pool)
}

#[tokio::test]
async fn it_ends_with_0_where_it_finds_nothing_and_with_1_where_it_finds_something() {
    let (home, pool) = tasks("command_doctor").await;
    let url = sqlite_url(&home.options());
    let ended = run(&["doctor", "--database-url", &url, "--table", "tasks"]);
    assert_eq!((ended.code, ended.output.as_str(), ended.errors.as_str()), (Some(0), "nothing was found\n", ""));

    Sqlite::run(&pool, "DROP TRIGGER user_scope_tasks_fixed_update").await.unwrap();
    let ended = run(&["doctor", "--database-url", &url, "--table", "tasks"]);
    assert_eq!((ended.code, ended.errors.as_str()), (Some(1), ""), "{}", ended.output);
    assert!(ended.output.starts_with("weakness: trigger-missing: tasks"), "{}", ended.output);
    assert!(ended.output.contains("mend: CREATE TRIGGER"), "{}", ended.output);
}

#[tokio::test]
async fn for_a_machine_it_tells_the_same_as_json() {
    let (home, pool) = tasks("command_json").await;
    Sqlite::run(&pool, "DROP TRIGGER user_scope_tasks_fixed_update").await.unwrap();
    let ended = run(&["doctor", "--database-url", &sqlite_url(&home.options()), "--table", "tasks", "--json"]);
    let told: Value = serde_json::from_str(&ended.output).unwrap();
    assert_eq!(ended.code, Some(1));
    assert_eq!(told["healthy"], false);
    assert_eq!(told["findings"][0]["name"], "trigger-missing");
    assert_eq!(told["findings"][0]["severity"], "weakness");
    assert!(told["findings"][0]["mend"].as_str().unwrap().starts_with("CREATE TRIGGER"));
}

#[tokio::test]
async fn on_postgresql_it_looks_as_the_login_that_it_is_given() {
    let patient = Patient::healthy("command_patient").await;
    let findings = |login: &sqlx::postgres::PgConnectOptions| {
        let ended = run(&["doctor", "--database-url", &postgres_url(login), "--table", "public.secrets", "--json"]);
        let told: Value = serde_json::from_str(&ended.output).unwrap_or_else(|_| panic!("{ended:?}"));
        let names =
            told["findings"].as_array().unwrap().iter().map(|finding| finding["name"].as_str().unwrap().to_owned());
        names.filter(|name| name != "server-too-old").collect::<Vec<_>>()
    };
    assert!(findings(&patient.home.superuser()).contains(&"login-is-superuser".to_owned()));
    assert!(!findings(&patient.home.app()).contains(&"login-is-superuser".to_owned()));
}

#[tokio::test]
async fn it_ends_with_2_where_it_cannot_look_and_never_prints_the_password() {
    let home = postgres::Database::create("command_unreachable").await;
    let reachable = postgres_url(&home.app());
    let unreachable = "postgres://app:geheim@127.0.0.1:1/app";
    for arguments in [
        &["doctor", "--database-url", unreachable, "--table", "tasks"][..],
        &["doctor", "--database-url", "postgres://app:geheim@[::/app", "--table", "tasks"],
        &["doctor", "--database-url", "mysql://app:geheim@localhost/app", "--table", "tasks"],
        &["doctor", "--database-url", "app:geheim@localhost/app", "--table", "tasks"],
        &["doctor", "--database-url", "sqlite://app:geheim@localhost/app", "--table", "tasks"],
        &["doctor", "--database-url", &reachable],
        &["doctor", "--database-url", &reachable, "--config", "/nowhere/user-scope.toml"],
        &["doctor", "--table", "tasks"],
        &["doctor", "--database-url", unreachable, "--tabel", "tasks"],
        &["examine"],
    ] {
        let ended = run(arguments);
        assert_eq!((ended.code, ended.output.as_str()), (Some(2), ""), "{arguments:?}: {}", ended.errors);
        assert!(!ended.errors.contains("geheim"), "{arguments:?}: {}", ended.errors);
        assert!(!ended.errors.contains("panicked") && ended.errors.len() > 20, "{arguments:?}: {}", ended.errors);
    }
}
