//! Rows one by one in a transaction, beside its other work.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use user_scope::audit::AuditSettings;
use user_scope::{Error, Stores};

use super::databases::TestDb;
use super::entities::{NewNote, Note, Task};
use super::streams::{MANY, Mark, NewMark, failing_at, many_notes};
use super::world::{World, new_task, user};

on_each_database_and_through_pgbouncer!(
    a_stream_that_is_dropped_early_leaves_its_transaction_usable,
    while_a_stream_is_open_its_transaction_is_busy,
    an_operation_that_waits_when_a_stream_opens_is_told,
    a_row_that_fails_in_the_database_aborts_the_transaction,
    a_row_that_cannot_be_read_ends_the_stream_and_not_the_transaction,
    a_commit_after_a_dropped_stream_tells_the_truth,
);

async fn a_stream_that_is_dropped_early_leaves_its_transaction_usable<DB: TestDb>() {
    let (world, alice) = many_notes::<DB>(1).await;
    let tx = world.pool.begin(&alice).await.unwrap();
    let notes = tx.repository::<Note>();
    let new = |text: &str| NewNote { text: text.into() };
    notes.insert(new("before")).await.unwrap();
    for _ in 0..2 {
        let seen: Vec<_> = notes.query().stream().take(2).try_collect().await.unwrap();
        assert_eq!(seen.len(), 2);
        notes.insert(new("after")).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM notes WHERE text IN ('before', 'after')").await, 3);
    let lists = world.log().await.into_iter().filter(|line| line.operation == "list");
    assert_eq!(lists.map(|line| line.details).collect::<Vec<_>>(), [r#"{"rows":2}"#; 2]);

    // A transaction that ends right after the drop.
    for commit in [true, false] {
        let tx = world.pool.begin(&alice).await.unwrap();
        tx.repository::<Note>().insert(new("at the end")).await.unwrap();
        assert!(tx.repository::<Note>().query().stream().next().await.unwrap().is_ok());
        if commit { tx.commit().await.unwrap() } else { tx.rollback().await.unwrap() }
    }
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM notes WHERE text = 'at the end'").await, 1);
}

async fn while_a_stream_is_open_its_transaction_is_busy<DB: TestDb>() {
    let (world, alice) = (World::<DB>::with(AuditSettings::default(), 1).await, user());
    for title in ["a", "b"] {
        world.task(&alice, title).await;
    }
    let tx = world.pool.begin(&alice).await.unwrap();
    let tasks = tx.repository::<Task>();
    let mut stream = tasks.query().order_by(Task::TITLE.asc()).stream();
    let first = stream.next().await.unwrap().unwrap();
    assert!(matches!(tasks.get(&first.id).await, Err(Error::Busy)));
    assert!(matches!(tasks.insert(new_task("c")).await, Err(Error::Busy)));
    assert!(matches!(tasks.query().stream().next().await, Some(Err(Error::Busy))));
    assert_eq!(
        tasks.delete(&first.id).await.unwrap_err().to_string(),
        "a stream of rows is open in this transaction; finish or drop it first"
    );
    assert_eq!(stream.next().await.unwrap().unwrap().title, "b");
    assert!(stream.next().await.is_none());
    // At its end, though it is still there, the transaction goes on; nothing was aborted.
    tasks.delete(&first.id).await.unwrap();
    drop(stream);
    tx.commit().await.unwrap();
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM tasks").await, 1);
}

async fn an_operation_that_waits_when_a_stream_opens_is_told<DB: TestDb>() {
    let (world, alice) = (World::<DB>::with(AuditSettings::default(), 1).await, user());
    world.task(&alice, "a").await;
    let tx = world.pool.begin(&alice).await.unwrap();
    let tasks = tx.repository::<Task>();
    let mut stream = tasks.query().stream();
    // One that is under way; a quick one is done at once, and the next is tried.
    let mut insert = Box::pin(tasks.insert(new_task("b")));
    while insert.as_mut().now_or_never().is_some() {
        insert = Box::pin(tasks.insert(new_task("b")));
    }
    // In this order: the last two wait behind the stream, which waits behind the first.
    let side_by_side = futures_util::future::join3(
        insert,
        stream.next(),
        futures_util::future::join(tasks.query().count(), tasks.query().count()),
    );
    let (inserted, first, counted) = tokio::time::timeout(Duration::from_secs(20), side_by_side).await.unwrap();
    inserted.unwrap();
    first.unwrap().unwrap();
    assert!(matches!(counted, (Err(Error::Busy), Err(Error::Busy))), "{counted:?}");
    drop(stream);
    assert!(tasks.query().count().await.unwrap() >= 2);
    tx.commit().await.unwrap();
}

async fn a_row_that_fails_in_the_database_aborts_the_transaction<DB: TestDb>() {
    let (world, alice) = many_notes::<DB>(1).await;
    failing_at(&world, 2_000).await;
    let tx = world.pool.begin(&alice).await.unwrap();
    let notes = tx.repository::<Note>();
    let mut stream = notes.query().stream();
    let error = loop {
        if let Err(error) = stream.next().await.unwrap() {
            break error;
        }
    };
    assert!(matches!(error, Error::Rejected { .. }), "{error:?}");
    assert!(matches!(notes.query().count().await, Err(Error::TransactionAborted)));
    drop(stream);
    assert!(matches!(tx.commit().await, Err(Error::TransactionAborted)));
    let notes = world.pool.repository::<Note>(&alice);
    assert_eq!(notes.query().filter(Note::ID.le(10)).count().await.unwrap(), 5);
}

async fn a_row_that_cannot_be_read_ends_the_stream_and_not_the_transaction<DB: TestDb>() {
    let (world, alice) = (World::<DB>::with(AuditSettings::default(), 1).await, user());
    for title in ["a", "b", "c"] {
        world.task(&alice, title).await;
    }
    DB::run(&world.raw, "UPDATE tasks SET status = 'of a newer version' WHERE title = 'b'").await.unwrap();
    let tx = world.pool.begin(&alice).await.unwrap();
    let tasks = tx.repository::<Task>();
    let mut stream = tasks.query().order_by(Task::TITLE.asc()).stream();
    assert_eq!(stream.next().await.unwrap().unwrap().title, "a");
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "column `status` could not be decoded");
    assert!(stream.next().await.is_none());
    tasks.insert(new_task("d")).await.unwrap();
    drop(stream);
    tx.commit().await.unwrap();
    let tasks = world.pool.repository::<Task>(&alice);
    let read: Vec<_> = tasks.query().order_by(Task::TITLE.asc()).stream().collect().await;
    assert!(matches!(&read[..], [Ok(_), Err(Error::Decode { .. })]), "{read:?}");
    assert_eq!(tasks.query().count().await.unwrap(), 4);
}

/// The server may fail on a row that nobody wants any more, and answers the commit with a silent rollback.
async fn a_commit_after_a_dropped_stream_tells_the_truth<DB: TestDb + Stores<Mark>>() {
    let (world, alice) = many_notes::<DB>(1).await;
    failing_at(&world, 2 * MANY).await;
    DB::run(&world.raw, "CREATE TABLE marks (id TEXT PRIMARY KEY, user_id BIGINT NOT NULL)").await.unwrap();
    world.open_to_the_application().await;
    let tx = world.pool.begin(&alice).await.unwrap();
    tx.repository::<Mark>().insert(NewMark {}).await.unwrap();
    let mut stream = tx.repository::<Note>().query().stream();
    assert!(stream.next().await.unwrap().is_ok());
    drop(stream);
    let committed = tx.commit().await.is_ok();
    let stands = DB::number(&world.raw, "SELECT count(*) FROM marks").await == 1;
    assert_eq!(committed, stands);
    assert_eq!(committed, DB::UUID == "BLOB", "PostgreSQL reads on, and SQLite does not");
}
