//! A child is an entity.

use user_scope::{UserScoped, Uuid};

struct Subtask;

#[derive(UserScoped)]
#[user_scoped(table = "tasks", children(Subtask))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

fn main() {}
