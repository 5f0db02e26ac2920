//! Skipped, redacted and renamed, with everything that can be said of the structs beside it.

#![deny(missing_docs, warnings)]

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use user_scope::{Change, UserScoped, Uuid};

/// A task.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(
    table = "app.tasks",
    name = "task",
    new(derive(Debug, Deserialize), name = "TaskDraft", deny_unknown_fields, serde(rename_all = "camelCase")),
    changes(derive(Debug, Default, Deserialize), name = "TaskPatch", deny_unknown_fields),
    audit(writes = "background", reads = "off", denials = "background"),
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
    pub r#type: Option<String>,
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
}

fn main() {
    let draft =
        TaskDraft { title: "Ship it".into(), r#type: None, due_on: None, secret: "hush".into(), pin: Some(1234) };
    assert_eq!(
        format!("{draft:?}"),
        r#"TaskDraft { title: "Ship it", type: None, due_on: None, secret: [redacted], pin: [redacted] }"#
    );
    let patch = TaskPatch { secret: Change::Set("hush".into()), due_on: Change::Set(None), ..Default::default() };
    assert_eq!(
        format!("{patch:?}"),
        "TaskPatch { title: Keep, type: Keep, due_on: Set(None), secret: Set([redacted]), pin: Keep }"
    );
    let entity = Task::entity();
    assert_eq!((entity.schema(), entity.table(), entity.name()), (Some("app"), "tasks", "task"));
    assert_eq!((entity.id_column(), entity.owner_column()), ("key", "owner"));
    let columns: Vec<_> = entity.column_names().collect();
    let expected = ["key", "owner", "title", "type", "due_on", "secret", "pin", "created_at", "changed_at"];
    assert_eq!(columns, expected);
    let _ = Task::TYPE.is_null();
    let _ = Task::PIN.gt(1);
}
