//! A unique key is made of fields, which are named as they are in the struct.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", unique("kind"))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    kind: String,
}

#[derive(UserScoped)]
#[user_scoped(table = "notes", unique(("kind", name)))]
struct Note {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    kind: String,
    name: String,
}

fn main() {}
