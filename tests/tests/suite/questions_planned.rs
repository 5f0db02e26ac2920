//! That what is asked of a large log is answered from indexes and roll-ups, and not by a scan of it.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, Executor, Postgres, Row, Sqlite};
use user_scope::UserContext;
use user_scope::audit::{AuditSettings, Window};

use super::captured::{captured, statements};
use super::databases::TestDb;
use super::world::{World, user};

/// As many rows as make a planner think; of a thousand a few are denials and receipts.
const ROWS: u32 = 30_000;

/// A world whose log is rolled up, and what its questions send.
async fn asked<DB: TestDb>(fill: &str) -> (World<DB>, Vec<String>) {
    let (world, alice) = (World::<DB>::with(AuditSettings::default(), 2).await, user());
    DB::run(&world.raw, &fill.replace("{alice}", &alice.user().to_string()).replace("{rows}", &ROWS.to_string()))
        .await
        .unwrap();
    DB::run(&world.raw, "ANALYZE").await.unwrap();
    let system = world.system().await;
    system.audit().roll_up().await.unwrap();
    // Transactions of other tests may keep some of it from being rolled up yet, and it would be counted in the log.
    while DB::number(&world.raw, "SELECT coalesce(CAST(sum(accesses) AS bigint), 0) FROM user_access_daily").await
        < i64::from(ROWS)
    {
        system.audit().roll_up().await.unwrap();
    }
    DB::run(&world.raw, "ANALYZE").await.unwrap();
    let ((), records) = captured(questions(&system, &alice)).await;
    (world, statements(&records))
}

async fn questions<DB: TestDb>(system: &user_scope::SystemContext<DB>, alice: &UserContext) {
    let month = Window::last(Duration::from_secs(30 * 86_400));
    let log = system.audit();
    assert!(log.patterns(month).all().await.unwrap().len() > 30);
    log.patterns(month).of_user(alice.user()).of_entity_type("tasks").all().await.unwrap();
    assert!(log.activity(month).by_day().await.unwrap().len() >= 30);
    log.activity(month).of_user(alice.user()).by_user().await.unwrap();
    let found = log.suspicious(month).all().await.unwrap();
    assert!(found.len() >= 3 && found.iter().all(|found| !found.samples.is_empty()), "{found:?}");
    log.rows().of_user(alice.user()).all().await.unwrap();
    log.rows().of_entity("tasks", "7").all().await.unwrap();
    log.rows().limit(10).all().await.unwrap();
    let mut follower = log.follow();
    follower.next().await.unwrap();
    follower.next().await.unwrap();
}

/// Those that read, other than of settings.
fn reads_of_the_log(statements: Vec<String>) -> Vec<String> {
    let mut reads: Vec<_> = statements
        .into_iter()
        .filter(|text| text.contains("user_access_") && !text.contains("INSERT INTO \"user_access_log\""))
        .collect();
    reads.sort();
    reads.dedup();
    reads
}

#[tokio::test]
async fn on_postgresql_no_question_scans_the_log() {
    let fill = "INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, timestamp, details) \
                SELECT CASE WHEN n % 7 = 0 THEN '{alice}' ELSE gen_random_uuid() END, 'tasks', (n % 5000)::text, \
                CASE WHEN n % 300 = 0 THEN 'unauthorized_access' WHEN n % 1000 = 1 THEN 'system_access' ELSE 'read' END, \
                now() - n * interval '60 days' / {rows}, NULL FROM generate_series(0, {rows} - 1) AS n";
    let (world, sent) = asked::<Postgres>(fill).await;
    let mut connection = world.raw.acquire().await.unwrap();
    connection.execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
    let reads = reads_of_the_log(sent);
    assert!(reads.len() > 12, "{reads:#?}");
    for text in reads.iter().filter(|text| !text.starts_with("UPDATE")) {
        let most = (1..40).rev().find(|number| text.contains(&format!("${number}"))).unwrap_or(0);
        connection.execute(AssertSqlSafe(format!("PREPARE asked AS {text}"))).await.unwrap();
        let nothing = vec!["NULL"; most].join(", ");
        let run =
            if most == 0 { "EXPLAIN EXECUTE asked".to_owned() } else { format!("EXPLAIN EXECUTE asked({nothing})") };
        let plan = sqlx::raw_sql(AssertSqlSafe(run)).fetch_all(&mut *connection).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|line| line.get(0)).collect();
        assert!(!plan.iter().any(|line| line.contains("Seq Scan on user_access_log")), "{text}\n{}", plan.join("\n"));
        connection.execute("DEALLOCATE asked").await.unwrap();
    }
    connection.detach().close().await.unwrap();
}

#[tokio::test]
async fn on_sqlite_no_question_scans_the_log() {
    let fill = "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < {rows} - 1) \
                INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, timestamp, details) \
                SELECT CASE WHEN n % 7 = 0 THEN '{alice}' ELSE hex(randomblob(16)) END, 'tasks', CAST(n % 5000 AS TEXT), \
                CASE WHEN n % 300 = 0 THEN 'unauthorized_access' WHEN n % 1000 = 1 THEN 'system_access' ELSE 'read' END, \
                strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now', '-' || (n * 86400.0 * 60 / {rows}) || ' seconds'), NULL FROM n";
    let (world, sent) = asked::<Sqlite>(fill).await;
    let reads = reads_of_the_log(sent);
    assert!(reads.len() > 12, "{reads:#?}");
    for text in reads {
        let plan =
            sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"))).fetch_all(&world.raw).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|line| line.get("detail")).collect();
        // In the order of the ids is how the last rows are read, which end at their number.
        let is_whole = |line: &&String| line.starts_with("SCAN user_access_log") && !line.contains("USING");
        let ends_early = text.contains("ORDER BY id DESC LIMIT") && !text.contains("WHERE true AND");
        assert!(ends_early || plan.iter().find(is_whole).is_none(), "{text}\n{}", plan.join("\n"));
    }
}
