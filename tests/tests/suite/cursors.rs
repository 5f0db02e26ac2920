//! Cursors: good for their own query, and harmless in every hand.

use user_scope::audit::AuditSettings;
use user_scope::{Cursor, Error, Page, Predicate, UserContext};

use super::databases::TestDb;
use super::entities::{NewNote, NewSecret, Note, Secret, Status, Subtask, Task};
use super::pages::tasks;
use super::world::{World, new_task, user};

on_each_database!(
    another_users_cursor_gives_ones_own_rows,
    a_cursor_goes_with_its_query_alone,
    a_redacted_column_is_kept_out_of_cursors,
    values_too_long_for_a_cursor_are_an_error,
    a_refused_cursor_leaves_the_transaction_as_it_was,
    a_cursor_is_a_text_in_json,
);

async fn another_users_cursor_gives_ones_own_rows<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    for number in 0..6 {
        world.task(&alice, &format!("{number} hers")).await;
        world.task(&bob, &format!("{number} his")).await;
    }
    let query = |user| world.pool.repository::<Task>(user).query().order_by(Task::TITLE.asc());
    let cursor = query(&alice).page(3, None).await.unwrap().next.unwrap();
    let his = query(&bob).page(3, cursor).await.unwrap().rows;
    assert!(his.iter().map(|task| task.title.as_str()).eq(["2 his", "3 his", "4 his"]));
}

fn is_refused<T>(result: Result<Page<T>, Error>) -> bool {
    matches!(result, Err(Error::InvalidCursor { source: None, .. }))
}

async fn a_cursor_goes_with_its_query_alone<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    tasks(&world, &alice, 6).await;
    let (tasks, subtasks) = (world.pool.repository::<Task>(&alice), world.pool.repository::<Subtask>(&alice));
    let by_title = || tasks.query().order_by(Task::TITLE.asc());
    let cursor = by_title().page(2, None).await.unwrap().next.unwrap();
    // The size is not part of it, nor is an order that changes nothing.
    assert_eq!(by_title().page(9, cursor.clone()).await.unwrap().rows.len(), 4);
    let same = by_title().order_by(Task::ID.asc()).order_by(Task::STATUS.asc());
    assert_eq!(same.page(9, cursor.clone()).await.unwrap().rows.len(), 4);
    assert!(is_refused(subtasks.query().order_by(Subtask::TITLE.asc()).page(2, cursor.clone()).await));
    for other in [
        tasks.query(),
        tasks.query().order_by(Task::TITLE.desc()),
        tasks.query().order_by(Task::STATUS.asc()),
        by_title().order_by(Task::DUE_ON.asc()),
        by_title().order_by(Task::ID.desc()),
        by_title().filter(Task::DUE_ON.is_null()),
    ] {
        assert!(is_refused(other.page(2, cursor.clone()).await));
    }
    let filtered = |filter: Predicate<Task>| by_title().filter(filter);
    let cursor = filtered(Task::TITLE.ne("x")).page(2, None).await.unwrap().next.unwrap();
    assert_eq!(filtered(Task::TITLE.ne("x")).page(9, cursor.clone()).await.unwrap().rows.len(), 4);
    for other in [
        Task::TITLE.ne("y"),
        Task::TITLE.eq("x"),
        Task::STATUS.ne(Status::Done),
        !Task::TITLE.ne("x"),
        Task::TITLE.ne("x").and(Task::TITLE.ne("y")),
        Task::TITLE.is_in(["x", "y"]),
    ] {
        let shape = format!("{other:?}");
        assert!(is_refused(filtered(other).page(2, cursor.clone()).await), "{shape}");
    }
    // A system context has other rows, and other cursors.
    let system = world.system().await;
    assert!(is_refused(system.repository::<Task>().query().order_by(Task::TITLE.asc()).page(2, cursor).await));
}

async fn a_redacted_column_is_kept_out_of_cursors<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let secrets = world.pool.repository::<Secret>(&alice);
    for value in ["a", "b", "c"] {
        secrets.insert(NewSecret { name: "x".into(), value: value.into() }).await.unwrap();
    }
    let refused = secrets.query().order_by(Secret::VALUE.asc()).page(2, None).await.unwrap_err();
    assert!(matches!(refused, Error::SecretInCursor { entity: "secret", column: "value" }), "{refused:?}");
    // Nor can the value of a filter be guessed until the fingerprint fits; that of another column counts.
    let next = async |filter: Predicate<Secret>| secrets.query().filter(filter).page(2, None).await.unwrap().next;
    assert_eq!(next(Secret::VALUE.ne("y")).await, next(Secret::VALUE.ne("z")).await);
    assert_ne!(next(Secret::NAME.ne("y")).await, next(Secret::NAME.ne("z")).await);
}

async fn values_too_long_for_a_cursor_are_an_error<DB: TestDb>() {
    let world = World::<DB, i64>::of(AuditSettings::off(), 2).await;
    let alice = UserContext::new(7).unwrap();
    let notes = world.pool.repository::<Note>(&alice);
    for letter in ["x", "y", "z"] {
        notes.insert(NewNote { text: letter.repeat(10_000) }).await.unwrap();
    }
    let refused = notes.query().order_by(Note::TEXT.asc()).page(2, None).await;
    assert!(matches!(refused, Err(Error::CursorTooLong { entity: "notes" })), "{refused:?}");
    assert_eq!(notes.query().order_by(Note::TEXT.asc()).page(3, None).await.unwrap().rows.len(), 3);
}

async fn a_refused_cursor_leaves_the_transaction_as_it_was<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    tasks(&world, &alice, 4).await;
    let tx = world.pool.begin(&alice).await.unwrap();
    let tasks = tx.repository::<Task>();
    let cursor = tasks.query().page(2, None).await.unwrap().next.unwrap();
    assert!(is_refused(tasks.query().order_by(Task::TITLE.asc()).page(2, cursor.clone()).await));
    tasks.insert(new_task("5")).await.unwrap();
    assert_eq!(tasks.query().page(9, cursor).await.unwrap().rows.len(), 3);
    tx.commit().await.unwrap();
}

async fn a_cursor_is_a_text_in_json<DB: TestDb>() {
    #[derive(Debug, serde::Deserialize)]
    struct Asked {
        cursor: Option<Cursor>,
    }
    let (world, alice) = (World::<DB>::open().await, user());
    tasks(&world, &alice, 3).await;
    let next = world.pool.repository::<Task>(&alice).query().page(2, None).await.unwrap().next.unwrap();
    let json = serde_json::to_string(&next).unwrap();
    assert_eq!(json, format!("\"{next}\""));
    let asked: Asked = serde_json::from_str(&format!("{{\"cursor\": {json}}}")).unwrap();
    assert_eq!(asked.cursor, Some(next));
    let refused = serde_json::from_str::<Asked>(r#"{"cursor": "AAAA"}"#).unwrap_err();
    assert!(refused.to_string().contains("start again at the first page"), "{refused}");
}
