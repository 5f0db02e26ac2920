//! A field that the entity does not have.
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
    id: Uuid,
    titel: String,
}

fn main() {}
