//! A row that cannot be named.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks")]
struct Task {
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

fn main() {}
