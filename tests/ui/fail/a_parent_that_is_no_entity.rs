//! A parent is an entity.

use user_scope::{UserScoped, Uuid};

struct Task;

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
