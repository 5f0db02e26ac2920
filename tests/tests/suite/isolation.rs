//! Promises 1 to 4: no caller, no rows; the owner is in every statement and never input; foreign is absent.

use user_scope::{Change, Error, Uuid};

use super::databases::TestDb;
use super::entities::{Subtask, Task, TaskChanges};
use super::world::{World, new_task, user};

on_each_database_and_in_partitions!(
    a_user_reads_back_what_he_wrote,
    a_foreign_row_is_answered_as_an_absent_one,
    a_foreign_row_is_not_changed_by_any_attempt,
    lists_and_counts_hold_ones_own_rows_only,
    an_or_in_a_filter_does_not_reach_foreign_rows,
    the_owner_is_written_from_the_context,
    contexts_side_by_side_do_not_mix,
);

async fn a_user_reads_back_what_he_wrote<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    let task = tasks.insert(new_task("Ship it")).await.unwrap();
    assert_eq!(task.user_id, *alice.user());
    assert_eq!(task.created_at, task.updated_at);
    assert_eq!(tasks.get(&task.id).await.unwrap(), task);
    assert_eq!(tasks.find(&task.id).await.unwrap().as_ref(), Some(&task));
    assert!(tasks.exists(&task.id).await.unwrap());
}

async fn a_foreign_row_is_answered_as_an_absent_one<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let foreign = world.task(&alice, "hers").await.id;
    let absent = Uuid::now_v7();
    let his = world.pool.repository::<Task>(&bob);
    for id in [foreign, absent] {
        let changes = TaskChanges { title: Change::Set("his".into()), ..Default::default() };
        for error in [
            his.get(&id).await.unwrap_err(),
            his.update(&id, changes).await.unwrap_err(),
            his.update(&id, TaskChanges::default()).await.unwrap_err(),
            his.delete(&id).await.unwrap_err(),
        ] {
            assert!(matches!(error, Error::NotFound { entity: "tasks" }), "{error:?}");
            assert_eq!(error.to_string(), "no such row in `tasks`");
        }
        assert_eq!(his.find(&id).await.unwrap(), None);
        assert!(!his.exists(&id).await.unwrap());
    }
}

async fn a_foreign_row_is_not_changed_by_any_attempt<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let task = world.task(&alice, "hers").await;
    let his = world.pool.repository::<Task>(&bob);
    let changes = TaskChanges { title: Change::Set("his".into()), ..Default::default() };
    assert!(his.update(&task.id, changes).await.is_err());
    assert!(his.delete(&task.id).await.is_err());
    assert_eq!(world.pool.repository::<Task>(&alice).get(&task.id).await.unwrap(), task);
}

async fn lists_and_counts_hold_ones_own_rows_only<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    for index in 0..3 {
        world.task(&alice, &format!("hers {index}")).await;
    }
    let own = world.task(&bob, "his").await;
    let his = world.pool.repository::<Task>(&bob);
    assert_eq!(his.query().all().await.unwrap(), [own]);
    assert_eq!(his.query().count().await.unwrap(), 1);
    assert_eq!(his.query().filter(Task::TITLE.like("hers%")).all().await.unwrap(), []);
    assert_eq!(his.query().filter(Task::USER_ID.eq(alice.user())).count().await.unwrap(), 0);
}

async fn an_or_in_a_filter_does_not_reach_foreign_rows<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    world.task(&alice, "hers").await;
    let own = world.task(&bob, "his").await;
    let everything = Task::TITLE.eq("his").or(Task::TITLE.ne("his")).or(Task::USER_ID.eq(alice.user()));
    let his = world.pool.repository::<Task>(&bob);
    assert_eq!(his.query().filter(everything.clone()).all().await.unwrap(), [own]);
    assert_eq!(his.query().filter(everything).count().await.unwrap(), 1);
    assert_eq!(his.query().filter(!Task::USER_ID.eq(bob.user())).count().await.unwrap(), 0);
}

async fn the_owner_is_written_from_the_context<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    // A client that sends an owner along changes nothing by it: the struct has no such field.
    let json = format!(r#"{{"title": "x", "status": "todo", "due_on": null, "user_id": "{}"}}"#, Uuid::now_v7());
    let task = world.pool.repository::<Task>(&alice).insert(serde_json::from_str(&json).unwrap()).await.unwrap();
    assert_eq!(task.user_id, *alice.user());
    // Where unknown fields are refused, it is told.
    let refused = serde_json::from_str::<TaskChanges>(r#"{"user_id": "00000000-0000-0000-0000-000000000001"}"#);
    assert!(refused.unwrap_err().to_string().contains("unknown field `user_id`"));
    let patch: TaskChanges = serde_json::from_str(r#"{"due_on": null}"#).unwrap();
    assert_eq!(patch.due_on, Change::Set(None));
    assert_eq!(patch.title, Change::Keep);
}

/// One statement text serves every user; what differs is bound.
async fn contexts_side_by_side_do_not_mix<DB: TestDb>() {
    let world = World::<DB>::open().await;
    let users: Vec<_> = (0..8).map(|_| user()).collect();
    let work = users.iter().map(|user| async {
        let (tasks, subtasks) = (world.pool.repository::<Task>(user), world.pool.repository::<Subtask>(user));
        for index in 0..10 {
            let task = tasks.insert(new_task(&format!("{index}"))).await.unwrap();
            assert_eq!(tasks.get(&task.id).await.unwrap().user_id, *user.user());
            let new = super::entities::NewSubtask { task_id: task.id, title: format!("below {index}") };
            subtasks.insert(new).await.unwrap();
        }
        let all = tasks.query().all().await.unwrap();
        assert_eq!(all.len(), 10);
        assert!(all.iter().all(|task| task.user_id == *user.user()));
        assert_eq!(subtasks.query().count().await.unwrap(), 10);
    });
    futures_util::future::join_all(work).await;
}
