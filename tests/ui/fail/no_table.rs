//! No name is guessed for a table.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

fn main() {}
