//! Rows one by one: however many there are, and whoever stops early.

use std::pin::pin;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use user_scope::audit::AuditSettings;
use user_scope::{Error, Select, Stores, UserContext, UserScoped};

use super::cancellation::cancelled_after;
use super::databases::TestDb;
use super::entities::{Note, Task};
use super::world::{World, new_task, user};

on_each_database_and_through_pgbouncer!(
    many_rows_are_streamed_in_order_and_none_of_anybody_elses,
    the_first_rows_arrive_before_the_last_is_read,
    a_result_without_an_end_can_be_streamed_and_left,
    a_stream_obeys_filter_limit_and_selection,
    a_stream_that_is_not_polled_does_nothing,
    a_stream_that_is_dropped_early_leaves_a_pool_of_one_usable,
    a_stream_can_be_cancelled_at_any_await,
    closing_the_pool_waits_for_a_stream,
);

pub const MANY: usize = 50_000;

/// Something else to write.
#[derive(UserScoped)]
#[user_scoped(table = "marks")]
pub struct Mark {
    #[user_scoped(id)]
    id: String,
    #[user_scoped(owner)]
    user_id: i64,
}

/// Alice has many wide notes, with one of Bob's between any two of them.
pub async fn many_notes<DB: TestDb>(connections: u32) -> (World<DB, i64>, UserContext<i64>) {
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
pub async fn failing_at<DB: TestDb>(world: &World<DB, i64>, id: usize) {
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
