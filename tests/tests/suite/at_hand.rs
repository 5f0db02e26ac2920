//! Connections at hand: none is asked whether it still works when that is known, and none is kept from anybody for that.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use user_scope::audit::AuditSettings;
use user_scope::{ScopedPool, UserContext};

use super::databases::TestDb;
use super::entities::Task;
use super::world::{World, new_task, user};

on_each_database!(
    what_an_operation_leaves_is_at_hand_for_the_next,
    what_nobody_takes_up_goes_back,
    what_is_always_busy_goes_back_now_and_then,
    without_a_time_each_goes_back_at_once,
    what_has_failed_goes_back_at_once,
    who_waits_is_not_passed_over,
    a_pool_of_somebody_elses_is_given_back_to_at_once,
);

const FOR_EVER: Duration = Duration::from_secs(3_600);
/// Beyond this a test has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A pool that tells each time when a connection comes back to sqlx's, a task in it, and whose it is.
struct Told<DB: TestDb> {
    world: World<DB>,
    pool: ScopedPool<DB>,
    back: UnboundedReceiver<()>,
    alice: UserContext,
    task: Task,
}

impl<DB: TestDb> Told<DB> {
    async fn with(at_hand: Duration, connections: u32) -> Self {
        let (world, alice) = (World::<DB>::with(AuditSettings::off(), 1).await, user());
        let task = world.task(&alice, "at hand").await;
        let (tell, back) = unbounded_channel();
        let pool = super::databases::builder(DB::source(&world.home))
            .max_connections(connections)
            .at_hand_for(at_hand)
            .audit(AuditSettings::off())
            .pool_options(|options| {
                options.after_release(move |_, _| {
                    let _ = tell.send(());
                    Box::pin(std::future::ready(Ok(true)))
                })
            });
        let mut told = Self { world, pool: pool.build().await.unwrap(), back, alice, task };
        // A pool of PostgreSQL has looked whether it fits its database.
        if DB::UUID == "UUID" {
            told.is_told().await;
        }
        told
    }

    /// A write leaves nothing open, under row-level security either.
    async fn write(&self) {
        self.pool.repository::<Task>(&self.alice).insert(new_task("written")).await.unwrap();
    }

    /// Waits until one has come back.
    async fn is_told(&mut self) {
        timeout(PATIENCE, self.back.recv()).await.expect("a connection comes back").unwrap();
    }
}

async fn what_an_operation_leaves_is_at_hand_for_the_next<DB: TestDb>() {
    let mut told = Told::<DB>::with(FOR_EVER, 5).await;
    for _ in 0..20 {
        told.write().await;
    }
    let tx = told.pool.begin(&told.alice).await.unwrap();
    tx.repository::<Task>().get(&told.task.id).await.unwrap();
    tx.commit().await.unwrap();
    tokio::task::yield_now().await;
    assert!(told.back.try_recv().is_err(), "a connection went back");
    told.pool.close().await;
}

async fn what_nobody_takes_up_goes_back<DB: TestDb>() {
    let mut told = Told::<DB>::with(Duration::from_millis(20), 5).await;
    told.write().await;
    told.is_told().await;
    // And is taken from there again.
    told.write().await;
}

/// sqlx is to see how old it is.
async fn what_is_always_busy_goes_back_now_and_then<DB: TestDb>() {
    let mut told = Told::<DB>::with(Duration::from_millis(50), 1).await;
    let busy = async {
        while told.back.try_recv().is_err() {
            told.pool.repository::<Task>(&told.alice).insert(new_task("busy")).await.unwrap();
        }
    };
    timeout(PATIENCE, busy).await.expect("it goes back, however busy it is");
}

async fn without_a_time_each_goes_back_at_once<DB: TestDb>() {
    let mut told = Told::<DB>::with(Duration::ZERO, 5).await;
    for _ in 0..5 {
        told.write().await;
        told.is_told().await;
    }
}

/// What the database has refused may have left anything.
async fn what_has_failed_goes_back_at_once<DB: TestDb>() {
    let mut told = Told::<DB>::with(FOR_EVER, 5).await;
    DB::run(&told.world.raw, "ALTER TABLE tasks RENAME TO elsewhere").await.unwrap();
    told.pool.repository::<Task>(&told.alice).get(&told.task.id).await.unwrap_err();
    told.is_told().await;
}

/// Many want the only connection, and one holds it for the length of a transaction.
async fn who_waits_is_not_passed_over<DB: TestDb>() {
    let told = Told::<DB>::with(FOR_EVER, 1).await;
    let one = async |number: usize| {
        for _ in 0..10 {
            if number.is_multiple_of(4) {
                let tx = told.pool.begin(&told.alice).await.unwrap();
                tx.repository::<Task>().get(&told.task.id).await.unwrap();
                tx.commit().await.unwrap();
            } else {
                told.pool.repository::<Task>(&told.alice).get(&told.task.id).await.unwrap();
            }
        }
    };
    timeout(PATIENCE, join_all((0..16).map(one))).await.expect("everybody gets his turn");
}

/// Of one connection at that: whoever has the pool beside us finds it.
async fn a_pool_of_somebody_elses_is_given_back_to_at_once<DB: TestDb>() {
    let told = Told::<DB>::with(FOR_EVER, 1).await;
    let theirs = DB::owner(&told.world.home).await;
    let pool = ScopedPool::new(theirs.clone());
    let all = (0..theirs.options().get_max_connections()).map(|_| theirs.acquire());
    drop(join_all(all).await);
    // The owner of isolated tables sees nothing through such a pool; that is an answer as well.
    drop(pool.repository::<Task>(&told.alice).get(&told.task.id).await);
    let all = (0..theirs.options().get_max_connections()).map(|_| theirs.acquire());
    let all = timeout(PATIENCE, join_all(all)).await.expect("none is kept");
    assert!(all.iter().all(Result::is_ok));
}

/// Closing gives all of them back: the server knows of none.
#[tokio::test]
async fn a_closed_pool_leaves_no_connection_at_hand_on_postgresql() {
    let told = Told::<sqlx::Postgres>::with(FOR_EVER, 5).await;
    join_all((0..5).map(|_| told.write())).await;
    let of_the_application =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename <> current_user";
    assert!(sqlx::Postgres::number(&told.world.raw, of_the_application).await > 0);
    told.pool.close().await;
    told.world.pool.close().await;
    let gone = async {
        while sqlx::Postgres::number(&told.world.raw, of_the_application).await > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone).await.expect("all of them end");
}

/// Has the server end all connections of the application, and tells how many there were.
async fn end_all(world: &World<sqlx::Postgres>) -> i64 {
    let superuser = sqlx::PgPool::connect_with(world.home.superuser()).await.unwrap();
    let ends = format!(
        "WITH theirs AS MATERIALIZED (SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = '{}') \
         SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 60000)) FROM theirs",
        user_scope_tests::postgres::server().app_role()
    );
    let ended = sqlx::Postgres::number(&superuser, &ends).await;
    superuser.close().await;
    ended
}

/// When the server has ended them all, whoever meets the first dead one tells of the others: nobody else meets any, whether they
/// are at hand or lie in sqlx's pool.
async fn one_failure_tells_of_all<R>(
    at_hand: Duration,
    work: impl AsyncFn(&ScopedPool<sqlx::Postgres>, &UserContext) -> user_scope::Result<R>,
) {
    let told = Told::<sqlx::Postgres>::with(at_hand, 8).await;
    let all_at_once = tokio::sync::Barrier::new(8);
    let hold = async || {
        let tx = told.pool.begin(&told.alice).await.unwrap();
        all_at_once.wait().await;
        tx.commit().await.unwrap();
    };
    join_all((0..8).map(|_| hold())).await;
    assert!(end_all(&told.world).await >= 8);
    let mut failures = 0;
    for _ in 0..20 {
        failures += usize::from(work(&told.pool, &told.alice).await.is_err());
    }
    assert_eq!(failures, 1);
}

#[tokio::test]
async fn one_operation_that_fails_tells_of_all_dead_connections_on_postgresql() {
    one_failure_tells_of_all(FOR_EVER, async |pool, alice| pool.repository::<Task>(alice).query().all().await).await;
}

#[tokio::test]
async fn one_operation_that_fails_tells_of_all_dead_connections_in_sqlxs_pool_on_postgresql() {
    let at_once = Duration::ZERO;
    one_failure_tells_of_all(at_once, async |pool, alice| pool.repository::<Task>(alice).query().all().await).await;
}

#[tokio::test]
async fn one_begin_that_fails_tells_of_all_dead_connections_on_postgresql() {
    super::databases::isolated(one_failure_tells_of_all(FOR_EVER, async |pool, alice| {
        pool.begin(alice).await?.commit().await
    }))
    .await;
}

/// A login of its own leads to the same server.
#[tokio::test]
async fn what_users_have_lost_system_mode_does_not_use_on_postgresql() {
    let world = World::<sqlx::Postgres>::with(AuditSettings::off(), 1).await;
    let source = || sqlx::Postgres::source(&world.home);
    let pool = super::databases::builder(source()).system_source(source()).at_hand_for(Duration::ZERO);
    let pool: ScopedPool<sqlx::Postgres> = pool.audit(AuditSettings::off()).build().await.unwrap();
    let alice = user();
    let system = pool.system("what was lost").requested_by(&alice).await.unwrap();
    let (hers, all) = (pool.repository::<Task>(&alice), system.repository::<Task>());
    let counts = (hers.query().count().await.unwrap(), all.query().count().await.unwrap());
    assert_eq!(counts, (0, 0));
    assert!(end_all(&world).await >= 2);
    hers.query().count().await.unwrap_err();
    assert_eq!(all.query().count().await.unwrap(), 0);
    pool.close().await;
}
