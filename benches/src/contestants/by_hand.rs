//! sqlx by hand: `query_as` and `FromRow`, the owner in every WHERE, and the same audit row.

use chrono::{DateTime, SubsecRound as _, Utc};
use sqlx::{Pool, Postgres, Sqlite};
use user_scope::Uuid;

use super::Contestant;
use crate::world::{Status, Task};

pub(crate) struct ByHand<DB: sqlx::Database>(pub(crate) Pool<DB>);

const DETAILS: &str = r#"{"changed":["title"]}"#;

/// To the microsecond, which is what all databases can store.
fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// The reads have one text on both databases.
macro_rules! reads {
    () => {
        async fn get(&self, user: Uuid, id: Uuid) -> Task {
            let task = sqlx::query_as(
                "SELECT id, user_id, title, status, due_on, created_at, updated_at FROM tasks \
                 WHERE id = $1 AND user_id = $2",
            );
            task.bind(id).bind(user).fetch_one(&self.0).await.expect("the user's own task")
        }

        async fn newest(&self, user: Uuid, limit: u32) -> Vec<Task> {
            let tasks = sqlx::query_as(
                "SELECT id, user_id, title, status, due_on, created_at, updated_at FROM tasks \
                 WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2",
            );
            tasks.bind(user).bind(i64::from(limit)).fetch_all(&self.0).await.expect("tasks")
        }

        async fn newest_open(&self, user: Uuid, limit: u32) -> Vec<Task> {
            let tasks = sqlx::query_as(
                "SELECT id, user_id, title, status, due_on, created_at, updated_at FROM tasks \
                 WHERE user_id = $1 AND status = $2 ORDER BY created_at DESC LIMIT $3",
            );
            let tasks = tasks.bind(user).bind(Status::Todo).bind(i64::from(limit));
            tasks.fetch_all(&self.0).await.expect("tasks")
        }
    };
}

impl Contestant for ByHand<Postgres> {
    reads!();

    /// One statement, which is atomic by itself.
    async fn rename(&self, user: Uuid, id: Uuid, title: String) -> Task {
        let task = sqlx::query_as(
            "WITH changed AS (
                UPDATE tasks SET title = $3, updated_at = $4 WHERE id = $1 AND user_id = $2
                RETURNING id, user_id, title, status, due_on, created_at, updated_at
            ), logged AS (
                INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, details)
                SELECT $5, 'tasks', id::text, 'update', $6::jsonb FROM changed
            ) SELECT id, user_id, title, status, due_on, created_at, updated_at FROM changed",
        );
        let task = task.bind(id).bind(user).bind(title).bind(now()).bind(user).bind(DETAILS);
        task.fetch_one(&self.0).await.expect("the user's own task")
    }
}

impl Contestant for ByHand<Sqlite> {
    reads!();

    /// One transaction, which takes the lock for writing at once.
    async fn rename(&self, user: Uuid, id: Uuid, title: String) -> Task {
        let mut transaction = self.0.begin_with("BEGIN IMMEDIATE").await.expect("nobody else writes");
        let task = sqlx::query_as(
            "UPDATE tasks SET title = $3, updated_at = $4 WHERE id = $1 AND user_id = $2 \
             RETURNING id, user_id, title, status, due_on, created_at, updated_at",
        );
        let task = task.bind(id).bind(user).bind(title).bind(now());
        let task: Task = task.fetch_one(&mut *transaction).await.expect("the user's own task");
        let log = sqlx::query(
            "INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, details) \
             VALUES ($1, $2, $3, $4, $5)",
        );
        let log = log.bind(user.to_string()).bind("tasks").bind(id.to_string()).bind("update").bind(DETAILS);
        log.execute(&mut *transaction).await.expect("a new row");
        transaction.commit().await.expect("nobody else writes");
        task
    }
}
