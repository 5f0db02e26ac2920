//! A column that may be NULL, and a field that may not.
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
struct Remark {
    id: Uuid,
    note: String,
}

#[derive(Select)]
#[user_scoped(from = Task)]
struct Headline {
    title: Option<String>,
}

fn main() {}
