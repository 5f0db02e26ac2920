//! Ids and owners are identifiers.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks")]
struct Task {
    #[user_scoped(id)]
    id: Vec<u8>,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

fn main() {}
