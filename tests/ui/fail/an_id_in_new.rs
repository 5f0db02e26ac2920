//! The library or the database makes ids.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

fn draft(id: Uuid) -> NewTask {
    NewTask { id, title: "Ship it".into() }
}

fn main() {}
