//! Whole months are let go, on record, and the rest still verifies.

use sqlx::{Pool, Postgres, Sqlite};
use user_scope::audit::{Operation, SealKey, Window};
use user_scope::{Error, Moment};

use super::{carried_out, month, months_of_partitions, old_log, owner};
use crate::databases::TestDb;
use crate::world::{World, user};

/// Nothing goes until it is carried out, then the months before and nothing else, and that is on record.
async fn months_are_let_go<DB: TestDb>(world: &World<DB>, pool: Pool<DB>) {
    let library = user_scope::ScopedPool::new(pool);
    let admin = user();
    let system = library.system("retention of a year").requested_by(&admin).await.unwrap();
    let log = system.audit();
    let rows = "SELECT count(*) FROM user_access_log WHERE operation = 'read'";
    let key = SealKey::generate().unwrap();
    // Transactions of other tests on the same server may hold up what is sealed.
    while log.verify(&key.public(), None).await.unwrap().rows < 16 {
        log.seal(&key).await.unwrap();
    }
    let last = log.seal(&key).await.unwrap().last;

    let purge = log.purge_before(month(1).midnight(10));
    let plan = purge.plan().await.unwrap();
    assert_eq!((plan.rows, plan.until, plan.sealed), (8, month(1), true));
    assert_eq!(plan.times.clone().unwrap().0, month(3).to_string());
    assert_eq!(DB::number(&world.raw, rows).await, 16, "a plan changes nothing");
    let refused = purge.carry_out().await.unwrap_err();
    assert!(matches!(refused, Error::Seals { .. }), "{refused:?}");
    let refused = log.purge_before(month(1)).key(&SealKey::generate().unwrap()).carry_out().await.unwrap_err();
    assert!(matches!(refused, Error::Seals { .. }), "{refused:?}");
    assert_eq!(DB::number(&world.raw, rows).await, 16);

    assert_eq!(carried_out(&log.purge_before(month(1)).key(&key)).await, plan);
    assert_eq!(DB::number(&world.raw, rows).await, 8);
    let report = log.verify(&key.public(), last.as_ref()).await.unwrap();
    assert_eq!((report.findings, report.purged), (vec![], 8));
    let recorded = log.rows().operation(Operation::Purge).all().await.unwrap();
    assert_eq!((recorded.len(), recorded[0].entity_type.as_str()), (1, "user_access_log"));
    assert_eq!(recorded[0].user_id, admin.user().to_string());
    assert!(recorded[0].details.as_deref().unwrap().contains("recorded before"), "{recorded:?}");
    // What is of this month stays, whatever is asked.
    let all = carried_out(&log.purge_before(Moment::now().midnight(400)).key(&key)).await;
    assert_eq!((all.rows, all.until), (4, month(0)));
    assert_eq!(DB::number(&world.raw, rows).await, 4);
    assert_eq!(carried_out(&log.purge_before(Moment::now()).key(&key)).await.rows, 0);
    assert_eq!(log.verify(&key.public(), last.as_ref()).await.unwrap().findings, []);
    library.close().await;
}

#[tokio::test]
async fn on_postgresql_whole_months_are_let_go_and_the_rest_still_verifies() {
    let world = old_log::<Postgres>(months_of_partitions).await;
    let owner = owner(&world).await;
    months_are_let_go(&world, owner.clone()).await;
    let left =
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'user_access_log'::regclass ORDER BY 1";
    assert_eq!(Postgres::texts(&world.raw, left).await.unwrap()[0], "month_0");
}

#[tokio::test]
async fn on_sqlite_whole_months_are_let_go_and_the_rest_still_verifies() {
    let world = old_log::<Sqlite>(async |_| {}).await;
    months_are_let_go(&world, world.raw.clone()).await;
}

/// However far it had come.
#[tokio::test]
async fn a_purge_that_was_interrupted_is_carried_out_to_its_end() {
    let world = old_log::<Postgres>(months_of_partitions).await;
    let owner = owner(&world).await;
    let library = user_scope::ScopedPool::new(owner.clone());
    let system = library.system("retention of a year").requested_by(&user()).await.unwrap();
    let detached = format!(
        "COMMENT ON TABLE month_3 IS 'user-scope: purged from the log before {}'; ALTER TABLE user_access_log DETACH PARTITION month_3",
        month(2).day()
    );
    Postgres::run(&owner, &detached).await.unwrap();
    // One that is given up while it waits for a reader is left pending.
    let mut reader = owner.begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM user_access_log").execute(&mut *reader).await.unwrap();
    let detaching = Postgres::run(&owner, "ALTER TABLE user_access_log DETACH PARTITION month_2 CONCURRENTLY");
    let given_up = async {
        let pending = "SELECT count(*) FROM pg_inherits WHERE inhdetachpending";
        while Postgres::number(&world.raw, pending).await == 0 {}
        let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
                      WHERE query LIKE 'ALTER TABLE user_access_log DETACH%' AND datname = current_database()";
        Postgres::run(&world.raw, cancel).await.unwrap();
    };
    let (detached, ()) = tokio::join!(detaching, given_up);
    assert!(detached.is_err());
    reader.rollback().await.unwrap();
    // Neither goes by a purge of what is older; that of the one that is detaching comes to its end.
    let older = system.audit().purge_before(month(3)).carry_out().await.unwrap();
    assert_eq!((older.rows, older.partitions.len()), (0, 0), "{older:?}");
    let log = system.audit();
    let purged = carried_out(&log.purge_before(month(1))).await;
    assert_eq!(purged.partitions, ["month_2", "month_3"], "{purged:?}");
    let left = "SELECT relname::text FROM pg_class WHERE relname LIKE 'month%' AND relkind = 'r' ORDER BY 1";
    assert_eq!(Postgres::texts(&world.raw, left).await.unwrap(), ["month_0", "month_1"]);
    library.close().await;
}

/// How much was done on days that are gone can still be asked.
async fn days_that_are_gone_are_in_the_roll_up<DB: TestDb>(world: &World<DB>, pool: Pool<DB>) {
    let library = user_scope::ScopedPool::new(pool);
    let system = library.system("retention of a year").requested_by(&user()).await.unwrap();
    let log = system.audit();
    assert_eq!(carried_out(&log.purge_before(month(1))).await.rows, 8);
    let old = Window::between(month(3), month(1));
    let days = log.activity(old).by_day().await.unwrap();
    assert_eq!(days.iter().map(|day| day.accesses).sum::<u64>(), 8, "{days:?}");
    let left = "SELECT count(*) FROM user_access_log WHERE operation = 'read'";
    assert_eq!(DB::number(&world.raw, left).await, 8);
    library.close().await;
}

#[tokio::test]
async fn on_postgresql_days_that_are_gone_are_in_the_roll_up() {
    let world = old_log::<Postgres>(months_of_partitions).await;
    let owner = owner(&world).await;
    days_that_are_gone_are_in_the_roll_up(&world, owner).await;
}

#[tokio::test]
async fn on_sqlite_days_that_are_gone_are_in_the_roll_up() {
    let world = old_log::<Sqlite>(async |_| {}).await;
    days_that_are_gone_are_in_the_roll_up(&world, world.raw.clone()).await;
}
