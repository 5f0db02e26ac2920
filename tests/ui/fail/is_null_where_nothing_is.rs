//! Only a column that may be NULL is asked whether it is.

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

fn untitled() -> Predicate<Task> {
    Task::TITLE.is_null()
}

fn main() {}
