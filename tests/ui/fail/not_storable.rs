//! Asked for, the struct itself tells what a database cannot store.

use user_scope::{UserScoped, Uuid};

struct Label;

#[derive(UserScoped)]
#[user_scoped(table = "tasks", on(sqlx::Postgres, sqlx::Sqlite))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    labels: Vec<Label>,
    titles: Vec<String>,
}

fn main() {}
