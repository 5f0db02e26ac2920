//! What is no column has no constant.

use user_scope::{Predicate, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(skip)]
    cached: bool,
    title: String,
}

fn cached() -> Predicate<Task> {
    Task::CACHED.eq(true)
}

fn main() {}
