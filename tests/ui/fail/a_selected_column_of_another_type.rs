//! A field of another type than the entity's.
use user_scope::{Select, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks")]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
    note: Option<String>,
}

#[derive(Select)]
#[user_scoped(from = Task)]
struct Headline {
    id: String,
    title: String,
}

fn main() {}
