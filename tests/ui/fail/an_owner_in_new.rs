//! The owner is never input.

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

fn draft(somebody_else: Uuid) -> NewTask {
    NewTask { title: "Ship it".into(), user_id: somebody_else }
}

fn main() {}
