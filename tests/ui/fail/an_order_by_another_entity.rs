//! An order of tasks is by columns of tasks.

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

fn of(tasks: ScopedRepository<'_, Task, Sqlite>) {
    tasks.query().order_by(Subtask::TASK_ID.asc());
}

fn main() {}
