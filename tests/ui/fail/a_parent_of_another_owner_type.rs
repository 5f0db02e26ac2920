//! A parent belongs to the same owner, so its owner has the same type.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: i64,
    title: String,
}

#[derive(UserScoped)]
#[user_scoped(table = "subtasks")]
struct Subtask {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(parent = Task)]
    task_id: Uuid,
}

fn main() {}
