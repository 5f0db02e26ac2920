//! What writes do to one's own rows.

use user_scope::{Change, Error};

use super::databases::TestDb;
use super::entities::{Secret, Status, Task, TaskChanges};
use super::world::{World, new_task, user};

on_each_database_and_in_partitions!(
    an_update_changes_what_is_set_and_nothing_else,
    an_update_can_set_null_and_tells_it_from_absent,
    an_update_that_sets_nothing_reads_the_row,
    a_deleted_row_is_gone,
    a_renamed_column_and_a_skipped_field_work,
    every_set_of_columns_can_be_updated,
);

async fn an_update_changes_what_is_set_and_nothing_else<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let task = world.task(&alice, "Ship it").await;
    let tasks = world.pool.repository::<Task>(&alice);
    let changes = TaskChanges { status: Change::Set(Status::Done), ..Default::default() };
    let changed = tasks.update(&task.id, changes).await.unwrap();
    assert!(changed.updated_at >= task.updated_at);
    assert_eq!(changed, Task { status: Status::Done, updated_at: changed.updated_at, ..task });
    assert_eq!(tasks.get(&changed.id).await.unwrap(), changed);
}

async fn an_update_can_set_null_and_tells_it_from_absent<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    let due = chrono::NaiveDate::from_ymd_opt(2030, 1, 31);
    let task = tasks.insert(super::entities::NewTask { due_on: due, ..new_task("x") }).await.unwrap();
    assert_eq!(task.due_on, due);
    let kept = TaskChanges { title: Change::Set("y".into()), ..Default::default() };
    assert_eq!(tasks.update(&task.id, kept).await.unwrap().due_on, due);
    let cleared = TaskChanges { due_on: Change::Set(None), ..Default::default() };
    assert_eq!(tasks.update(&task.id, cleared).await.unwrap().due_on, None);
}

async fn an_update_that_sets_nothing_reads_the_row<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let task = world.task(&alice, "x").await;
    let same = world.pool.repository::<Task>(&alice).update(&task.id, TaskChanges::default()).await.unwrap();
    assert_eq!(same, task);
    assert_eq!(world.operations().await, ["create tasks", "read tasks"]);
}

async fn a_deleted_row_is_gone<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let task = world.task(&alice, "x").await;
    let tasks = world.pool.repository::<Task>(&alice);
    tasks.delete(&task.id).await.unwrap();
    assert!(!tasks.exists(&task.id).await.unwrap());
    assert!(matches!(tasks.delete(&task.id).await, Err(Error::NotFound { .. })));
}

async fn a_renamed_column_and_a_skipped_field_work<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let secrets = world.pool.repository::<Secret>(&alice);
    let new = super::entities::NewSecret { name: "mail".into(), value: "hunter2".into() };
    let secret = secrets.insert(new).await.unwrap();
    assert!(!secret.shown);
    assert_eq!(secrets.query().filter(Secret::NAME.eq("mail")).all().await.unwrap(), [secret]);
    assert_eq!(DB::texts(&world.raw, "SELECT key_name FROM secrets").await.unwrap(), ["mail"]);
}

async fn every_set_of_columns_can_be_updated<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let mut task = world.task(&alice, "0").await;
    let tasks = world.pool.repository::<Task>(&alice);
    for set in 1..8_u8 {
        let title = format!("{set}");
        let due_on = chrono::NaiveDate::from_ymd_opt(2030, 1, set.into());
        let changes = TaskChanges {
            title: if set & 1 != 0 { Change::Set(title.clone()) } else { Change::Keep },
            status: if set & 2 != 0 { Change::Set(Status::Done) } else { Change::Keep },
            due_on: if set & 4 != 0 { Change::Set(due_on) } else { Change::Keep },
        };
        let before = task.clone();
        task = tasks.update(&task.id, changes).await.unwrap();
        assert_eq!(task.title, if set & 1 != 0 { title } else { before.title });
        assert_eq!(task.status, if set & 2 != 0 { Status::Done } else { before.status });
        assert_eq!(task.due_on, if set & 4 != 0 { due_on } else { before.due_on });
    }
}
