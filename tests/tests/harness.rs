//! Proves the room in which everything else is proven.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic with a sentence is how a fault is told"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{Connection, Executor, PgConnection, Row, SqliteConnection};
use user_scope_tests::postgres::{Cluster, Database, Template};
use user_scope_tests::proxy::{Counts, Proxy};
use user_scope_tests::sqlite;

static NOTES: Template = Template::new("notes", |owner, app| {
    Box::pin(async move {
        let mut connection = PgConnection::connect_with(&owner).await?;
        connection.execute("CREATE TABLE notes (id bigserial PRIMARY KEY, note text NOT NULL)").await?;
        connection.execute("CREATE TABLE log (id bigint)").await?;
        connection.execute(sqlx::AssertSqlSafe(format!("GRANT INSERT ON log TO {app}"))).await?;
        // The connection is left open: the template closes it.
        std::mem::forget(connection);
        Ok(())
    })
});

#[tokio::test]
async fn the_application_is_neither_superuser_nor_owner() {
    let database = Database::copy(&NOTES, "roles").await;
    let mut app = PgConnection::connect_with(&database.app()).await.unwrap();
    let row = app
        .fetch_one(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, tableowner = current_user,
                    pg_has_role(current_user, tableowner::text, 'MEMBER')
             FROM pg_roles, pg_tables WHERE rolname = current_user AND tablename = 'notes'",
        )
        .await
        .unwrap();
    for column in 0..row.len() {
        assert!(!row.get::<bool, _>(column), "column {column} of the application's rights is true");
    }
    for refused in ["TRUNCATE notes", "ALTER TABLE notes ADD COLUMN x int", "CREATE TABLE x (id int)"] {
        let error = app.execute(refused).await.expect_err(refused);
        assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("42501"), "{refused}: {error}");
    }
    app.execute("INSERT INTO notes (note) VALUES ('a'); UPDATE notes SET note = 'b'; DELETE FROM notes").await.unwrap();

    let mut owner = PgConnection::connect_with(&database.owner()).await.unwrap();
    let row = owner
        .fetch_one(
            "SELECT rolsuper, rolbypassrls, tableowner <> current_user FROM pg_roles, pg_tables
             WHERE rolname = current_user AND tablename = 'notes'",
        )
        .await
        .unwrap();
    for column in 0..row.len() {
        assert!(!row.get::<bool, _>(column), "column {column} of the owner's rights is not as it should be");
    }
}

#[tokio::test]
async fn grants_of_the_setup_are_not_widened() {
    let database = Database::copy(&NOTES, "grants").await;
    let mut app = PgConnection::connect_with(&database.app()).await.unwrap();
    app.execute("INSERT INTO log VALUES (1)").await.unwrap();
    app.execute("SELECT * FROM log").await.expect_err("the set-up granted INSERT alone");

    let mut owner = PgConnection::connect_with(&database.owner()).await.unwrap();
    owner.execute("CREATE TABLE later (id bigserial)").await.unwrap();
    app.execute("SELECT * FROM later").await.expect_err("the table was made after the grants");
    database.grant().await;
    app.execute("INSERT INTO later DEFAULT VALUES").await.unwrap();
    app.execute("SELECT * FROM log").await.expect_err("the set-up still granted INSERT alone");
}

#[tokio::test]
async fn two_databases_do_not_see_one_another() {
    let (one, two) = tokio::join!(Database::copy(&NOTES, "one"), Database::copy(&NOTES, "two"));
    assert_ne!(one.name(), two.name());
    let mut in_one = PgConnection::connect_with(&one.app()).await.unwrap();
    let mut in_two = PgConnection::connect_with(&two.app()).await.unwrap();
    in_one.execute("INSERT INTO notes (note) VALUES ('mine')").await.unwrap();
    assert_eq!(in_two.fetch_all("SELECT * FROM notes").await.unwrap().len(), 0);
    assert_eq!(in_one.fetch_all("SELECT * FROM notes").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_database_goes_with_its_test() {
    let database = Database::create("Goes, with its test!").await;
    let (server, name) = (database.server(), database.name().to_owned());
    let _still_connected = PgConnection::connect_with(&database.app()).await.unwrap();
    drop(database);
    let mut superuser = PgConnection::connect_with(&server.superuser()).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    // On a server of our own the tests do not wait for the drop.
    while sqlx::query("SELECT FROM pg_database WHERE datname = $1")
        .bind(&name)
        .fetch_optional(&mut superuser)
        .await
        .unwrap()
        .is_some()
    {
        assert!(Instant::now() < deadline, "{name} is still there");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_proxy_counts_round_trips() {
    let database = Database::create("proxy").await;
    let (proxy, options) = Proxy::start(&database.app()).await;
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    let select = async |connection: &mut PgConnection| {
        sqlx::query_scalar::<_, i64>("SELECT $1::bigint").bind(7_i64).fetch_one(connection).await.unwrap()
    };

    let (_, cold) = proxy.during(select(&mut connection)).await;
    let expected = Counts { round_trips: 2, parses: 1, binds: 1, executes: 1, ..Counts::default() };
    assert_eq!(cold, Counts { parsed: vec!["SELECT $1::bigint".to_owned()], ..expected });

    let (_, warm) = proxy.during(select(&mut connection)).await;
    assert_eq!(warm, Counts { round_trips: 1, binds: 1, executes: 1, ..Counts::default() });

    let (_, ping) = proxy.during(connection.ping()).await;
    assert_eq!(ping, Counts { pings: 1, ..Counts::default() });

    let before = proxy.counts();
    let mut transaction = connection.begin().await.unwrap();
    let begun = proxy.counts();
    let query = |text: &str| Counts { round_trips: 1, queries: vec![text.to_owned()], ..Counts::default() };
    assert_eq!(begun.since(&before), query("BEGIN"));
    select(&mut transaction).await;
    assert_eq!(proxy.counts().since(&begun), warm);
    let before = proxy.counts();
    transaction.commit().await.unwrap();
    assert_eq!(proxy.counts().since(&before), query("COMMIT"));
}

#[tokio::test]
async fn the_proxy_passes_long_messages_and_refuses_encryption() {
    let database = Database::create("long").await;
    let (proxy, options) = Proxy::start(&database.app()).await;
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    let long = "x".repeat(3_000_000);
    let echo: String = sqlx::query_scalar("SELECT $1::text").bind(&long).fetch_one(&mut connection).await.unwrap();
    assert!(echo == long, "{} of {} bytes came back", echo.len(), long.len());
    assert_eq!(proxy.counts().round_trips, 2, "connecting asks for no work");

    let socket = options.get_socket().unwrap().join(format!(".s.PGSQL.{}", options.get_port()));
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = std::os::unix::net::UnixStream::connect(socket).unwrap();
        stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).unwrap();
        let mut answer = [0];
        stream.read_exact(&mut answer).unwrap();
        answer
    });
    assert_eq!(&answer.await.unwrap(), b"N");
}

#[tokio::test]
async fn sqlite_is_a_file_for_each_test() {
    let (one, two) = (sqlite::Database::create("one"), sqlite::Database::create("two"));
    let file = one.options().get_filename().to_owned();
    let mut in_one = SqliteConnection::connect_with(&one.options()).await.unwrap();
    let mut in_two = SqliteConnection::connect_with(&two.options()).await.unwrap();
    in_one.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY)").await.unwrap();
    in_two.execute("SELECT * FROM notes").await.expect_err("the other test's table is not here");
    for (pragma, expected) in [("foreign_keys", "1"), ("journal_mode", "wal"), ("busy_timeout", "30000")] {
        let text = format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}");
        let column = if pragma == "busy_timeout" { text.replace("CAST(busy_timeout", "CAST(timeout") } else { text };
        let value: String = sqlx::query_scalar(sqlx::AssertSqlSafe(column)).fetch_one(&mut in_one).await.unwrap();
        assert_eq!(value, expected, "{pragma}");
    }
    in_one.close().await.unwrap();
    assert!(file.exists());
    drop(one);
    assert!(!file.exists(), "{} is still there", file.display());
}

/// Set for the process that is to be killed.
const VICTIM: &str = "USER_SCOPE_TESTS_VICTIM";

#[test]
fn the_server_ends_with_its_process() {
    if std::env::var_os("DATABASE_URL").is_some() {
        println!("DATABASE_URL names the server: there is none of our own that could outlive us");
        return;
    }
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--ignored", "--nocapture"])
        .env(VICTIM, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines().map(Result::unwrap);
    let directory = lines.map(|line| line.split_once("cluster in ").map(|(_, path)| PathBuf::from(path)));
    let directory = directory.flatten().next().expect("the victim says where its cluster is");
    assert!(directory.join(".s.PGSQL.5432").exists(), "the server of the victim runs");

    // SIGKILL: nothing of the victim runs after it.
    victim.kill().unwrap();
    victim.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while directory.exists() {
        assert!(Instant::now() < deadline, "{} outlives its process", directory.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Not a test: the process that [`the_server_ends_with_its_process`] kills.
#[test]
#[ignore = "started by the_server_ends_with_its_process"]
fn victim() {
    if std::env::var_os(VICTIM).is_some() {
        let cluster = Cluster::start().unwrap_or_else(|fault| panic!("{fault}"));
        println!("\ncluster in {}", cluster.directory().display());
        // Until the parent kills us, or is gone itself.
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    }
}
