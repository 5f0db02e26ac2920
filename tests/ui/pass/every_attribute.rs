//! Skipped, redacted and renamed, with everything that can be said of the structs beside it.

#![deny(missing_docs, warnings)]

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use user_scope::{Change, UniqueKey, UserScoped, Uuid};

/// A task.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(
    table = "app.tasks",
    name = "task",
    new(derive(Debug, Deserialize), name = "TaskDraft", deny_unknown_fields, serde(rename_all = "camelCase")),
    changes(derive(Debug, Default, Deserialize), name = "TaskPatch", deny_unknown_fields),
    audit(writes = "background", reads = "off", denials = "background", values = "old_and_new"),
    children(Step, Remark),
    unique(title, (r#type, title)),
    on(sqlx::Postgres, sqlx::Sqlite)
)]
pub struct Task {
    /// Its id.
    #[user_scoped(id, column = "key")]
    pub id: Uuid,
    /// Its owner.
    #[user_scoped(owner, as = "text", column = "owner")]
    pub user_id: Uuid,
    /// What is to be done.
    pub title: String,
    #[allow(missing_docs)]
    pub r#type: String,
    /// What it is a part of.
    #[user_scoped(parent = Self, on_delete = "restrict")]
    pub part_of: Option<Uuid>,
    /// Until when.
    pub due_on: Option<NaiveDate>,
    /// What is not for the log.
    #[user_scoped(redact)]
    pub secret: String,
    #[user_scoped(redact)]
    pin: Option<i32>,
    #[user_scoped(skip)]
    cached: Option<Vec<u8>>,
    /// When it was made.
    #[user_scoped(created_at)]
    pub created_at: DateTime<Utc>,
    /// When it was changed.
    #[user_scoped(updated_at, column = "changed_at")]
    pub updated_at: Option<DateTime<Utc>>,
    /// Since when it is gone.
    #[user_scoped(deleted_at, column = "gone_at")]
    pub deleted_at: Option<DateTime<Utc>>,
    /// How often it was written.
    #[user_scoped(version, redact)]
    pub version: i32,
}

/// A step of a task.
#[derive(Debug, UserScoped)]
#[user_scoped(table = "steps", on(sqlx::Postgres, sqlx::Sqlite))]
pub struct Step {
    /// Its number, of which each user has a first one.
    #[user_scoped(id, key = "owner")]
    pub id: i64,
    /// Its owner.
    #[user_scoped(owner, as = "text")]
    pub user_id: Uuid,
    /// Its task, with which it goes.
    #[user_scoped(parent = Task, on_delete = "cascade")]
    pub task_id: Uuid,
    /// Since when it is gone.
    #[user_scoped(deleted_at)]
    pub deleted_at: Option<DateTime<Utc>>,
}

/// What is said of two tasks.
#[derive(Debug, UserScoped)]
#[user_scoped(table = "remarks", on(sqlx::Postgres, sqlx::Sqlite))]
pub struct Remark {
    /// Its id.
    #[user_scoped(id)]
    pub id: Uuid,
    /// Its owner.
    #[user_scoped(owner, as = "text")]
    pub user_id: Uuid,
    /// The one.
    #[user_scoped(parent = Task, as = "text", on_delete = "set_null")]
    pub one: Option<Uuid>,
    /// The other.
    #[user_scoped(parent = Task)]
    pub other: Uuid,
    #[user_scoped(version)]
    version: i64,
}

fn main() {
    let draft = TaskDraft {
        title: "Ship it".into(),
        r#type: "errand".into(),
        part_of: None,
        due_on: None,
        secret: "hush".into(),
        pin: Some(1234),
    };
    assert_eq!(
        format!("{draft:?}"),
        r#"TaskDraft { title: "Ship it", type: "errand", part_of: None, due_on: None, secret: [redacted], pin: [redacted] }"#
    );
    let patch =
        TaskPatch { secret: Change::Set("hush".into()), due_on: Change::Set(None), version: 3, ..Default::default() };
    assert_eq!(
        format!("{patch:?}"),
        "TaskPatch { title: Keep, type: Keep, part_of: Keep, due_on: Set(None), secret: Set([redacted]), pin: Keep, \
         version: [redacted] }"
    );
    let entity = Task::entity();
    assert_eq!((entity.schema(), entity.table(), entity.name()), (Some("app"), "tasks", "task"));
    assert_eq!((entity.id_column(), entity.owner_column()), ("key", "owner"));
    let columns: Vec<_> = entity.column_names().collect();
    let expected = [
        "key", "owner", "title", "type", "part_of", "due_on", "secret", "pin", "created_at", "changed_at", "gone_at",
        "version",
    ];
    assert_eq!(columns, expected);
    let _ = Task::TYPE.like("err%");
    let _ = Task::PIN.gt(1);
    let _ = Task::DELETED_AT.is_null();
    let _: [UniqueKey<Task>; 2] = [Task::BY_TITLE, Task::BY_TYPE_AND_TITLE];
    let _: UniqueKey<Step> = Step::BY_ID;
    let _ = NewStep { id: 1, task_id: Uuid::nil() };
    let _ = RemarkChanges { one: Change::Keep, other: Change::Keep, version: 1 };
}
