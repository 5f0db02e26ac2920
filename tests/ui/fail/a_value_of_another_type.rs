//! A column is compared with what it holds.

use user_scope::{Predicate, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

fn five() -> Predicate<Task> {
    Task::TITLE.eq(5)
}

fn main() {}
