//! One transaction, one caller.

use user_scope::{Change, Error};

use super::cancellation::cancelled_after;
use super::databases::TestDb;
use super::entities::{NewSubtask, Subtask, Task, TaskChanges};
use super::world::{World, new_task, user};

on_each_database_and_in_partitions!(
    repositories_share_a_transaction_and_commit_together,
    a_dropped_transaction_leaves_nothing,
    a_rolled_back_transaction_leaves_nothing,
    a_transaction_is_as_scoped_as_the_pool,
    an_error_in_the_database_aborts_the_transaction,
    an_absent_row_does_not_abort_it,
    operations_side_by_side_in_one_transaction_wait_for_one_another,
    misses_in_a_rolled_back_transaction_stay_on_record,
    a_transaction_on_a_pool_of_one_never_waits_for_the_audit,
    a_cancelled_operation_aborts_its_transaction,
);

async fn repositories_share_a_transaction_and_commit_together<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tx = world.pool.begin(&alice).await.unwrap();
    let (tasks, subtasks) = (tx.repository::<Task>(), tx.repository::<Subtask>());
    let task = tasks.insert(new_task("x")).await.unwrap();
    subtasks.insert(NewSubtask { task_id: task.id, title: "below".into() }).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.pool.repository::<Subtask>(&alice).query().count().await.unwrap(), 1);
    assert_eq!(world.operations().await[..2], ["create tasks", "create subtasks"]);
}

async fn a_dropped_transaction_leaves_nothing<DB: TestDb>() {
    let (world, alice) = (World::<DB>::with(Default::default(), 1).await, user());
    let tx = world.pool.begin(&alice).await.unwrap();
    tx.repository::<Task>().insert(new_task("x")).await.unwrap();
    drop(tx);
    assert_eq!(world.pool.repository::<Task>(&alice).query().count().await.unwrap(), 0);
    assert_eq!(world.operations().await, ["list tasks"]);
}

async fn a_rolled_back_transaction_leaves_nothing<DB: TestDb>() {
    let (world, alice) = (World::<DB>::with(Default::default(), 1).await, user());
    let tx = world.pool.begin(&alice).await.unwrap();
    tx.repository::<Task>().insert(new_task("x")).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(world.pool.repository::<Task>(&alice).query().count().await.unwrap(), 0);
}

async fn a_transaction_is_as_scoped_as_the_pool<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let task = world.task(&alice, "hers").await;
    let tx = world.pool.begin(&bob).await.unwrap();
    let his = tx.repository::<Task>();
    assert!(matches!(his.get(&task.id).await, Err(Error::NotFound { .. })));
    assert!(matches!(his.delete(&task.id).await, Err(Error::NotFound { .. })));
    assert_eq!(his.query().count().await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert_eq!(world.pool.repository::<Task>(&alice).get(&task.id).await.unwrap(), task);
}

async fn an_error_in_the_database_aborts_the_transaction<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tx = world.pool.begin(&alice).await.unwrap();
    let tasks = tx.repository::<Task>();
    let task = tasks.insert(new_task("x")).await.unwrap();
    let empty = TaskChanges { title: Change::Set(String::new()), ..Default::default() };
    assert!(matches!(tasks.update(&task.id, empty).await, Err(Error::Rejected { .. })));
    assert!(matches!(tasks.get(&task.id).await, Err(Error::TransactionAborted)));
    assert!(matches!(tx.commit().await, Err(Error::TransactionAborted)));
    assert_eq!(world.pool.repository::<Task>(&alice).query().count().await.unwrap(), 0);
}

async fn an_absent_row_does_not_abort_it<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tx = world.pool.begin(&alice).await.unwrap();
    let tasks = tx.repository::<Task>();
    assert!(matches!(tasks.get(&user_scope::Uuid::now_v7()).await, Err(Error::NotFound { .. })));
    tasks.insert(new_task("x")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.pool.repository::<Task>(&alice).query().count().await.unwrap(), 1);
}

async fn operations_side_by_side_in_one_transaction_wait_for_one_another<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tx = world.pool.begin(&alice).await.unwrap();
    let tasks = tx.repository::<Task>();
    let inserts = (0..20).map(|index| tasks.insert(new_task(&format!("{index}"))));
    for inserted in futures_util::future::join_all(inserts).await {
        inserted.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(world.pool.repository::<Task>(&alice).query().count().await.unwrap(), 20);
}

async fn misses_in_a_rolled_back_transaction_stay_on_record<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let task = world.task(&alice, "hers").await;
    for rollback in [true, false] {
        let tx = world.pool.begin(&bob).await.unwrap();
        assert!(tx.repository::<Task>().get(&task.id).await.is_err());
        if rollback {
            tx.rollback().await.unwrap();
        } else {
            drop(tx);
        }
    }
    assert_eq!(world.operations().await, ["create tasks", "unauthorized_access tasks", "unauthorized_access tasks"]);
}

/// The queue holds one event, the writer needs the one connection, and the transaction holds it.
async fn a_transaction_on_a_pool_of_one_never_waits_for_the_audit<DB: TestDb>() {
    let audit = user_scope::audit::AuditSettings::default().queue(1);
    let (world, alice) = (World::<DB>::with(audit, 1).await, user());
    let tx = world.pool.begin(&alice).await.unwrap();
    let task = tx.repository::<Task>().insert(new_task("x")).await.unwrap();
    for _ in 0..20 {
        tx.repository::<Task>().get(&task.id).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(world.operations().await.iter().filter(|line| *line == "read tasks").count(), 20);
    assert_eq!(world.pool.audit_stats().dropped, 0);
}

async fn a_cancelled_operation_aborts_its_transaction<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tx = world.pool.begin(&alice).await.unwrap();
    let tasks = tx.repository::<Task>();
    // Polled once, and dropped if it is under way then. A quick one is done at that, and the next is tried.
    let mut tries = 0..1_000;
    while cancelled_after(1, tasks.insert(new_task("x"))).await.is_some() {
        tries.next().expect("one of so many is not done at once");
        // A task that never yields is made to wait by tokio, and then before the operation has begun.
        tokio::task::yield_now().await;
    }
    assert!(matches!(tasks.query().count().await, Err(Error::TransactionAborted)));
    assert!(matches!(tx.commit().await, Err(Error::TransactionAborted)));
    assert_eq!(world.pool.repository::<Task>(&alice).query().count().await.unwrap(), 0);
}
