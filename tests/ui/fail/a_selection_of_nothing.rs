//! No entity, and keys that are not there.
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
struct Nameless {
    id: Uuid,
}

#[derive(Select)]
#[user_scoped(from = "Task", table = "tasks")]
struct Slips {
    #[user_scoped(column = "title")]
    headline: String,
    #[user_scoped(from = Task)]
    title: String,
}

#[derive(Select)]
#[user_scoped(from = Task)]
struct Tuple(Uuid);

fn main() {}
