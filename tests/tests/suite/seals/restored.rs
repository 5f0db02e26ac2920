//! A log that was restored from a backup into another cluster, where transactions are counted anew: PostgreSQL alone.

use std::time::Duration;

use sqlx::{Pool, Postgres};
use user_scope::audit::{SealFinding, Window};
use user_scope::{ScopedPool, SystemContext};
use user_scope_tests::postgres::{Cluster, restore};

use super::{SealedLog, seal_all};
use crate::databases::TestDb as _;
use crate::entities::Task;
use crate::world::{new_task, user};

/// How far the other cluster has counted, beside the one from which the backup is.
enum Counted {
    Little,
    Between,
    Far,
}

#[tokio::test]
async fn a_log_restored_into_a_new_cluster_is_not_accused() {
    restored_and_gone_on(Counted::Little).await;
}

#[tokio::test]
async fn a_log_restored_into_a_cluster_that_has_counted_almost_as_far_is_not_accused() {
    restored_and_gone_on(Counted::Between).await;
}

#[tokio::test]
async fn a_log_restored_into_a_busy_cluster_is_not_accused() {
    restored_and_gone_on(Counted::Far).await;
}

async fn restored_and_gone_on(counted: Counted) {
    let (log, alice) = (SealedLog::<Postgres>::open().await, user());
    // That leaves an id which nothing has.
    let gone = "DELETE FROM user_access_log WHERE id = 10";
    let (raw, next) = (&log.world.raw, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint");
    for pass in 0..3 {
        log.write(&alice, 5).await;
        if pass == 1 {
            Postgres::run(raw, gone).await.unwrap();
        }
        log.seal_all().await;
    }
    let sealed = Postgres::number(raw, next).await;
    let sealed_rows = Postgres::number(raw, "SELECT max(last_id) FROM user_access_seals").await;
    burn(raw, 300).await;
    let hole = async |pool: &Pool<Postgres>, xid: &str| {
        let forge = format!(
            "INSERT INTO user_access_log (id, user_id, entity_type, operation, timestamp, xid) OVERRIDING SYSTEM VALUE \
             SELECT 10, user_id, entity_type, operation, clock_timestamp(), {xid} FROM user_access_log WHERE id = 3"
        );
        Postgres::run(pool, &forge).await.unwrap();
    };
    // Rows that are not sealed yet.
    log.write(&alice, 5).await;
    let last = log.verify_clean().await.last;

    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap().unwrap();
    let there = Pool::connect_with(cluster.superuser()).await.unwrap();
    let here = Postgres::number(&there, next).await;
    match counted {
        Counted::Little => assert!(here < sealed, "{here} is no less than {sealed}"),
        Counted::Between => burn(&there, sealed + 100 - here).await,
        Counted::Far => burn(&there, Postgres::number(raw, next).await + 1_000 - here).await,
    }
    restore(&log.world.home.superuser(), &cluster.superuser());
    let move_times = async |by: &str| {
        let moved = format!(
            "UPDATE user_access_log SET timestamp = timestamp {by} WHERE id BETWEEN {} AND {}",
            sealed_rows + 1,
            sealed_rows + 5
        );
        Postgres::run(&there, &moved).await.unwrap();
    };

    let pool = ScopedPool::new(there.clone());
    let system: SystemContext<Postgres> = pool.system("after a disaster").requested_by(&alice).await.unwrap();
    let audit = system.audit();
    let verify = async || {
        let report = audit.verify(&log.public(), last.as_ref()).await.unwrap();
        assert_eq!(report.findings, [], "{report:?}");
        report
    };
    verify().await;
    // Rows of the backup that are not sealed yet were written behind its last seal, and cannot say otherwise.
    move_times("- interval '5 minutes'").await;
    let findings = audit.verify(&log.public(), None).await.unwrap().findings;
    assert!(matches!(&findings[..], [SealFinding::RowsBackdated { ids }] if ids.count() == 5), "{findings:?}");
    move_times("+ interval '5 minutes'").await;
    let accused = async || {
        let findings = audit.verify(&log.public(), None).await.unwrap().findings;
        let names =
            |finding: &SealFinding| matches!(finding, SealFinding::RowsInserted { ids } if ids.ranges().eq([(10, 10)]));
        assert!(findings.len() == 1 && findings.iter().all(names), "{findings:?}");
        Postgres::run(&there, gone).await.unwrap();
    };
    // Before anything is sealed here.
    hole(&there, "xid").await;
    accused().await;
    // While a transaction is open its rows cannot be told from those of the backup, where the numbers of both are mixed.
    let tx = pool.begin(&alice).await.unwrap();
    tx.repository::<Task>().insert(new_task("meanwhile")).await.unwrap();
    pool.repository::<Task>(&alice).insert(new_task("and at once")).await.unwrap();
    audit.seal(&log.key).await.unwrap();
    verify().await;
    tx.commit().await.unwrap();
    verify().await;
    seal_all(&system, &log.key).await;
    for _ in 0..3 {
        let tx = pool.begin(&alice).await.unwrap();
        tx.repository::<Task>().insert(new_task("open")).await.unwrap();
        pool.repository::<Task>(&alice).insert(new_task("after it")).await.unwrap();
        audit.seal(&log.key).await.unwrap();
        verify().await;
        tx.commit().await.unwrap();
        verify().await;
    }
    let report = seal_all(&system, &log.key).await;
    let rows = Postgres::number(&there, "SELECT count(*) FROM user_access_log").await;
    assert_eq!((report.rows, report.unsealed), (u64::try_from(rows).unwrap(), 0));

    // What comes now, and among what was restored. Where the numbers go on it may come from a transaction that was open there.
    if !matches!(counted, Counted::Far) {
        hole(&there, "pg_current_xact_id()").await;
        accused().await;
    }
    // What is forged with numbers of the old cluster is old.
    let forge = "INSERT INTO user_access_log (id, user_id, entity_type, operation, timestamp, xid) OVERRIDING SYSTEM VALUE \
                 SELECT 1000 + id, user_id, entity_type, operation, timestamp, xid FROM user_access_log WHERE id = 3";
    Postgres::run(&there, forge).await.unwrap();
    let report = audit.verify(&log.public(), None).await.unwrap();
    let finds = |finding: &SealFinding| matches!(finding, SealFinding::RowsInserted { ids } | SealFinding::RowsBackdated { ids } if ids.ranges().eq([(1003, 1003)]));
    assert!(report.findings.iter().any(finds), "{report:?}");
    Postgres::run(&there, "DELETE FROM user_access_log WHERE id IN (2, 1003)").await.unwrap();
    let report = audit.verify(&log.public(), None).await.unwrap();
    let finds =
        |finding: &SealFinding| matches!(finding, SealFinding::RowsRemoved { ids, .. } if ids.ranges().eq([(2, 2)]));
    assert!(report.findings.iter().all(finds) && !report.findings.is_empty(), "{report:?}");
    pool.close().await;
}

/// Each counts less than the one before.
#[tokio::test]
async fn a_log_that_is_restored_twice_is_sealed_and_counted_once() {
    let (log, alice) = (SealedLog::<Postgres>::open().await, user());
    burn(&log.world.raw, 2_000).await;
    log.write(&alice, 5).await;
    log.seal_all().await;
    let clusters = [1_000, 0].map(|burnt| async move {
        let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap().unwrap();
        let raw = Pool::<Postgres>::connect_with(cluster.superuser()).await.unwrap();
        burn(&raw, burnt).await;
        (cluster, raw)
    });
    let mut before = log.world.home.superuser();
    let mut kept = Vec::new();
    for cluster in clusters {
        let (cluster, raw) = cluster.await;
        restore(&before, &cluster.superuser());
        let pool = ScopedPool::new(raw.clone());
        let system: SystemContext<Postgres> = pool.system("after a disaster").requested_by(&alice).await.unwrap();
        seal_all(&system, &log.key).await;
        let insert = format!(
            "INSERT INTO user_access_log (user_id, entity_type, entity_id, operation) VALUES ('{}', 'tasks', '7', 'update')",
            alice.user()
        );
        Postgres::run(&raw, &insert).await.unwrap();
        let report = seal_all(&system, &log.key).await;
        assert_eq!(report.clusters, kept.len() as u64 + 2, "{report:?}");
        let reads: u64 = system
            .audit()
            .patterns(Window::last(Duration::from_secs(86_400)))
            .all()
            .await
            .unwrap()
            .iter()
            .filter(|pattern| pattern.operation == "read")
            .map(|pattern| pattern.accesses)
            .sum();
        assert_eq!(reads, 5);
        pool.close().await;
        before = cluster.superuser();
        kept.push(cluster);
    }
}

/// Where numbers of transactions say little, times say the rest.
#[tokio::test]
async fn a_row_put_among_those_of_a_backup_is_found_whatever_its_transaction_says() {
    let (log, alice) = (SealedLog::<Postgres>::open().await, user());
    log.write(&alice, 8).await;
    Postgres::run(&log.world.raw, "DELETE FROM user_access_log WHERE id = 5").await.unwrap();
    log.seal_all().await;
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap().unwrap();
    restore(&log.world.home.superuser(), &cluster.superuser());
    let raw = Pool::<Postgres>::connect_with(cluster.superuser()).await.unwrap();
    let forge = "INSERT INTO user_access_log (id, user_id, entity_type, operation, timestamp, xid) OVERRIDING SYSTEM VALUE \
                 SELECT 5, user_id, entity_type, operation, timestamp - interval '20 days', \
                 ((SELECT max(horizon) FROM user_access_seals) + 500)::text::xid8 FROM user_access_log WHERE id = 3";
    Postgres::run(&raw, forge).await.unwrap();
    let pool = ScopedPool::new(raw.clone());
    let system: SystemContext<Postgres> = pool.system("after a disaster").requested_by(&alice).await.unwrap();
    for _ in 0..2 {
        let findings = system.audit().verify(&log.public(), None).await.unwrap().findings;
        let names =
            |finding: &SealFinding| matches!(finding, SealFinding::RowsBackdated { ids } if ids.ranges().eq([(5, 5)]));
        assert!(findings.len() == 1 && findings.iter().all(names), "{findings:?}");
        // Nor is it forgotten when it is sealed.
        while system.audit().seal(&log.key).await.unwrap().rows == 0 {
            let insert = "INSERT INTO user_access_log (user_id, entity_type, operation) SELECT user_id, 'tasks', 'read' FROM user_access_log LIMIT 1";
            Postgres::run(&raw, insert).await.unwrap();
        }
    }
    pool.close().await;
}

/// Begins, and ends, so many transactions.
async fn burn(pool: &Pool<Postgres>, transactions: i64) {
    let burn =
        format!("DO $$ BEGIN FOR i IN 1..{transactions} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$");
    Postgres::run(pool, &burn).await.unwrap();
}
