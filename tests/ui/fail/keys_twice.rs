//! Each key is given once.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", table = "other")]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(column = "a")]
    #[user_scoped(column = "b")]
    title: String,
}

fn main() {}
