//! The fields are there, the marks are not; what uses the entity is not blamed.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks")]
struct Task {
    id: Uuid,
    user_id: Uuid,
    title: String,
}

fn draft() -> NewTask {
    NewTask { title: "Ship it".into() }
}

fn main() {}
