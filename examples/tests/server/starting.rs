//! How the server starts, and when it does not: what is wrong is said, and nobody is served.

use crate::client::{Client, PASSWORD};
use crate::home::{Home, Kind};
use crate::people::administrator;
use crate::server::{Ended, Server, run};

on_each_database!(
    a_second_start_on_the_same_data_keeps_everything,
    an_administrator_is_made_of_an_account_that_exists_and_of_no_other,
);

async fn a_second_start_on_the_same_data_keeps_everything(kind: Kind) {
    let (home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let id = alice.task("Kept").await;
    let task = alice.get(&format!("/tasks/{id}")).await.expect(200).text();
    let accounts = home.rows::<1>("SELECT username FROM accounts ORDER BY username").await;
    server.stop().await;
    for _ in 0..2 {
        let server = Server::start(&home).await;
        let alice = Client::sign_in(&server, "alice-1", PASSWORD).await;
        assert_eq!(alice.get(&format!("/tasks/{id}")).await.expect(200).text(), task);
        assert_eq!(home.rows::<1>("SELECT username FROM accounts ORDER BY username").await, accounts);
        server.stop().await;
    }
}

async fn an_administrator_is_made_of_an_account_that_exists_and_of_no_other(kind: Kind) {
    let (home, server, ada) = administrator(kind).await;
    assert_eq!(ada.get("/auth/me").await.json()["administrator"], true);
    assert_eq!(Client::register(&server, "alice-1").await.get("/auth/me").await.json()["administrator"], false);
    server.stop().await;
    let ended = run(&home, &["--administrator", "nobody-of-us"]).await;
    refused(&ended, "nobody-of-us");
    let server = Server::start_with(&home, &["--administrator", "ALICE-1"]).await;
    assert_eq!(Client::sign_in(&server, "alice-1", PASSWORD).await.get("/auth/me").await.json()["administrator"], true);
}

#[tokio::test]
async fn without_a_database_there_are_demo_users_with_something_to_look_at() {
    let (home, server) = Server::on(Kind::Sqlite).await;
    for (name, password) in [("alice", "alice-demo-1"), ("bob", "bob-demo-1")] {
        let user = Client::sign_in(&server, name, password).await;
        for path in ["/tasks", "/projects", "/agents", "/rules"] {
            let items = user.get(path).await.expect(200).items();
            assert!(!items.is_empty() && items.iter().all(|item| item["user_id"] == user.id), "{name} {path}");
        }
        assert_eq!(user.get("/auth/me").await.json()["administrator"], false);
    }
    let ada = Client::sign_in(&server, "ada", "ada-demo-1").await;
    assert_eq!(ada.get("/auth/me").await.json()["administrator"], true);
    for table in ["subtasks", "task_dependencies"] {
        assert!(!home.rows::<0>(&format!("SELECT 1 FROM {table}")).await.is_empty(), "{table}");
    }
}

#[tokio::test]
async fn a_database_that_was_named_gets_no_demo_users() {
    let home = Home::of(Kind::Sqlite).await;
    std::fs::create_dir_all(home.directory()).expect("a directory");
    let file = format!("sqlite://{}/other.db", home.directory().display());
    let server = Server::start_with(&home, &["--database-url", &file]).await;
    assert!(home.rows::<0>("SELECT 1 FROM accounts").await.is_empty());
    Client::register(&server, "alice").await.task("A").await;
    assert!(home.directory().join("other.db").is_file());
}

#[tokio::test]
async fn with_a_login_that_may_make_roles_the_server_makes_its_own_and_serves_under_the_databases_wall() {
    let home = Home::of_a_superuser().await;
    for start in ["first", "second"] {
        let server = Server::start(&home).await;
        let alice = Client::register(&server, &format!("alice-{start}")).await;
        let bob = Client::register(&server, &format!("bob-{start}")).await;
        let id = alice.task("Hers").await;
        bob.get(&format!("/tasks/{id}")).await.expect(404);
        let serving = "SELECT DISTINCT rolname::text, (rolsuper OR rolbypassrls OR rolcreaterole)::text \
                       FROM pg_stat_activity JOIN pg_roles ON rolname = usename \
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let serving: Vec<[String; 2]> = home.rows(serving).await;
        assert!(!serving.is_empty() && serving.iter().all(|[_, mighty]| mighty == "false"), "{start}: {serving:?}");
        let walls = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace \
                     AND relname IN ('tasks', 'subtasks', 'task_dependencies', 'projects', 'agents', 'cursor_rules') \
                     AND relrowsecurity AND relforcerowsecurity";
        assert_eq!(home.rows::<1>(walls).await.len(), 6, "{start}");
        server.stop().await;
    }
}

/// It did not serve, and has said a word about why.
#[track_caller]
fn refused(ended: &Ended, word: &str) {
    assert!(ended.code.is_some_and(|code| code != 0), "{ended:?}");
    assert!(!ended.output.contains("Listening on"), "{ended:?}");
    assert!(ended.errors.contains(word), "{word:?} is not in {:?}", ended.errors);
    assert!(!ended.errors.contains("panicked"), "{}", ended.errors);
}

#[tokio::test]
async fn a_database_that_is_none_is_refused_without_its_password() {
    let home = Home::of(Kind::Sqlite).await;
    for url in [
        "postgres://somebody:hidden-password@127.0.0.1:1/nothing",
        "postgres://somebody:hidden-password@nowhere.invalid/nothing",
        "mysql://somebody:hidden-password@127.0.0.1/nothing",
        "sqlite:///nowhere/hidden-password/nothing.db",
        "nothing",
    ] {
        let ended = run(&home, &["--database-url", url]).await;
        refused(&ended, "");
        assert!(!ended.errors.trim().is_empty(), "{url}: nothing was said");
        assert!(url.starts_with("sqlite") || !ended.errors.contains("hidden-password"), "{url}: {}", ended.errors);
    }
}

#[tokio::test]
async fn a_login_that_may_not_make_roles_needs_one_for_the_application() {
    let home = Home::of_an_owner_alone().await;
    refused(&run(&home, &[]).await, "APPLICATION_DATABASE_URL");
}

#[tokio::test]
async fn a_wall_that_was_taken_down_stands_again_before_anybody_is_served() {
    let (home, server) = Server::on(Kind::Postgres).await;
    Client::register(&server, "alice-1").await.task("Hers").await;
    server.stop().await;
    home.run("ALTER TABLE tasks DISABLE ROW LEVEL SECURITY").await;
    let _server = Server::start(&home).await;
    let standing = "SELECT 1 FROM pg_class WHERE oid = 'tasks'::regclass AND relrowsecurity AND relforcerowsecurity";
    assert_eq!(home.rows::<0>(standing).await.len(), 1);
}

#[tokio::test]
async fn an_ill_database_is_not_served() {
    let (home, server) = Server::on(Kind::Postgres).await;
    server.stop().await;
    // Another's, which lets everybody see everything: nothing of the server's to mend.
    home.run("CREATE POLICY open_to_all ON tasks USING (true)").await;
    let ended = run(&home, &[]).await;
    refused(&ended, "open_to_all");
    assert!(ended.errors.contains("tasks") && ended.errors.contains("policy"), "{}", ended.errors);
    home.run("DROP POLICY open_to_all ON tasks").await;
    Server::start(&home).await.stop().await;
}

#[tokio::test]
async fn a_setting_that_is_none_is_told_by_name() {
    let home = Home::of(Kind::Sqlite).await;
    for (arguments, word) in [
        (&["--colour", "red"][..], "--colour"),
        (&["--listen", "nowhere"], "--listen"),
        (&["--listen", "127.0.0.1:99999"], "--listen"),
        (&["--sign-in-attempts", "0"], "--sign-in-attempts"),
        (&["--sign-in-attempts", "many"], "--sign-in-attempts"),
        (&["--jwt-secret-file", "/nowhere/secret"], "/nowhere/secret"),
        (&["--cors-origin", "not an origin"], "not an origin"),
        (&["--cors-origin", "*"], "*"),
        (&["--cors-origin", "https://app.example/path"], "https://app.example/path"),
        (&["unexpected"], "unexpected"),
    ] {
        refused(&run(&home, arguments).await, word);
    }
    let short = home.file("short", "short");
    refused(&run(&home, &["--jwt-secret-file", &short]).await, "secret");
}

#[tokio::test]
async fn help_names_every_setting_by_flag_and_by_environment() {
    let ended = run(&Home::of(Kind::Sqlite).await, &["--help"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for setting in [
        "listen",
        "database-url",
        "application-database-url",
        "system-role",
        "data",
        "jwt-secret-file",
        "cors-origin",
        "administrator",
        "sign-in-attempts",
    ] {
        let variable = format!("[env: {}", setting.to_uppercase().replace('-', "_"));
        assert!(
            ended.output.contains(&format!("--{setting}")) && ended.output.contains(&variable),
            "{setting}: {}",
            ended.output
        );
    }
    assert!(ended.output.lines().all(|line| line.chars().count() <= 120), "{}", ended.output);
}

#[tokio::test]
async fn a_port_that_is_taken_is_told() {
    let (home, server) = Server::on(Kind::Sqlite).await;
    let taken = server.url().trim_start_matches("http://").to_owned();
    let other = Home::of(Kind::Sqlite).await;
    let ended = run(&other, &["--listen", &taken]).await;
    refused(&ended, &taken);
    drop(home);
}
