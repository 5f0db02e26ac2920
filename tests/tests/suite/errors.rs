//! Promise 10: bad input is an error value, with a name and a cause, never a panic, and loses nothing; and its
//! text tells a caller nothing that the database said.

use std::error::Error as _;

use user_scope::{Change, Error, UserContext};

use super::databases::TestDb;
use super::entities::{NewSubtask, Subtask, Task, TaskChanges};
use super::world::{World, new_task, user};

on_each_database!(
    a_refused_value_is_named_and_its_cause_kept,
    a_key_that_is_taken_is_told_without_detail,
    hostile_texts_are_values,
    a_table_at_odds_with_its_entity_is_an_error,
    a_missing_table_is_an_error,
    a_closed_pool_is_an_error,
);

/// What a caller would see says nothing of the driver, and what a log would see does.
fn assert_discreet(error: &Error) {
    let shown = error.to_string();
    for word in ["constraint", "SQL", "relation", "syntax", "UNIQUE", "CHECK", "violates"] {
        assert!(!shown.contains(word), "{shown}");
    }
    assert!(error.source().is_some(), "{shown} has no cause");
}

async fn a_refused_value_is_named_and_its_cause_kept<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    let error = tasks.insert(new_task("")).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { entity: "tasks", .. }), "{error:?}");
    assert_discreet(&error);
    let task = tasks.insert(new_task("x")).await.unwrap();
    let changes = TaskChanges { title: Change::Set(String::new()), ..Default::default() };
    let error = tasks.update(&task.id, changes).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error:?}");
    assert_eq!(tasks.get(&task.id).await.unwrap(), task);
}

async fn a_key_that_is_taken_is_told_without_detail<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let task = world.task(&alice, "x").await;
    let subtasks = world.pool.repository::<Subtask>(&alice);
    let new = |task_id| NewSubtask { task_id, title: "taken".into() };
    subtasks.insert(new(task.id)).await.unwrap();
    let error = subtasks.insert(new(task.id)).await.unwrap_err();
    let Error::Duplicate { entity: "subtasks", source } = &error else { panic!("{error:?}") };
    assert!(source.code().is_some());
    assert_discreet(&error);
    // The key holds the owner: another user's rows are not in the way.
    let his = world.task(&bob, "y").await;
    world.pool.repository::<Subtask>(&bob).insert(new(his.id)).await.unwrap();
}

async fn hostile_texts_are_values<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    for title in ["'; DROP TABLE tasks; --", "\" OR 1 = 1", "$1", "\\", "${owner}", "\u{202e}☃\u{1F980}", "%_"] {
        let task = tasks.insert(new_task(title)).await.unwrap();
        assert_eq!(task.title, title);
        assert!(tasks.query().filter(Task::TITLE.eq(title)).count().await.unwrap() >= 1);
        tasks.query().filter(Task::TITLE.like(title)).count().await.ok();
    }
    // A NUL is a character to SQLite, and to PostgreSQL an error.
    if let Err(error) = tasks.insert(new_task("a\0b")).await {
        assert!(matches!(error, Error::Rejected { .. }), "{error:?}");
        assert_discreet(&error);
    }
    assert!(UserContext::new("a\0b".to_owned()).is_err());
    assert_eq!(tasks.query().filter(Task::TITLE.like("☃")).count().await.unwrap(), 0);
}

async fn a_table_at_odds_with_its_entity_is_an_error<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let task = world.task(&alice, "x").await;
    DB::run(&world.raw, "UPDATE tasks SET status = 'unheard of'").await.unwrap();
    let tasks = world.pool.repository::<Task>(&alice);
    for error in [tasks.get(&task.id).await.unwrap_err(), tasks.query().all().await.unwrap_err()] {
        assert!(matches!(error, Error::Decode { entity: "tasks", .. }), "{error:?}");
        assert_eq!(error.source().unwrap().to_string(), "column `status` could not be decoded");
        assert_discreet(&error);
    }
    DB::run(&world.raw, "ALTER TABLE tasks DROP COLUMN due_on").await.unwrap();
    let error = tasks.get(&task.id).await.unwrap_err();
    assert!(matches!(error, Error::Database { .. }), "{error:?}");
    assert_discreet(&error);
}

async fn a_missing_table_is_an_error<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    DB::run(&world.raw, "DROP TABLE subtasks").await.unwrap();
    let error = world.pool.repository::<Subtask>(&alice).query().all().await.unwrap_err();
    assert!(matches!(error, Error::Database { entity: "subtasks", .. }), "{error:?}");
    assert_discreet(&error);
}

async fn a_closed_pool_is_an_error<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    world.pool.close().await;
    for error in [
        world.pool.repository::<Task>(&alice).query().all().await.unwrap_err(),
        world.pool.begin(&alice).await.unwrap_err(),
        world.pool.system("a good reason").requested_by(&alice).await.unwrap_err(),
        world.pool.migrate().await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
        assert_discreet(&error);
    }
}
