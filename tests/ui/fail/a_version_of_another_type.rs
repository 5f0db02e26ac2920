//! A version counts in `i32` or `i64`.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
    #[user_scoped(version)]
    version: u8,
}

#[derive(UserScoped)]
#[user_scoped(table = "notes", changes(derive(Default)))]
struct Note {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(version)]
    version: u64,
}

fn main() {}
