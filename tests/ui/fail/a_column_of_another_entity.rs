//! A filter of tasks asks about tasks.

use sqlx::Sqlite;
use user_scope::{ScopedRepository, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
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

fn of(tasks: ScopedRepository<'_, Task, Sqlite>, task: Uuid) {
    tasks.query().filter(Subtask::TASK_ID.eq(task));
}

fn main() {}
