//! The log is let go while others write, seal and verify.

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::{Pool, Postgres, Sqlite};
use user_scope::Error;
use user_scope::audit::{SealFinding, SealKey};

use super::{carried_out, month, months_of_partitions, old_log, owner};
use crate::databases::TestDb;
use crate::world::{World, user};

/// On PostgreSQL partitions are taken out, and on SQLite rows are deleted, some at once.
async fn writers_go_on_while_months_are_let_go<DB: TestDb>(world: &World<DB>, pool: Pool<DB>) {
    let alice = user();
    for first in (0..12_000).step_by(1_000) {
        let time = month(2);
        let rows: Vec<_> = (first..first + 1_000)
            .map(|number| format!("('{}', 'tasks', '{number}', 'read', '{time}')", alice.user()))
            .collect();
        let columns = "user_id, entity_type, entity_id, operation, timestamp";
        DB::run(&world.raw, &format!("INSERT INTO user_access_log ({columns}) VALUES {}", rows.join(", ")))
            .await
            .unwrap();
    }
    let library = user_scope::ScopedPool::new(pool);
    let system = library.system("retention of a year").requested_by(&user()).await.unwrap();
    let log = system.audit();
    let done = AtomicBool::new(false);
    let purge = async {
        let purged = carried_out(&log.purge_before(month(1))).await;
        done.store(true, Ordering::SeqCst);
        purged
    };
    let write = async {
        let mut written = 0;
        while !done.load(Ordering::SeqCst) {
            world.task(&alice, "meanwhile").await;
            written += 1;
        }
        written
    };
    let (purged, written) = tokio::join!(purge, write);
    assert_eq!((purged.rows, written > 0), (12_008, true));
    let left = |operation: &str| format!("SELECT count(*) FROM user_access_log WHERE operation = '{operation}'");
    assert_eq!(DB::number(&world.raw, &left("create")).await, written);
    assert_eq!(DB::number(&world.raw, &left("read")).await, 8);
    library.close().await;
}

#[tokio::test]
async fn on_postgresql_writers_go_on_while_months_are_let_go() {
    let world = old_log::<Postgres>(months_of_partitions).await;
    let owner = owner(&world).await;
    writers_go_on_while_months_are_let_go(&world, owner).await;
}

#[tokio::test]
async fn on_sqlite_writers_go_on_while_months_are_let_go() {
    let world = old_log::<Sqlite>(async |_| {}).await;
    writers_go_on_while_months_are_let_go(&world, world.raw.clone()).await;
}

/// Whoever seals, verifies and purges at once: nobody is accused, and nothing is sealed that is gone.
async fn nobody_is_accused_who_purges_while_another_seals<DB: TestDb>(world: &World<DB>, pool: Pool<DB>) {
    let library = user_scope::ScopedPool::new(pool);
    let system = library.system("retention of a year").requested_by(&user()).await.unwrap();
    let (log, key) = (system.audit(), SealKey::generate().unwrap());
    // A chain there is, and most of what is to go is not sealed yet.
    while log.seal(&key).await.unwrap().rows == 0 {}
    let time = month(2);
    for first in (0..24_000).step_by(1_000) {
        let rows: Vec<_> = (first..first + 1_000)
            .map(|number| format!("('u{}', 'tasks', '{number}', 'read', '{time}')", first % 7))
            .collect();
        let rows = rows
            .join(", ")
            .replace("'u", if DB::UUID == "UUID" { "'00000000-0000-7000-8000-00000000000" } else { "'u" });
        let columns = "user_id, entity_type, entity_id, operation, timestamp";
        DB::run(&world.raw, &format!("INSERT INTO user_access_log ({columns}) VALUES {rows}")).await.unwrap();
    }
    let done = AtomicBool::new(false);
    let purge = async {
        let purged = loop {
            // What is not final yet, since others are at work on the same server, or what somebody else has sealed meanwhile.
            match log.purge_before(month(1)).key(&key).carry_out().await {
                Err(Error::Schema { .. } | Error::Seals { .. }) => tokio::task::yield_now().await,
                purged => break purged,
            }
        };
        done.store(true, Ordering::SeqCst);
        purged.unwrap()
    };
    let seal = async {
        while !done.load(Ordering::SeqCst) {
            log.seal(&key).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let verify = async {
        while !done.load(Ordering::SeqCst) {
            let findings = log.verify(&key.public(), None).await.unwrap().findings;
            let is_false = |finding: &SealFinding| !matches!(finding, SealFinding::RowsBackdated { .. });
            assert!(!findings.iter().any(is_false), "{findings:?}");
        }
    };
    let (purged, (), ()) = tokio::join!(purge, seal, verify);
    assert_eq!(purged.rows, 24_008);
    while log.seal(&key).await.unwrap().rows > 0 {}
    let report = log.verify(&key.public(), None).await.unwrap();
    assert_eq!((report.findings, report.purged, report.to_purge), (vec![], 24_008, 0));
    library.close().await;
}

#[tokio::test]
async fn on_postgresql_nobody_is_accused_who_purges_while_another_seals() {
    let world = old_log::<Postgres>(months_of_partitions).await;
    let owner = owner(&world).await;
    nobody_is_accused_who_purges_while_another_seals(&world, owner).await;
}

#[tokio::test]
async fn on_sqlite_nobody_is_accused_who_purges_while_another_seals() {
    let world = old_log::<Sqlite>(async |_| {}).await;
    nobody_is_accused_who_purges_while_another_seals(&world, world.raw.clone()).await;
}

/// The seals are seen as they were before, and the rows as they are afterwards: on PostgreSQL what is dropped or truncated
/// is gone from the moments before, too. It is done here by hand, as nothing else comes between the two.
#[tokio::test]
async fn on_postgresql_what_goes_between_seals_and_rows_accuses_nobody() {
    let world = old_log::<Postgres>(months_of_partitions).await;
    let owner = owner(&world).await;
    let library = user_scope::ScopedPool::new(owner.clone());
    let system = library.system("retention of a year").requested_by(&user()).await.unwrap();
    let (log, key) = (system.audit(), SealKey::generate().unwrap());
    while log.seal(&key).await.unwrap().rows == 0 {}
    Postgres::run(&owner, "CREATE TABLE before AS TABLE user_access_log").await.unwrap();
    let purged = carried_out(&log.purge_before(month(1)).key(&key)).await;
    let take_back = format!(
        "CREATE TABLE gone AS SELECT * FROM user_access_seals WHERE kind = 'purge'; DELETE FROM user_access_seals WHERE kind = 'purge'; \
         CREATE TABLE again PARTITION OF user_access_log FOR VALUES FROM ('{}') TO ('{}'); \
         INSERT INTO user_access_log OVERRIDING SYSTEM VALUE SELECT * FROM before WHERE id NOT IN (SELECT id FROM user_access_log)",
        month(3),
        month(1)
    );
    Postgres::run(&owner, &take_back).await.unwrap();
    assert_eq!(log.verify(&key.public(), None).await.unwrap().findings, []);

    let mut purge = owner.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE user_access_seals IN ACCESS EXCLUSIVE MODE").execute(&mut *purge).await.unwrap();
    let between = async {
        let waits = "SELECT count(*) FROM pg_locks WHERE relation = 'user_access_seals'::regclass AND NOT granted";
        while Postgres::number(&owner, waits).await == 0 {
            tokio::task::yield_now().await;
        }
        let ends = "TRUNCATE again; INSERT INTO user_access_seals SELECT * FROM gone";
        sqlx::raw_sql(ends).execute(&mut *purge).await.unwrap();
        purge.commit().await.unwrap();
    };
    let public = key.public();
    let (report, ()) = tokio::join!(log.verify(&public, None), between);
    let report = report.unwrap();
    assert_eq!((report.findings, report.purged), (vec![], purged.rows));
    library.close().await;
}

/// Each look finds one row less than the one before: what is missing is told all the same, and soon.
#[tokio::test]
async fn on_postgresql_whoever_goes_on_to_remove_rows_keeps_nobody_verifying() {
    let world = old_log::<Postgres>(months_of_partitions).await;
    let owner = owner(&world).await;
    let library = user_scope::ScopedPool::new(owner.clone());
    let system = library.system("retention of a year").requested_by(&user()).await.unwrap();
    let (log, key) = (system.audit(), SealKey::generate().unwrap());
    while log.seal(&key).await.unwrap().rows == 0 {}
    let (public, done) = (key.public(), AtomicBool::new(false));
    let take_one = "DELETE FROM user_access_log WHERE id = (SELECT min(id) FROM user_access_log)";
    Postgres::run(&owner, take_one).await.unwrap();
    let thief = async {
        while !done.load(Ordering::SeqCst) {
            Postgres::run(&owner, take_one).await.unwrap();
        }
    };
    let verify = async {
        let report = tokio::time::timeout(std::time::Duration::from_secs(60), log.verify(&public, None)).await;
        done.store(true, Ordering::SeqCst);
        report.expect("it comes to an end").unwrap()
    };
    let (report, ()) = tokio::join!(verify, thief);
    let is_missing = |finding: &SealFinding| matches!(finding, SealFinding::RowsRemoved { .. });
    assert!(report.findings.iter().any(is_missing), "{:?}", report.findings);
    library.close().await;
}
