//! What becomes of accesses when their log is locked, or gone; and what a user's own SQL shows him of it.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use sqlx::{Connection as _, Executor as _, Pool, Postgres};
use user_scope::audit::AuditSettings;

use super::databases::{TestDb, isolated};
use super::entities::Task;
use super::world::{World, new_task, user};

on_each_database!(a_log_that_is_gone_loses_reads_by_the_count_and_no_write_is_made,);

/// Reads are answered, and wait to be recorded; a write waits with its row.
async fn a_log_that_is_locked_holds_up_writes_and_loses_nothing() {
    let (world, alice) = (World::<Postgres>::with(AuditSettings::default(), 4).await, user());
    let task = world.task(&alice, "x").await;
    let mut locker = world.raw.acquire().await.unwrap();
    let mut lock = locker.begin().await.unwrap();
    lock.execute("LOCK TABLE user_access_log IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let tasks = world.pool.repository::<Task>(&alice);
    for _ in 0..50 {
        tasks.get(&task.id).await.unwrap();
    }
    let mut write = pin!(tasks.insert(new_task("waits")));
    let waits = "SELECT count(*) FROM pg_locks WHERE relation = 'user_access_log'::regclass AND NOT granted \
                 AND mode = 'RowExclusiveLock'";
    loop {
        // As far as it comes by itself.
        let polled = std::future::poll_fn(|context| Poll::Ready(write.as_mut().poll(context))).await;
        assert!(polled.is_pending(), "it is not done without its row");
        // The writer of the background waits as well.
        if Postgres::number(&world.raw, waits).await > 1 {
            break;
        }
    }
    lock.rollback().await.unwrap();
    write.await.unwrap();
    let lines = world.operations().await;
    assert_eq!(lines.iter().filter(|line| *line == "read tasks").count(), 50);
    assert_eq!(lines.iter().filter(|line| *line == "create tasks").count(), 2);
    let stats = world.pool.audit_stats();
    assert_eq!((stats.recorded, stats.failed, stats.dropped), (50, 0, 0));
}

#[tokio::test]
async fn on_postgresql_a_locked_log_holds_up_writes_and_loses_nothing() {
    a_log_that_is_locked_holds_up_writes_and_loses_nothing().await;
}

#[tokio::test]
async fn under_row_level_security_a_locked_log_holds_up_writes_and_loses_nothing() {
    isolated(a_log_that_is_locked_holds_up_writes_and_loses_nothing()).await;
}

async fn a_log_that_is_gone_loses_reads_by_the_count_and_no_write_is_made<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let task = world.task(&alice, "x").await;
    DB::run(&world.raw, "DROP TABLE user_access_log").await.unwrap();
    let tasks = world.pool.repository::<Task>(&alice);
    for _ in 0..5 {
        tasks.get(&task.id).await.unwrap();
    }
    assert!(matches!(tasks.insert(new_task("y")).await, Err(user_scope::Error::Audit { .. })));
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM tasks").await, 1);
    world.pool.close().await;
    let stats = world.pool.audit_stats();
    assert_eq!((stats.recorded, stats.failed, stats.queued), (0, 5, 0), "{stats:?}");
}

#[tokio::test]
async fn a_users_own_sql_shows_him_his_rows_and_neither_denials_nor_receipts() {
    isolated(async {
        let (world, alice, bob) = (World::<Postgres>::open().await, user(), user());
        let hers = world.task(&alice, "hers").await;
        world.task(&bob, "his").await;
        assert!(world.pool.repository::<Task>(&bob).find(&hers.id).await.unwrap().is_none());
        world.pool.system("he administers").requested_by(&bob).await.unwrap();
        world.pool.flush_audit().await;
        let app = Pool::<Postgres>::connect_with(world.home.app()).await.unwrap();
        let mut transaction = app.begin().await.unwrap();
        let caller = format!("SET LOCAL user_scope.user_id = '{}'", bob.user());
        transaction.execute(sqlx::AssertSqlSafe(caller)).await.unwrap();
        let seen = "SELECT user_id::text || ' ' || operation FROM user_access_log";
        let seen: Vec<String> = sqlx::query_scalar(seen).fetch_all(&mut *transaction).await.unwrap();
        assert_eq!(seen, [format!("{} create", bob.user())]);
        for beside in ["user_access_daily", "user_access_by_user", "user_access_rolled_up", "user_access_seals"] {
            let mut inner = transaction.begin().await.unwrap();
            let refused = inner.execute(sqlx::AssertSqlSafe(format!("SELECT FROM {beside}"))).await.unwrap_err();
            assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some("42501"), "{beside}");
            inner.rollback().await.unwrap();
        }
        transaction.rollback().await.unwrap();
        app.close().await;
    })
    .await;
}
