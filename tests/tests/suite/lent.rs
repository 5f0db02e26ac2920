//! SQL of the application's own in a transaction of the library's: lent, isolated by the database or by nothing, and taken
//! back.

use sqlx::{AssertSqlSafe, Executor as _, Postgres, Row as _};
use user_scope::audit::{AuditSettings, ReadAudit, WriteAudit};
use user_scope::{Error, ScopedPool, ScopedTransaction, UserContext, Uuid, isolation};

use super::cancellation::cancelled_after;
use super::databases::{TestDb, builder, isolated};
use super::entities::{Subtask, Task};
use super::world::{World, new_task, user};

on_each_database!(
    what_raw_sql_writes_is_committed_with_the_rest,
    what_raw_sql_writes_is_rolled_back_with_the_rest,
    a_transaction_that_raw_sql_has_ended_says_so,
    a_loan_is_on_record_whatever_becomes_of_the_transaction,
    a_loan_is_not_recorded_where_nothing_is,
);

/// Runs raw SQL in a transaction by the name that promises nothing.
async fn run<DB: TestDb>(tx: &mut ScopedTransaction<DB, UserContext>, sql: &str) -> sqlx::Result<()>
where
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
{
    let connection = tx.unscoped_connection().await.unwrap();
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.map(drop)
}

async fn titles<DB: TestDb>(world: &World<DB>) -> Vec<String> {
    DB::texts(&world.raw, "SELECT title FROM tasks ORDER BY title").await.unwrap()
}

async fn what_raw_sql_writes_is_committed_with_the_rest<DB: TestDb>()
where
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
{
    let (world, alice) = (World::<DB>::with(AuditSettings::default(), 1).await, user());
    let mut tx = world.pool.begin(&alice).await.unwrap();
    tx.repository::<Task>().insert(new_task("one")).await.unwrap();
    run(&mut tx, "UPDATE tasks SET title = 'two'").await.unwrap();
    run(&mut tx, "UPDATE tasks SET title = title || ' and a half'").await.unwrap();
    let three = tx.repository::<Task>().insert(new_task("three")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(titles(&world).await, ["three", "two and a half"]);
    // The pool's only connection, or a new one, is as good as ever.
    assert_eq!(world.pool.repository::<Task>(&alice).get(&three.id).await.unwrap(), three);
}

async fn what_raw_sql_writes_is_rolled_back_with_the_rest<DB: TestDb>()
where
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
{
    let (world, alice) = (World::<DB>::with(AuditSettings::default(), 1).await, user());
    world.task(&alice, "one").await;
    for ends_by_drop in [true, false] {
        let mut tx = world.pool.begin(&alice).await.unwrap();
        run(&mut tx, "UPDATE tasks SET title = 'two'").await.unwrap();
        if ends_by_drop {
            drop(tx);
        } else {
            tx.rollback().await.unwrap();
        }
        assert_eq!(world.pool.repository::<Task>(&alice).query().count().await.unwrap(), 1);
        assert_eq!(titles(&world).await, ["one"]);
    }
}

async fn a_transaction_that_raw_sql_has_ended_says_so<DB: TestDb>()
where
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
{
    let (world, alice) = (World::<DB>::with(AuditSettings::default(), 1).await, user());
    for end in ["COMMIT", "ROLLBACK", "COMMIT; BEGIN", "ROLLBACK; BEGIN"] {
        let mut tx = world.pool.begin(&alice).await.unwrap();
        run(&mut tx, end).await.unwrap();
        let ended = tx.commit().await.unwrap_err();
        assert!(matches!(ended, Error::TransactionEnded), "{end}: {ended:?}");

        let mut tx = world.pool.begin(&alice).await.unwrap();
        run(&mut tx, end).await.unwrap();
        let ended = tx.repository::<Task>().insert(new_task("astray")).await.unwrap_err();
        assert!(matches!(ended, Error::TransactionEnded), "{end}: {ended:?}");
        let over = tx.repository::<Task>().query().count().await.unwrap_err();
        assert!(matches!(over, Error::TransactionAborted), "{end}: {over:?}");
        let over = tx.commit().await.unwrap_err();
        assert!(matches!(over, Error::TransactionAborted), "{end}: {over:?}");
    }
    assert!(titles(&world).await.is_empty(), "nothing was written beside the transaction");
    world.task(&alice, "the pool is as good as ever").await;
}

async fn a_loan_is_on_record_whatever_becomes_of_the_transaction<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let mut tx = world.pool.begin(&alice).await.unwrap();
    tx.unscoped_connection().await.unwrap();
    drop(tx);
    assert_eq!(world.operations().await, ["raw_sql transaction"]);
    let quiet = AuditSettings::default().reads(ReadAudit::Off);
    let world = World::<DB>::with(quiet, 2).await;
    let mut tx = world.pool.begin(&alice).await.unwrap();
    tx.unscoped_connection().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.operations().await, ["raw_sql transaction"], "it may have written");
}

async fn a_loan_is_not_recorded_where_nothing_is<DB: TestDb>() {
    let quiet = AuditSettings::default().reads(ReadAudit::Off).writes(WriteAudit::Off);
    let (world, alice) = (World::<DB>::with(quiet, 2).await, user());
    let mut tx = world.pool.begin(&alice).await.unwrap();
    tx.unscoped_connection().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.operations().await, [""; 0]);
    let mut tx = world.system().await.begin().await.unwrap();
    tx.unscoped_connection().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        world.operations().await,
        ["system_access system_context", "raw_sql transaction"],
        "but system mode is loud"
    );
}

/// A pool that knows which tables are isolated.
async fn proven(world: &World<Postgres>) -> ScopedPool<Postgres> {
    let builder = builder(Postgres::source(&world.home)).max_connections(1);
    builder.isolated(&isolation![Task, Subtask]).build().await.unwrap()
}

async fn seen(tx: &mut ScopedTransaction<Postgres, UserContext>) -> Vec<String> {
    let titles = sqlx::query("SELECT title FROM tasks ORDER BY title").fetch_all(tx.connection().await.unwrap());
    titles.await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn raw_sql_in_a_transaction_sees_and_writes_the_callers_rows_alone() {
    isolated(async {
        let (world, alice, bob) = (World::<Postgres>::open().await, user(), user());
        let (hers, _) = (world.task(&alice, "hers").await, world.task(&bob, "his").await);
        let pool = proven(&world).await;
        let mut tx = pool.begin(&bob).await.unwrap();
        assert_eq!(seen(&mut tx).await, ["his"]);
        let all = tx.connection().await.unwrap().execute("UPDATE tasks SET title = 'changed'").await.unwrap();
        assert_eq!(all.rows_affected(), 1);
        let joined =
            "WITH everything AS (SELECT * FROM tasks) SELECT count(*) FROM everything a FULL JOIN tasks b ON true";
        assert_eq!(sqlx::query_scalar::<_, i64>(joined).fetch_one(tx.connection().await.unwrap()).await.unwrap(), 1);
        let gift = sqlx::query("UPDATE tasks SET user_id = $1").bind(alice.user());
        assert!(gift.execute(tx.connection().await.unwrap()).await.is_err());
        drop(tx);
        let everyone = pool.system("a look at everything").requested_by(&user()).await.unwrap();
        let mut tx = everyone.begin().await.unwrap();
        let count =
            sqlx::query_scalar::<_, i64>("SELECT count(*) FROM tasks").fetch_one(tx.connection().await.unwrap());
        assert_eq!(count.await.unwrap(), 2);
        drop(tx);
        assert_eq!(pool.repository::<Task>(&alice).get(&hers.id).await.unwrap(), hers);
    })
    .await;
}

#[tokio::test]
async fn nothing_that_raw_sql_has_set_is_there_for_the_next_caller() {
    isolated(async {
        let (world, alice, bob) = (World::<Postgres>::open().await, user(), user());
        world.task(&alice, "hers").await;
        let pool = proven(&world).await;
        let system = postgres_role();
        for set in [
            format!("SET user_scope.user_id = '{}'", alice.user()),
            format!("SET LOCAL user_scope.user_id = '{}'", alice.user()),
            format!("SET ROLE {system}"),
            "SET search_path = pg_temp; CREATE TEMP TABLE tasks (id uuid, user_id uuid)".to_owned(),
            "SET row_security = off".to_owned(),
        ] {
            let mut tx = pool.begin(&bob).await.unwrap();
            let raw = tx.connection().await.unwrap();
            raw.execute(sqlx::raw_sql(AssertSqlSafe(set.clone()))).await.unwrap();
            tx.commit().await.unwrap();
            let mut tx = pool.begin(&bob).await.unwrap();
            assert_eq!(seen(&mut tx).await, [""; 0], "{set}");
            tx.commit().await.unwrap();
        }
    })
    .await;
}

fn postgres_role() -> String {
    user_scope_tests::postgres::server().system_role()
}

#[tokio::test]
async fn who_is_asking_is_said_anew_after_raw_sql_has_said_otherwise() {
    isolated(async {
        let (world, alice, bob) = (World::<Postgres>::open().await, user(), user());
        world.task(&alice, "hers").await;
        let pool = proven(&world).await;
        let mut tx = pool.begin(&alice).await.unwrap();
        let raw = tx.connection().await.unwrap();
        let other = format!("SET LOCAL user_scope.user_id = '{}'", bob.user());
        raw.execute(sqlx::raw_sql(AssertSqlSafe(other))).await.unwrap();
        assert_eq!(tx.repository::<Task>().query().count().await.unwrap(), 1);
        let raw = tx.connection().await.unwrap();
        let system = format!("SET LOCAL ROLE {}", postgres_role());
        raw.execute(sqlx::raw_sql(AssertSqlSafe(system))).await.unwrap();
        let refused = tx.connection().await.unwrap_err().to_string();
        assert!(refused.contains("who sees every row"), "{refused}");
        tx.commit().await.unwrap();
    })
    .await;
}

/// Takes the wall away, at start and later, and sees that nothing is lent.
#[tokio::test]
async fn a_connection_is_lent_as_isolated_only_while_the_database_proves_it() {
    isolated(async {
        let (world, alice) = (World::<Postgres>::open().await, user());
        let mut tx = world.pool.begin(&alice).await.unwrap();
        let refused = tx.connection().await.unwrap_err();
        assert!(
            matches!(&refused, Error::Isolation { problem, .. } if problem.contains("isolated(&isolation)")),
            "{refused}"
        );
        let pool = proven(&world).await;
        pool.begin(&alice).await.unwrap().connection().await.unwrap();
        Postgres::run(&world.raw, "ALTER TABLE subtasks DISABLE ROW LEVEL SECURITY").await.unwrap();
        let refused = pool.begin(&alice).await.unwrap().connection().await.unwrap_err().to_string();
        assert!(refused.contains("subtasks"), "{refused}");
        Postgres::run(&world.raw, "ALTER TABLE subtasks ENABLE ROW LEVEL SECURITY").await.unwrap();
        pool.begin(&alice).await.unwrap().connection().await.unwrap();
    })
    .await;
    let (world, alice) = (World::<Postgres>::open().await, user());
    let refused = world.pool.begin(&alice).await.unwrap().connection().await.unwrap_err().to_string();
    assert!(refused.contains("Enforcement::Database"), "{refused}");
}

#[tokio::test]
async fn raw_sql_that_failed_aborts_its_transaction_on_postgresql() {
    let (world, alice) = (World::<Postgres>::with(AuditSettings::default(), 1).await, user());
    let mut tx = world.pool.begin(&alice).await.unwrap();
    tx.repository::<Task>().insert(new_task("gone")).await.unwrap();
    tx.unscoped_connection().await.unwrap().execute("SELECT 1/0").await.unwrap_err();
    let aborted = tx.commit().await.unwrap_err();
    assert!(matches!(aborted, Error::TransactionAborted), "{aborted:?}");
    assert!(titles(&world).await.is_empty());
}

/// Promise 8, for loans: dropped anywhere, nothing of it is left.
#[tokio::test]
async fn raw_sql_that_is_cancelled_leaves_nobody_on_a_connection() {
    isolated(async {
        let (world, alice, bob) = (World::<Postgres>::open().await, user(), user());
        world.task(&alice, "hers").await;
        let pool = proven(&world).await;
        for polls in 0..150 {
            let loan = async {
                let mut tx = pool.begin(&alice).await.unwrap();
                let raw = tx.connection().await.unwrap();
                let set = format!(
                    "SET user_scope.user_id = '{}'; INSERT INTO tasks SELECT '{}', user_id, 'half', status, due_on, created_at, \
                     updated_at FROM tasks LIMIT 1",
                    alice.user(),
                    Uuid::now_v7()
                );
                raw.execute(sqlx::raw_sql(AssertSqlSafe(set))).await.unwrap();
            };
            cancelled_after(polls % 15 + 1, loan).await;
            let mut tx = pool.begin(&bob).await.unwrap();
            assert_eq!(seen(&mut tx).await, [""; 0]);
        }
        assert_eq!(titles(&world).await, ["hers"]);
    })
    .await;
}
