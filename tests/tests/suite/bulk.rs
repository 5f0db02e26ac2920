//! Many rows by one call: all or none, none of anybody else's, and each on record.

use user_scope::{Change, Error, Uuid};

use super::databases::TestDb;
use super::entities::{NewSubtask, NewTask, Status, Subtask, SubtaskChanges, Task, TaskChanges};
use super::world::{World, new_task, user};

on_each_database_and_in_partitions!(
    rows_that_are_inserted_together_come_back_in_their_order,
    rows_of_which_one_has_a_foreign_parent_are_not_inserted_at_all,
    thousands_of_rows_are_inserted_or_none,
    a_denial_is_on_record_even_if_it_comes_after_thousands_of_rows,
    no_rows_need_no_statement,
    an_update_by_a_condition_changes_the_callers_rows_alone,
    an_update_by_a_condition_to_a_foreign_parent_changes_nothing,
    a_delete_by_a_condition_removes_the_callers_rows_alone,
    a_system_context_updates_and_deletes_by_a_condition_with_the_owner_on_record,
);

fn titled(titles: impl IntoIterator<Item = usize>) -> Vec<NewTask> {
    titles.into_iter().map(|number| new_task(&format!("task {number}"))).collect()
}

async fn rows_that_are_inserted_together_come_back_in_their_order<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    let rows = tasks.insert_many(titled(0..120)).await.unwrap();
    let titles: Vec<_> = rows.iter().map(|row| row.title.clone()).collect();
    assert_eq!(titles, (0..120).map(|number| format!("task {number}")).collect::<Vec<_>>());
    assert!(rows.iter().all(|row| row.user_id == *alice.user()));
    let log = world.log().await;
    assert_eq!(log.len(), 120);
    let logged: Vec<_> = log.iter().map(|line| line.entity_id.clone()).collect();
    assert_eq!(logged, rows.iter().map(|row| row.id.to_string()).collect::<Vec<_>>());
    assert!(log.iter().all(|line| line.operation == "create" && line.details.contains("120")), "{:?}", log[0]);
}

async fn rows_of_which_one_has_a_foreign_parent_are_not_inserted_at_all<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (world.task(&alice, "hers").await, world.task(&bob, "his").await);
    let subtasks = world.pool.repository::<Subtask>(&alice);
    let new = |task_id, title: &str| NewSubtask { task_id, title: title.into() };
    for stranger in [his.id, Uuid::now_v7()] {
        let rows = vec![new(hers.id, "a"), new(stranger, "b"), new(hers.id, "c")];
        let refused = subtasks.insert_many(rows).await;
        assert!(matches!(refused, Err(Error::ParentNotFound { .. })), "{refused:?}");
    }
    assert_eq!(world.pool.repository::<Subtask>(&alice).query().count().await.unwrap(), 0);
    let log = world.log().await;
    assert!(!log.iter().any(|line| line.entity_type == "subtasks" && line.operation == "create"));
    let denied: Vec<_> = log.iter().filter(|line| line.operation == "unauthorized_access").collect();
    assert_eq!(denied.len(), 1, "{denied:?}");
    assert_eq!(denied[0].entity_id, his.id.to_string());
    let rows = subtasks.insert_many([new(hers.id, "a"), new(hers.id, "b")]).await.unwrap();
    assert_eq!(rows.len(), 2);
}

/// More than one statement can carry.
async fn thousands_of_rows_are_inserted_or_none<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    let many = 12_000;
    let mut rows = titled(0..many);
    rows.push(NewTask { title: String::new(), status: Status::Todo, due_on: None });
    let refused = tasks.insert_many(rows).await;
    assert!(matches!(refused, Err(Error::Rejected { .. })), "{refused:?}");
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM tasks").await, 0);
    assert_eq!(tasks.insert_many(titled(0..many)).await.unwrap().len(), many);
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM user_access_log WHERE operation = 'create'").await, 12_000);
}

/// In another statement than the first.
async fn a_denial_is_on_record_even_if_it_comes_after_thousands_of_rows<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (world.task(&alice, "hers").await, world.task(&bob, "his").await);
    let row = |number: usize| {
        let task_id = if number == 19_999 { his.id } else { hers.id };
        NewSubtask { task_id, title: number.to_string() }
    };
    let refused = world.pool.repository::<Subtask>(&alice).insert_many((0..20_000).map(row)).await;
    assert!(matches!(refused, Err(Error::ParentNotFound { .. })), "{refused:?}");
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM subtasks").await, 0);
    let denied: Vec<_> = world.log().await.into_iter().filter(|line| line.operation == "unauthorized_access").collect();
    assert_eq!(denied.len(), 1, "{denied:?}");
}

async fn no_rows_need_no_statement<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    assert!(world.pool.repository::<Task>(&alice).insert_many([]).await.unwrap().is_empty());
    assert!(world.log().await.is_empty());
}

async fn an_update_by_a_condition_changes_the_callers_rows_alone<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    for owner in [&alice, &bob] {
        world.pool.repository::<Task>(owner).insert_many(titled(0..5)).await.unwrap();
    }
    let before = world.log().await.len();
    let tasks = world.pool.repository::<Task>(&alice);
    let done = TaskChanges { status: Change::Set(Status::Done), ..Default::default() };
    let condition = Task::TITLE.eq("task 1").or(Task::TITLE.eq("task 3"));
    assert_eq!(tasks.update_where(condition, done.clone()).await.unwrap(), 2);
    assert_eq!(tasks.query().filter(Task::STATUS.eq(Status::Done)).count().await.unwrap(), 2);
    let his = world.pool.repository::<Task>(&bob);
    assert_eq!(his.query().filter(Task::STATUS.eq(Status::Done)).count().await.unwrap(), 0);
    assert_eq!(tasks.update_where(Task::TITLE.eq("none"), done).await.unwrap(), 0);
    assert_eq!(tasks.update_where(Task::TITLE.like("%"), TaskChanges::default()).await.unwrap(), 5, "only counted");
    let log = world.log().await;
    let updates: Vec<_> = log[before..].iter().filter(|line| line.operation == "update").collect();
    assert_eq!(updates.len(), 2, "{updates:?}");
    for line in updates {
        assert_eq!(line.user_id, alice.user().to_string());
        assert!(line.details.contains("\"rows\":2") && line.details.contains("\"changed\":[\"status\"]"), "{line:?}");
    }
}

async fn an_update_by_a_condition_to_a_foreign_parent_changes_nothing<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, other, his) =
        (world.task(&alice, "hers").await, world.task(&alice, "other").await, world.task(&bob, "his").await);
    let subtasks = world.pool.repository::<Subtask>(&alice);
    let rows = ["a", "b"].map(|title| NewSubtask { task_id: hers.id, title: title.into() });
    subtasks.insert_many(rows).await.unwrap();
    let under = |task| SubtaskChanges { task_id: Change::Set(task), ..Default::default() };
    let refused = subtasks.update_where(Subtask::TITLE.like("%"), under(his.id)).await;
    assert!(matches!(refused, Err(Error::ParentNotFound { .. })), "{refused:?}");
    assert_eq!(subtasks.update_where(Subtask::TITLE.eq("none"), under(his.id)).await.unwrap(), 0);
    assert_eq!(subtasks.update_where(Subtask::TITLE.like("%"), under(other.id)).await.unwrap(), 2);
    let system = world.system().await;
    let everyone = system.repository::<Subtask>();
    let refused = everyone.update_where(Subtask::TITLE.like("%"), under(his.id)).await;
    assert!(matches!(refused, Err(Error::ParentNotFound { .. })), "{refused:?}");
    assert_eq!(everyone.update_where(Subtask::TITLE.like("%"), under(hers.id)).await.unwrap(), 2);
}

async fn a_delete_by_a_condition_removes_the_callers_rows_alone<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    for owner in [&alice, &bob] {
        world.pool.repository::<Task>(owner).insert_many(titled(0..5)).await.unwrap();
    }
    let tasks = world.pool.repository::<Task>(&alice);
    let tx = world.pool.begin(&alice).await.unwrap();
    assert_eq!(tx.repository::<Task>().delete_where(Task::TITLE.like("task%")).await.unwrap(), 5);
    tx.rollback().await.unwrap();
    assert_eq!(tasks.delete_where(!Task::TITLE.eq("task 4")).await.unwrap(), 4);
    assert_eq!(tasks.query().count().await.unwrap(), 1);
    assert_eq!(world.pool.repository::<Task>(&bob).query().count().await.unwrap(), 5);
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM user_access_log WHERE operation = 'delete'").await, 4);
}

async fn a_system_context_updates_and_deletes_by_a_condition_with_the_owner_on_record<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (world.task(&alice, "x").await, world.task(&bob, "x").await);
    let system = world.system().await;
    let everyone = system.repository::<Task>();
    let done = TaskChanges { status: Change::Set(Status::Done), ..Default::default() };
    assert_eq!(everyone.update_where(Task::TITLE.eq("x"), done).await.unwrap(), 2);
    assert_eq!(everyone.delete_where(Task::TITLE.eq("x")).await.unwrap(), 2);
    let log = world.log().await;
    for (task, owner) in [(hers.id, &alice), (his.id, &bob)] {
        for operation in ["update", "delete"] {
            let line = log.iter().find(|l| l.operation == operation && l.entity_id == task.to_string()).unwrap();
            assert!(line.details.contains(&format!("\"owner\":\"{}\"", owner.user())), "{line:?}");
            assert!(line.details.contains("\"receipt\":"), "{line:?}");
        }
    }
}
