//! A unique key is a constant, and a constant has a name of its own.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", unique(title, kind, kind))]
struct Task {
    #[user_scoped(id, key = "owner")]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
    kind: String,
    by_title: i64,
    by_id: i64,
}

fn main() {}
