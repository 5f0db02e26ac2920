//! Killed at any point and run again, it comes to where it would have come undisturbed.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use sqlx::{Connection as _, PgConnection, Sqlite};

use super::{Cluster, File, Site};
use crate::databases::TestDb;

const KILLS: usize = 50;

/// How long it takes undisturbed, so that kills fall everywhere.
fn undisturbed(site: &Site) -> Duration {
    // The first command builds the program.
    site.does(&["plan"]);
    let since = Instant::now();
    site.does(&["apply", "--yes"]);
    since.elapsed()
}

/// Begins, is killed after a while, and begins again, until it has been killed so often that it is let be. True if it was.
fn killed(site: &Site, after: Duration) -> bool {
    let mut child: Child =
        site.prepared(&["apply", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    let was_running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    was_running
}

const ROWS: &str = "
CREATE TABLE customer (id bigint PRIMARY KEY, name text);
INSERT INTO customer SELECT n, 'c' FROM generate_series(1, 2000) n;
CREATE TABLE invoice (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE, note text);
INSERT INTO invoice SELECT n, n % 2000 + 1, repeat('x', 100) FROM generate_series(1, 20000) n;
";

const CONFIGURATION: &str = r#"
[[table]]
name = "customer"
backfill = { expression = "md5(id::text)::uuid" }
[[table]]
name = "invoice"
backfill = { parent = "customer", through = "customer_id" }
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_it_goes_on_after_50_kills() {
    let calm = Cluster::with("calm", ROWS, CONFIGURATION).await;
    let took = undisturbed(&calm.site);
    let wanted = calm.home.dump();
    let mut random = SmallRng::seed_from_u64(5);
    let (mut kills, mut runs) = (0, 0);
    while kills < KILLS {
        runs += 1;
        let hint = format!("killed_{runs}");
        let site = Cluster::with(&hint, ROWS, CONFIGURATION).await;
        // The same database is killed again and again, until a run comes to its end.
        while kills < KILLS && killed(&site.site, took.mul_f64(random.random_range(0.0..1.1))) {
            kills += 1;
        }
        finished(&site).await;
        let named = |dump: String, hint: &str| dump.replace(&format!("_{hint}_"), "_").replace(&format!("_{hint}"), "");
        let (found, wanted) = (named(site.home.dump(), &hint), named(wanted.clone(), "calm"));
        let (found, wanted) = (without_ledger(&found), without_ledger(&wanted));
        let differs = found.iter().zip(&wanted).find(|(found, wanted)| found != wanted);
        assert!(found == wanted, "{differs:?}, and {} lines beside {}", found.len(), wanted.len());
    }
    println!("{kills} kills of {runs} databases; undisturbed it takes {took:?}");
}

/// The server may still be busy with what the killed one has asked for: it holds the claim until it is not.
async fn finished(site: &Cluster) {
    let mut waiting = PgConnection::connect_with(&site.home.superuser()).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(7310582925)").execute(&mut waiting).await.unwrap();
    waiting.close().await.unwrap();
    site.site.does(&["apply", "--yes"]);
}

/// When each step was done differs, and how often an index was begun.
fn without_ledger(dump: &str) -> Vec<&str> {
    let is_entry = |line: &str| line.split('\t').count() == 5;
    dump.lines().filter(|line| !is_entry(line) && !line.contains("pg_catalog.setval")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_it_goes_on_after_50_kills() {
    let rows = "
        CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT);
        INSERT INTO customer WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 2000) SELECT v, 'c' FROM n;
        CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer (id), note TEXT);
        INSERT INTO invoice SELECT c.id * 10 + d.id, c.id, 'x' FROM customer c JOIN customer d ON d.id < 11;
    ";
    let configuration = r#"
[[table]]
name = "customer"
backfill = { expression = "unhex(printf('%032x', id))" }
[[table]]
name = "invoice"
backfill = { parent = "customer", through = "customer_id" }
"#;
    let calm = File::with("calm", rows, configuration).await;
    let took = undisturbed(&calm.site);
    let wanted = undated(&calm).await;
    let mut random = SmallRng::seed_from_u64(5);
    let (mut kills, mut runs) = (0, 0);
    while kills < KILLS {
        runs += 1;
        let site = File::with(&format!("killed_{runs}"), rows, configuration).await;
        while kills < KILLS && killed(&site.site, took.mul_f64(random.random_range(0.0..1.1))) {
            kills += 1;
        }
        site.site.does(&["apply", "--yes"]);
        assert_eq!(undated(&site).await, wanted);
    }
    println!("{kills} kills of {runs} databases; undisturbed it takes {took:?}");
}

/// When each step was done differs.
async fn undated(file: &File) -> String {
    Sqlite::run(&file.pool, "UPDATE user_scope_isolation SET done_at = '', step = -step").await.unwrap();
    let dump = file.dump().await;
    Sqlite::run(&file.pool, "UPDATE user_scope_isolation SET step = -step").await.unwrap();
    dump
}
