//! Promise 7 where everything ends at once: the database is killed, or the process, in the middle of load. What was committed is on
//! record, and nothing else is.

mod database;
mod process;

use sqlx::Pool;

use crate::databases::TestDb;

/// Faults between the tasks and their audit rows, of writes that were atomic with them: none on any line. A task's title is how
/// often it was updated.
async fn faults<DB: TestDb>(raw: &Pool<DB>) -> Vec<(&'static str, i64)> {
    let (id, number) = match DB::UUID {
        "BLOB" => ("lower(hex(tasks.id))", "CAST(title AS INTEGER)"),
        _ => ("replace(tasks.id::text, '-', '')", "title::bigint"),
    };
    let log = |operation: &str| {
        format!(
            "(SELECT replace(entity_id, '-', '') AS id, count(*) AS times FROM user_access_log \
                 WHERE entity_type = 'tasks' AND operation = '{operation}' GROUP BY 1)"
        )
    };
    let (created, updated, deleted) = (log("create"), log("update"), log("delete"));
    let questions = [
        ("written twice into the log", format!("SELECT count(*) FROM {created} AS c WHERE c.times <> 1")),
        ("deleted twice", format!("SELECT count(*) FROM {deleted} AS d WHERE d.times <> 1")),
        (
            "updates of what was never created",
            format!("SELECT count(*) FROM {updated} AS u LEFT JOIN {created} AS c ON c.id = u.id WHERE c.id IS NULL"),
        ),
        (
            "deletions of what was never created",
            format!("SELECT count(*) FROM {deleted} AS d LEFT JOIN {created} AS c ON c.id = d.id WHERE c.id IS NULL"),
        ),
        (
            "tasks of which the log knows nothing",
            format!("SELECT count(*) FROM tasks LEFT JOIN {created} AS c ON c.id = {id} WHERE c.id IS NULL"),
        ),
        (
            "tasks that were created and are not there, though nobody deleted them",
            format!(
                "SELECT count(*) FROM {created} AS c LEFT JOIN tasks ON c.id = {id} LEFT JOIN {deleted} AS d ON d.id = c.id \
                 WHERE (tasks.id IS NULL) <> (d.id IS NOT NULL)"
            ),
        ),
        (
            "tasks that were updated otherwise than is on record",
            format!(
                "SELECT count(*) FROM tasks LEFT JOIN {updated} AS u ON u.id = {id} WHERE {number} <> coalesce(u.times, 0)"
            ),
        ),
    ];
    let mut found = Vec::new();
    for (fault, question) in questions {
        match DB::number(raw, &question).await {
            0 => {}
            many => found.push((fault, many)),
        }
    }
    found
}

/// The test is one: where a row of the log is missing, it is found. An update is that of a task that is there: what the title of
/// another was, nobody knows.
async fn is_found_where_it_is_missing<DB: TestDb>(raw: &Pool<DB>) {
    for operation in ["update", "delete", "create"] {
        let before = faults(raw).await;
        let is_there = match (operation, DB::UUID) {
            ("update", "BLOB") => "AND replace(entity_id, '-', '') IN (SELECT lower(hex(id)) FROM tasks)",
            ("update", _) => "AND entity_id IN (SELECT id::text FROM tasks)",
            _ => "",
        };
        let one = format!(
            "DELETE FROM user_access_log WHERE id = (SELECT min(id) FROM user_access_log WHERE operation = '{operation}' {is_there})"
        );
        assert_eq!(DB::run(raw, &one).await.unwrap(), 1);
        assert_ne!(faults(raw).await, before, "{operation}");
    }
}
