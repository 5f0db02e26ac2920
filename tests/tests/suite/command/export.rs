//! `user-scope audit export`, and what becomes of an answer that cannot be written.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use user_scope::Moment;
use user_scope_tests::command::{Ended, command, ended};

use super::{ADMIN, asked, asking, probed};
use crate::databases::TestDb;
use crate::world::World;

on_each_log!(
    a_copy_whose_reader_goes_away_is_on_record_with_the_rows_that_were_read,
    a_copy_that_is_interrupted_is_on_record_with_the_rows_that_came_out,
    a_time_without_a_day_is_refused,
);

/// From yesterday until tomorrow.
fn days() -> [String; 2] {
    [-1, 1].map(|days| Moment::now().midnight(days).day())
}

/// More than a pipe holds, and more than are read at once.
async fn many<DB: TestDb>(world: &World<DB>, rows: u32) {
    let planted = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) \
         INSERT INTO user_access_log (user_id, entity_type, entity_id, operation) SELECT '{ADMIN}', 'tasks', 'x', 'read' FROM n"
    );
    DB::run(&world.raw, &planted).await.unwrap();
}

/// A copy in the making, whose first row has been read.
fn begun(url: &str) -> (Child, impl Iterator<Item = String> + use<>) {
    let role = user_scope_tests::postgres::server().system_role();
    let [from, until] = days();
    let export = ["audit", "export", "--from", &from, "--until", &until];
    let mut copied = command(&[&export, &asking(url, &role)[..]].concat());
    let mut child = copied.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with('{'));
    (child, lines)
}

async fn last_given<DB: TestDb>(world: &World<DB>) -> String {
    world.log().await.into_iter().rfind(|line| line.operation == "list").unwrap().details
}

async fn a_copy_whose_reader_goes_away_is_on_record_with_the_rows_that_were_read<DB: TestDb>(
    url: impl Fn(&DB::Home) -> String,
) {
    let (world, url, _) = probed::<DB>(url).await;
    many(&world, 5_000).await;
    let (child, lines) = begun(&url);
    drop(lines);
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8(ended.stderr).unwrap().as_str()), (Some(0), ""));
    let given = last_given(&world).await;
    assert!(given.contains("\"rows\":2000"), "{given}");
}

async fn a_copy_that_is_interrupted_is_on_record_with_the_rows_that_came_out<DB: TestDb>(
    url: impl Fn(&DB::Home) -> String,
) {
    let (world, url, _) = probed::<DB>(url).await;
    many(&world, 40_000).await;
    let (child, lines) = begun(&url);
    let interrupt = std::process::Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(interrupt.unwrap().success());
    let came = 1 + lines.count();
    let ended = child.wait_with_output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.code() == Some(2) && told.contains(&format!("interrupted; {came} rows were given")), "{told}");
    let given = last_given(&world).await;
    assert!(given.contains(&format!("\"rows\":{came}")), "{came}: {given}");
}

async fn a_time_without_a_day_is_refused<DB: TestDb>(url: impl Fn(&DB::Home) -> String) {
    let (world, url, _) = probed::<DB>(url).await;
    for [from, until] in [["2026-02-01", "2026-02-01"], ["2026-02-02", "2026-02-01"]] {
        let refused = asked(&url, &["export", "--from", from, "--until", until]);
        assert!(
            refused.code == Some(2) && refused.errors.contains("--until is the day behind the last"),
            "{refused:?}"
        );
    }
    assert!(!world.operations().await.iter().any(|line| line.contains("system_access")), "nothing was asked");
}

/// A disk that is full takes nothing, and whoever keeps the copy has to know.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_answer_that_cannot_be_written_is_a_failure_and_no_number_of_rows() {
    let (_world, url, _) = probed::<sqlx::Sqlite>(|home| super::sqlite_url(&home.options())).await;
    let folder = user_scope_tests::directory::Directory::create("full");
    let key = folder.path().join("seal.key").display().to_string();
    let full = |arguments: &[&str]| -> Ended {
        let disk = File::options().write(true).open("/dev/full").unwrap();
        ended(command(arguments).stdout(Stdio::from(disk)))
    };
    let [from, until] = days();
    let public = user_scope::audit::SealKey::generate().unwrap().public().to_string();
    let made = full(&["audit", "key", &key]);
    let questions = [
        &["export", "--from", &from, "--until", &until][..],
        &["export", "--csv", "--from", &from, "--until", &until],
        &["tail"],
        &["tail", "--json"],
        &["tail", "--follow"],
        &["patterns"],
        &["suspicious"],
        &["seal", "--key", &key],
        &["verify", "--public-key", &public],
        &["purge", "--before", &from],
    ];
    let asked = questions.map(|question| full(&[&["audit"], question, &asking(&url, "user_scope_system")].concat()));
    let partitions = full(&["audit", "partition", "--database-url", &url]);
    for ended in asked.into_iter().chain([made, partitions, full(&["--help"])]) {
        assert!(ended.code == Some(2) && ended.errors.contains("could not be written: "), "{ended:?}");
        assert!(!ended.errors.contains(" rows"), "{ended:?}");
    }
}

/// Where the shell has closed the output, or has opened it to be read.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_output_that_takes_nothing_is_a_failure() {
    let (_world, url, _) = probed::<sqlx::Sqlite>(|home| super::sqlite_url(&home.options())).await;
    let [from, until] = days();
    let within = |redirected: &str, arguments: &[&str]| {
        let program = user_scope_tests::command::path();
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &format!("exec \"$0\" \"$@\" {redirected}")]).arg(program).arg("audit").args(arguments);
        ended(shell.args(asking(&url, "user_scope_system")).env_remove("DATABASE_URL").stdin(Stdio::null()))
    };
    let closed = within(">&-", &["export", "--from", &from, "--until", &until]);
    assert!(closed.code == Some(2) && closed.errors.contains("is closed"), "{closed:?}");
    let read = within("1</dev/null", &["tail"]);
    assert!(read.code == Some(2) && read.errors.contains("could not be written"), "{read:?}");
    let nowhere = within(">/dev/null", &["export", "--from", &from, "--until", &until]);
    assert_eq!(nowhere.code, Some(0), "whoever says so may have it: {nowhere:?}");
}
