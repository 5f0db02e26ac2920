//! sqlx by hand: `query_as` and `FromRow`, and the owner in every WHERE; with the same audit row as user-scope, or without any.

use chrono::{DateTime, SubsecRound as _, Utc};
use sqlx::query_builder::QueryBuilder;
use sqlx::{Pool, Postgres, Sqlite};
use user_scope::Uuid;

use super::Contestant;
use crate::world::{Status, Task};

pub(crate) struct ByHand<DB: sqlx::Database> {
    pub(crate) pool: Pool<DB>,
    /// Whether a write leaves its audit row, in the same transaction.
    pub(crate) audited: bool,
}

const DETAILS: &str = r#"{"changed":["title"]}"#;

/// To the microsecond, which is what all databases can store.
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

const UPDATE: &str = "UPDATE tasks SET title = $3, updated_at = $4 WHERE id = $1 AND user_id = $2 \
                      RETURNING id, user_id, title, status, due_on, created_at, updated_at";
const INSERT: &str = "INSERT INTO tasks (id, user_id, title, status, due_on, created_at, updated_at) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7) \
                      RETURNING id, user_id, title, status, due_on, created_at, updated_at";
const DELETE: &str = "DELETE FROM tasks WHERE id = $1 AND user_id = $2";

/// A statement and its audit row, in one: PostgreSQL carries both out, or neither.
macro_rules! audited {
    ($statement:expr, $operation:literal, $user:literal, $details:literal) => {
        concat!(
            "WITH changed AS (",
            $statement,
            "), logged AS (INSERT INTO user_access_log (user_id, entity_type, entity_id, \
             operation, details) SELECT $",
            $user,
            ", 'tasks', id::text, '",
            $operation,
            "', $",
            $details,
            "::jsonb FROM changed) \
             SELECT id, user_id, title, status, due_on, created_at, updated_at FROM changed"
        )
    };
}

/// What has one text on both databases.
macro_rules! alike {
    () => {
        async fn get(&self, user: Uuid, id: Uuid) -> Task {
            let task = sqlx::query_as(
                "SELECT id, user_id, title, status, due_on, created_at, updated_at FROM tasks \
                 WHERE id = $1 AND user_id = $2",
            );
            task.bind(id).bind(user).fetch_one(&self.pool).await.expect("the user's own task")
        }

        async fn newest(&self, user: Uuid, limit: u32) -> Vec<Task> {
            let tasks = sqlx::query_as(
                "SELECT id, user_id, title, status, due_on, created_at, updated_at FROM tasks \
                 WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2",
            );
            tasks.bind(user).bind(i64::from(limit)).fetch_all(&self.pool).await.expect("tasks")
        }

        async fn newest_open(&self, user: Uuid, limit: u32) -> Vec<Task> {
            let tasks = sqlx::query_as(
                "SELECT id, user_id, title, status, due_on, created_at, updated_at FROM tasks \
                 WHERE user_id = $1 AND status = $2 ORDER BY created_at DESC LIMIT $3",
            );
            let tasks = tasks.bind(user).bind(Status::Todo).bind(i64::from(limit));
            tasks.fetch_all(&self.pool).await.expect("tasks")
        }

        async fn second_page(&self, user: Uuid, size: u32) -> Vec<Task> {
            let first = sqlx::query_as(
                "SELECT id, user_id, title, status, due_on, created_at, updated_at FROM tasks \
                 WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
            );
            // One more tells whether there is a next page.
            let first: Vec<Task> =
                first.bind(user).bind(i64::from(size) + 1).fetch_all(&self.pool).await.expect("tasks");
            let last = &first[size as usize - 1];
            let second = sqlx::query_as(
                "SELECT id, user_id, title, status, due_on, created_at, updated_at FROM tasks \
                 WHERE user_id = $1 AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4",
            );
            let second = second.bind(user).bind(last.created_at).bind(last.id).bind(i64::from(size) + 1);
            let mut second: Vec<Task> = second.fetch_all(&self.pool).await.expect("tasks");
            second.truncate(size as usize);
            second
        }

        async fn insert_many(&self, user: Uuid, titles: Vec<String>) -> Vec<Task> {
            let mut insert =
                QueryBuilder::new("INSERT INTO tasks (id, user_id, title, status, due_on, created_at, updated_at) ");
            let now = now();
            insert.push_values(titles, |mut row, title| {
                row.push_bind(Uuid::now_v7()).push_bind(user).push_bind(title).push_bind(Status::Todo);
                row.push_bind(None::<chrono::NaiveDate>).push_bind(now).push_bind(now);
            });
            insert.push(" RETURNING id, user_id, title, status, due_on, created_at, updated_at");
            insert.build_query_as().fetch_all(&self.pool).await.expect("new rows")
        }

        async fn delete(&self, user: Uuid, id: Uuid) {
            let deleted = sqlx::query(DELETE).bind(id).bind(user).execute(&self.pool).await.expect("a task");
            assert_eq!(deleted.rows_affected(), 1);
        }
    };
}

impl Contestant for ByHand<Postgres> {
    alike!();

    async fn rename(&self, user: Uuid, id: Uuid, title: String) -> Task {
        if !self.audited {
            let task = sqlx::query_as(UPDATE).bind(id).bind(user).bind(title).bind(now());
            return task.fetch_one(&self.pool).await.expect("the user's own task");
        }
        const AUDITED: &str = audited!(
            "UPDATE tasks SET title = $3, updated_at = $4 WHERE id = $1 AND user_id = $2 \
             RETURNING id, user_id, title, status, due_on, created_at, updated_at",
            "update",
            "5",
            "6"
        );
        let task = sqlx::query_as(AUDITED).bind(id).bind(user).bind(title).bind(now()).bind(user).bind(DETAILS);
        task.fetch_one(&self.pool).await.expect("the user's own task")
    }

    async fn insert(&self, user: Uuid, title: String) -> Task {
        let now = now();
        if !self.audited {
            let task = sqlx::query_as(INSERT).bind(Uuid::now_v7()).bind(user).bind(title).bind(Status::Todo);
            let task = task.bind(None::<chrono::NaiveDate>).bind(now).bind(now);
            return task.fetch_one(&self.pool).await.expect("a new task");
        }
        const AUDITED: &str = audited!(
            "INSERT INTO tasks (id, user_id, title, status, due_on, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             RETURNING id, user_id, title, status, due_on, created_at, updated_at",
            "create",
            "8",
            "9"
        );
        let task = sqlx::query_as(AUDITED).bind(Uuid::now_v7()).bind(user).bind(title).bind(Status::Todo);
        let task = task.bind(None::<chrono::NaiveDate>).bind(now).bind(now).bind(user).bind(None::<String>);
        task.fetch_one(&self.pool).await.expect("a new task")
    }
}

impl Contestant for ByHand<Sqlite> {
    alike!();

    /// With its audit row in one transaction, which takes the lock for writing at once.
    async fn rename(&self, user: Uuid, id: Uuid, title: String) -> Task {
        let task = sqlx::query_as(UPDATE).bind(id).bind(user).bind(title).bind(now());
        if !self.audited {
            return task.fetch_one(&self.pool).await.expect("the user's own task");
        }
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.expect("nobody else writes");
        let task: Task = task.fetch_one(&mut *transaction).await.expect("the user's own task");
        log(&mut transaction, user, id, "update", Some(DETAILS)).await;
        transaction.commit().await.expect("nobody else writes");
        task
    }

    async fn insert(&self, user: Uuid, title: String) -> Task {
        let (id, now) = (Uuid::now_v7(), now());
        let task = sqlx::query_as(INSERT).bind(id).bind(user).bind(title).bind(Status::Todo);
        let task = task.bind(None::<chrono::NaiveDate>).bind(now).bind(now);
        if !self.audited {
            return task.fetch_one(&self.pool).await.expect("a new task");
        }
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.expect("nobody else writes");
        let task: Task = task.fetch_one(&mut *transaction).await.expect("a new task");
        log(&mut transaction, user, id, "create", None).await;
        transaction.commit().await.expect("nobody else writes");
        task
    }
}

async fn log(connection: &mut sqlx::SqliteConnection, user: Uuid, id: Uuid, operation: &str, details: Option<&str>) {
    let log = sqlx::query(
        "INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, details) VALUES ($1, $2, $3, $4, $5)",
    );
    let log = log.bind(user.to_string()).bind("tasks").bind(id.to_string()).bind(operation).bind(details);
    log.execute(connection).await.expect("a new row");
}
