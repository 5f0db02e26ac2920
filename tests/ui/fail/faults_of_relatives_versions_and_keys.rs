//! Keys on deletion, versions, children and unique keys: each mistake alone.

use chrono::{DateTime, Utc};
use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", children, unique(titel, note, (user_id, title), "title", ()))]
struct Task {
    #[user_scoped(id, key = "user")]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
    note: Option<String>,
    #[user_scoped(parent = List, on_delete = "set_null")]
    list_id: Uuid,
    #[user_scoped(on_delete = "cascade")]
    other_id: Uuid,
    #[user_scoped(version)]
    version: Option<i64>,
    #[user_scoped(deleted_at)]
    deleted_at: DateTime<Utc>,
}

#[derive(UserScoped)]
#[user_scoped(table = "lists", changes(derive(Default)))]
struct List {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

fn used(task: NewTask) -> (Option<String>, user_scope::UniqueKey<Task>) {
    (task.note, Task::BY_TITEL)
}

fn main() {}
