//! Rows one by one: however many there are, whoever stops early, and in a transaction beside other work.

use std::pin::pin;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use user_scope::audit::{AuditSettings, ReadAudit};
use user_scope::{Error, Select, Stores, UserContext, UserScoped, Uuid};

use super::cancellation::cancelled_after;
use super::captured::captured;
use super::databases::TestDb;
use super::entities::{Note, Secret, Task};
use super::world::{World, new_task, user};

on_each_database!(
    many_rows_are_streamed_in_order_and_none_of_anybody_elses,
    the_first_rows_arrive_before_the_last_is_read,
    a_result_without_an_end_can_be_streamed_and_left,
    a_stream_obeys_filter_limit_and_selection,
    a_stream_that_is_not_polled_does_nothing,
    a_stream_that_is_dropped_early_leaves_a_pool_of_one_usable,
    a_stream_that_is_dropped_early_leaves_its_transaction_usable,
    while_a_stream_is_open_its_transaction_is_busy,
    an_operation_that_waits_when_a_stream_opens_is_told,
    a_row_that_fails_in_the_database_aborts_the_transaction,
    a_row_that_cannot_be_read_ends_the_stream_and_not_the_transaction,
    a_commit_after_a_dropped_stream_tells_the_truth,
    a_stream_can_be_cancelled_at_any_await,
    closing_the_pool_waits_for_a_stream,
    a_stream_is_audited_once_with_the_rows_that_it_gave,
    a_stream_that_nobody_can_record_is_counted,
    a_stream_has_a_span_and_no_values,
    a_system_context_streams_the_rows_of_all,
);

const MANY: usize = 50_000;

/// Something else to write.
#[derive(UserScoped)]
#[user_scoped(table = "marks")]
struct Mark {
    #[user_scoped(id)]
    id: String,
    #[user_scoped(owner)]
    user_id: i64,
}

/// Alice has many wide notes, with one of Bob's between any two of them.
async fn many_notes<DB: TestDb>(connections: u32) -> (World<DB, i64>, UserContext<i64>) {
    let world = World::<DB, i64>::of(AuditSettings::default(), connections).await;
    let rows = format!(
        "INSERT INTO notes (user_id, text) \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) \
         SELECT 7 + i % 2, CAST(i AS TEXT) || '{}' FROM n",
        2 * MANY,
        "x".repeat(400)
    );
    DB::run(&world.raw, &rows).await.unwrap();
    (world, UserContext::new(7).unwrap())
}

/// In place of the table a view, which fails in the database when it comes to the row `id`.
async fn failing_at<DB: TestDb>(world: &World<DB, i64>, id: usize) {
    let failure = if DB::UUID == "UUID" { "CAST(1 / (id - id) AS TEXT)" } else { "abs(-9223372036854775807 - 1)" };
    let view = format!(
        "ALTER TABLE notes RENAME TO notes_below; \
         CREATE VIEW notes AS SELECT id, user_id, CASE WHEN id = {id} THEN {failure} ELSE text END AS text \
         FROM notes_below"
    );
    DB::run(&world.raw, &view).await.unwrap();
    world.open_to_the_application().await;
}

async fn many_rows_are_streamed_in_order_and_none_of_anybody_elses<DB: TestDb>() {
    let (world, alice) = many_notes::<DB>(2).await;
    let notes = world.pool.repository::<Note>(&alice);
    let mut stream = notes.query().order_by(Note::ID.asc()).stream();
    let (mut seen, mut last) = (0, 0);
    while let Some(note) = stream.try_next().await.unwrap() {
        assert!(note.user_id == 7 && note.id > last && note.text.len() > 400);
        (seen, last) = (seen + 1, note.id);
    }
    assert_eq!(seen, MANY);
    // It stays at its end.
    assert!(stream.next().await.is_none() && stream.next().await.is_none());
}

/// Whoever reads everything first hears of the failure first.
async fn the_first_rows_arrive_before_the_last_is_read<DB: TestDb>() {
    let (world, alice) = many_notes::<DB>(1).await;
    failing_at(&world, 2 * MANY).await;
    let notes = world.pool.repository::<Note>(&alice);
    // Without an order, for which the database would have to read everything first.
    let unordered = || notes.query();
    let mut stream = unordered().stream();
    let mut seen = 0;
    let error = loop {
        match stream.next().await.expect("the failure comes before the end") {
            Ok(_) => seen += 1,
            Err(error) => break error,
        }
    };
    assert!(seen > MANY / 2, "{seen}");
    assert!(matches!(error, Error::Rejected { entity: "notes", .. }), "{error:?}");
    assert!(stream.next().await.is_none());
    drop(stream);
    assert!(unordered().all().await.is_err());
    assert_eq!(unordered().filter(Note::ID.le(10)).count().await.unwrap(), 5);
    // What was seen is on record, though the stream failed.
    let log = world.log().await;
    let streamed = format!(r#"{{"rows":{seen}}}"#);
    assert_eq!(log.iter().filter(|line| line.details == streamed).count(), 1, "{log:?}");
}

/// It can neither be read as a whole, nor read to its end when nobody wants it any more.
async fn a_result_without_an_end_can_be_streamed_and_left<DB: TestDb + Stores<Mark>>() {
    let world = World::<DB, i64>::of(AuditSettings::default(), 1).await;
    let endless = "DROP TABLE notes; CREATE TABLE marks (id TEXT PRIMARY KEY, user_id BIGINT NOT NULL); \
                   CREATE VIEW notes AS WITH RECURSIVE n (i) AS \
                   (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n) \
                   SELECT i AS id, CAST(7 AS BIGINT) AS user_id, 'x' AS text FROM n";
    DB::run(&world.raw, endless).await.unwrap();
    world.open_to_the_application().await;
    let alice = UserContext::new(7).unwrap();
    let left = async {
        let seen = world.pool.repository::<Note>(&alice).query().stream().take(1_000).count().await;
        let mark = world.pool.repository::<Mark>(&alice).insert(NewMark {}).await;
        (seen, mark.is_ok())
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(60), left).await, Ok((1_000, true)));
}

async fn a_stream_obeys_filter_limit_and_selection<DB: TestDb>() {
    #[derive(Debug, PartialEq, Select)]
    #[user_scoped(from = Task)]
    struct Title {
        title: String,
    }
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    for title in ["a", "b", "c", "d"] {
        world.task(&alice, title).await;
        world.task(&bob, title).await;
    }
    let tasks = world.pool.repository::<Task>(&alice);
    let query = tasks.query().filter(Task::TITLE.ne("a")).order_by(Task::TITLE.desc()).limit(2).select::<Title>();
    let titles: Vec<_> = query.stream().try_collect().await.unwrap();
    assert_eq!(titles, [Title { title: "d".into() }, Title { title: "c".into() }]);
    let deep = (0..300).fold(Task::TITLE.eq("a"), |deep, _| !deep);
    let mut stream = tasks.query().filter(deep).stream();
    assert!(matches!(stream.next().await, Some(Err(Error::TooDeep { .. }))));
    assert!(stream.next().await.is_none());
    // It can be sent to another task, with what it borrows.
    fn sendable<S: Send + Unpin>(_: S) {}
    sendable(tasks.query().stream());
}

async fn a_stream_that_is_not_polled_does_nothing<DB: TestDb>() {
    let (world, alice) = (World::<DB>::with(AuditSettings::default(), 1).await, user());
    let tx = world.pool.begin(&alice).await.unwrap();
    let unpolled = tx.repository::<Task>().query().stream();
    tx.repository::<Task>().insert(new_task("x")).await.unwrap();
    drop(unpolled);
    tx.commit().await.unwrap();
    let tasks = world.pool.repository::<Task>(&alice);
    let unpolled = [tasks.query().stream(), tasks.query().stream()];
    assert_eq!(tasks.query().count().await.unwrap(), 1);
    drop(unpolled);
    assert_eq!(world.operations().await, ["create tasks", "list tasks"]);
}

async fn a_stream_that_is_dropped_early_leaves_a_pool_of_one_usable<DB: TestDb>() {
    let (world, alice) = many_notes::<DB>(1).await;
    let bob = UserContext::new(8).unwrap();
    for rows in [1, 2, 100] {
        let notes = world.pool.repository::<Note>(&alice);
        let seen: Vec<_> = notes.query().stream().take(rows).try_collect().await.unwrap();
        assert_eq!(seen.len(), rows);
        // The next borrower of the connection is somebody else.
        let his = world.pool.repository::<Note>(&bob);
        let note = his.insert(super::entities::NewNote { text: "his".into() }).await.unwrap();
        assert_eq!(his.get(&note.id).await.unwrap(), note);
    }
    let streamed = world.log().await.into_iter().filter(|line| line.user_id == "7");
    let details: Vec<_> = streamed.map(|line| (line.operation, line.details)).collect();
    assert_eq!(details, [1, 2, 100].map(|rows| ("list".to_owned(), format!(r#"{{"rows":{rows}}}"#))));
}

async fn a_stream_that_is_dropped_early_leaves_its_transaction_usable<DB: TestDb>() {
    let (world, alice) = many_notes::<DB>(1).await;
    let tx = world.pool.begin(&alice).await.unwrap();
    let notes = tx.repository::<Note>();
    let new = |text: &str| super::entities::NewNote { text: text.into() };
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

async fn a_stream_can_be_cancelled_at_any_await<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::with(AuditSettings::default(), 1).await, user(), user());
    for number in 0..20 {
        world.task(&alice, &format!("{number}")).await;
    }
    for polls in 1..=60 {
        let tasks = world.pool.repository::<Task>(&alice);
        cancelled_after(polls, tasks.query().stream().try_collect::<Vec<_>>()).await;
        world.task(&bob, "his").await;

        let tx = world.pool.begin(&alice).await.unwrap();
        cancelled_after(polls, tx.repository::<Task>().query().stream().try_collect::<Vec<_>>()).await;
        // A read that nobody wants any more takes nothing from the transaction.
        tx.repository::<Task>().insert(new_task("hers")).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM tasks WHERE title = 'his'").await, 60);
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM tasks WHERE title = 'hers'").await, 60);
}

async fn closing_the_pool_waits_for_a_stream<DB: TestDb>() {
    for early in [false, true] {
        let (world, alice) = (World::<DB>::open().await, user());
        for title in ["a", "b"] {
            world.task(&alice, title).await;
        }
        let tasks = world.pool.repository::<Task>(&alice);
        let mut stream = tasks.query().stream();
        stream.next().await.unwrap().unwrap();
        let mut close = pin!(world.pool.close());
        assert!(close.as_mut().now_or_never().is_none(), "a stream is open");
        if !early {
            assert_eq!(stream.by_ref().count().await, 1);
        }
        drop(stream);
        close.await;
        assert!(matches!(tasks.query().stream().next().await, Some(Err(Error::Unavailable { .. }))));
        let listed = "SELECT count(*) FROM user_access_log WHERE operation = 'list'";
        assert_eq!(DB::number(&world.raw, listed).await, 1);
    }
}

async fn a_stream_is_audited_once_with_the_rows_that_it_gave<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    assert!(tasks.query().stream().next().await.is_none());
    for title in ["a", "b", "c"] {
        world.task(&alice, title).await;
    }
    assert_eq!(tasks.query().stream().count().await, 3);
    assert_eq!(tasks.query().stream().take(2).count().await, 2);
    let tx = world.pool.begin(&alice).await.unwrap();
    assert_eq!(tx.repository::<Task>().query().stream().count().await, 3);
    // A read stays on record, whatever becomes of the transaction.
    tx.rollback().await.unwrap();
    let lists = world.log().await.into_iter().filter(|line| line.operation == "list");
    assert_eq!(
        lists.map(|line| line.details).collect::<Vec<_>>(),
        [r#"{"rows":0}"#, r#"{"rows":3}"#, r#"{"rows":2}"#, r#"{"rows":3}"#]
    );

    let world = World::<DB>::with(AuditSettings::default().reads(ReadAudit::Off), 2).await;
    world.task(&alice, "a").await;
    assert_eq!(world.pool.repository::<Task>(&alice).query().stream().count().await, 1);
    assert_eq!(world.operations().await, ["create tasks"]);
}

/// In a drop nobody can wait for a place in the queue.
async fn a_stream_that_nobody_can_record_is_counted<DB: TestDb>() {
    let (world, alice) = (World::<DB>::with(AuditSettings::default().queue(1), 2).await, user());
    for title in ["a", "b"] {
        world.task(&alice, title).await;
    }
    let tasks = world.pool.repository::<Task>(&alice);
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = tasks.query().stream();
        stream.next().await.unwrap().unwrap();
        streams.push(stream);
    }
    // Both in one go: the writer has no chance to come between.
    drop(streams);
    assert_eq!(world.pool.audit_stats().dropped, 1);
    world.pool.flush_audit().await;
    assert_eq!(world.pool.audit_stats().recorded, 1);
}

async fn a_stream_has_a_span_and_no_values<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let secrets = world.pool.repository::<Secret>(&alice);
    secrets.insert(super::entities::NewSecret { name: "mail".into(), value: "hunter2".into() }).await.unwrap();
    let query = secrets.query().filter(Secret::VALUE.eq("hunter2"));
    let (seen, records) = captured(query.stream().count()).await;
    assert_eq!(seen, 1);
    let ours: Vec<_> = records.iter().filter(|record| record.target == "user_scope").collect();
    let spans: Vec<_> = ours.iter().filter(|record| record.name == "access").collect();
    assert_eq!(spans.iter().map(|span| span.fields["operation"].as_str()).collect::<Vec<_>>(), ["stream"]);
    let ends: Vec<_> = ours.iter().filter_map(|record| record.fields.get("rows")).collect();
    assert_eq!(ends, ["1"]);
    assert!(!format!("{records:?}").contains("hunter"), "a value of a row was logged: {records:?}");
}

async fn a_system_context_streams_the_rows_of_all<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    world.task(&alice, "hers").await;
    world.task(&bob, "his").await;
    let reader = world.system().await.read_only();
    let everyone = reader.repository::<Task>();
    let ids: Vec<Uuid> = everyone.query().stream().map_ok(|task| task.user_id).try_collect().await.unwrap();
    assert_eq!(ids.len(), 2);
    let log = world.log().await;
    let details: serde_json::Value = serde_json::from_str(&log.last().unwrap().details).unwrap();
    assert_eq!(details, serde_json::json!({"rows": 2, "receipt": reader.receipt_id()}));
}
