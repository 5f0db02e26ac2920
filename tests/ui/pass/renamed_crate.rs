//! The library may go by another name.

#![deny(warnings)]

mod vendored {
    pub use user_scope as scope;
}

use vendored::scope::{Identifier, UserScoped, Uuid};

#[derive(Debug, Clone, PartialEq, Identifier, sqlx::Type)]
#[identifier(crate = "crate::vendored::scope")]
#[sqlx(transparent)]
pub struct UserId(Uuid);

#[derive(Debug, UserScoped)]
#[user_scoped(table = "tasks", crate = "vendored::scope", children(Subtask), unique(title), on(sqlx::Postgres, sqlx::Sqlite))]
pub struct Task {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: UserId,
    pub title: String,
    #[user_scoped(version)]
    pub version: i64,
    #[user_scoped(deleted_at)]
    pub deleted_at: Option<chrono::NaiveDateTime>,
}

#[derive(Debug, UserScoped)]
#[user_scoped(table = "subtasks", crate = "vendored::scope")]
pub struct Subtask {
    #[user_scoped(id, key = "owner")]
    pub id: i64,
    #[user_scoped(owner)]
    pub user_id: UserId,
    #[user_scoped(parent = Task, on_delete = "restrict")]
    pub task_id: Uuid,
}

fn main() {
    let _ = NewTask { title: "Ship it".into() };
}
