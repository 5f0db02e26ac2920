//! The process is killed, by SIGKILL, while it writes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Postgres, Sqlite};
use user_scope::audit::AuditSettings;
use user_scope::{Change, PoolSource, ScopedPool, UserContext, Uuid};

use super::{faults, is_found_where_it_is_missing};
use crate::databases::TestDb;
use crate::entities::{Task, TaskChanges};
use crate::world::{World, new_task};

/// Where the child finds its database, and how long its queue is.
const DATABASE: &str = "USER_SCOPE_TEST_KILLED";
const QUEUE: usize = 200;
/// Of these it only reads.
const ONLY_READS: &str = "USER_SCOPE_TEST_KILLED_READING";

/// Not a test by itself: what the killed process does. It tells what was acknowledged, a word each.
#[tokio::test]
#[ignore = "run by the tests beside it, as a process of its own"]
async fn writes_until_it_is_killed() {
    let Ok(url) = std::env::var(DATABASE) else { return };
    match url.strip_prefix("sqlite:") {
        Some(file) => {
            let options = SqliteConnectOptions::new().filename(file).busy_timeout(std::time::Duration::from_secs(30));
            work::<Sqlite>(options.into()).await;
        }
        None => work::<Postgres>(url.parse::<PgConnectOptions>().unwrap().into()).await,
    }
}

async fn work<DB: TestDb>(source: PoolSource<DB>) {
    let settings = AuditSettings::default().queue(QUEUE);
    let pool = ScopedPool::builder(source).max_connections(2).audit(settings).build().await.unwrap();
    let alice = UserContext::new(Uuid::now_v7()).unwrap();
    let tasks = pool.repository::<Task>(&alice);
    let tell = |word: &str| {
        let mut output = std::io::stdout().lock();
        writeln!(output, "\n{word}").unwrap();
        output.flush().unwrap();
    };
    if std::env::var_os(ONLY_READS).is_some() {
        let task = tasks.insert(new_task("0")).await.unwrap();
        loop {
            tasks.get(&task.id).await.unwrap();
            tell("read");
        }
    }
    for number in 0_u32.. {
        let task = tasks.insert(new_task("0")).await.unwrap();
        tell("create");
        for times in 1..=number % 3 {
            let changes = TaskChanges { title: Change::Set(times.to_string()), ..TaskChanges::default() };
            tasks.update(&task.id, changes).await.unwrap();
            tell("update");
        }
        tasks.get(&task.id).await.unwrap();
        tell("read");
        if number % 4 == 0 {
            tasks.delete(&task.id).await.unwrap();
            tell("delete");
        }
    }
}

/// Kills such a process after so many words, and gives these.
fn killed_after(url: &str, words: usize, only_reads: bool) -> Vec<String> {
    let mut program = Command::new(std::env::current_exe().unwrap());
    if only_reads {
        program.env(ONLY_READS, "1");
    }
    let mut child = program
        .args(["--exact", "kills::process::writes_until_it_is_killed", "--ignored", "--nocapture"])
        .env(DATABASE, url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let is_word = |line: &String| ["create", "read", "update", "delete"].contains(&line.as_str());
    let mut told = Vec::new();
    let mut lines = lines.filter(is_word);
    told.extend(lines.by_ref().take(words));
    child.kill().unwrap();
    // What it has said before it died.
    told.extend(lines);
    child.wait().unwrap();
    assert!(told.len() >= words, "it ended by itself after {} words", told.len());
    told
}

async fn what_it_was_told_is_on_record<DB: TestDb>(url: impl Fn(&DB::Home) -> String) {
    let world = World::<DB>::open().await;
    let mut told = Vec::new();
    for words in [40, 101, 223] {
        told.extend(killed_after(&url(&world.home), words, false));
    }
    assert_eq!(faults(&world.raw).await, []);
    for operation in ["create", "update", "delete"] {
        let rows = format!("SELECT count(*) FROM user_access_log WHERE operation = '{operation}'");
        let rows = DB::number(&world.raw, &rows).await;
        let told = told.iter().filter(|word| *word == operation).count() as i64;
        // One was perhaps done in each process and not told any more.
        assert!((told..=told + 3).contains(&rows), "{operation}: {rows} rows, {told} acknowledged");
    }
    is_found_where_it_is_missing(&world.raw).await;

    // Of what follows in the background as many may be lost as wait, with those that are being stored.
    const LOST: i64 = QUEUE as i64 + 1_000;
    let reads = "SELECT count(*) FROM user_access_log WHERE operation = 'read'";
    let before = DB::number(&world.raw, reads).await;
    let told = killed_after(&url(&world.home), 2 * LOST as usize, true).len() as i64;
    let rows = DB::number(&world.raw, reads).await - before;
    assert!((told - LOST..=told + 1).contains(&rows), "{rows} rows, {told} acknowledged");
}

#[tokio::test]
async fn on_postgresql_what_a_killed_process_has_written_is_on_record() {
    what_it_was_told_is_on_record::<Postgres>(|home| home.app().to_url_lossy().to_string()).await;
}

#[tokio::test]
async fn on_sqlite_what_a_killed_process_has_written_is_on_record() {
    what_it_was_told_is_on_record::<Sqlite>(|home| {
        let file: std::path::PathBuf = home.options().get_filename().into();
        format!("sqlite:{}", file.display())
    })
    .await;
}
