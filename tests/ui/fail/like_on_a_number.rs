//! Patterns match texts.

use user_scope::{Predicate, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    size: i64,
}

fn small() -> Predicate<Task> {
    Task::SIZE.like("1%")
}

fn main() {}
