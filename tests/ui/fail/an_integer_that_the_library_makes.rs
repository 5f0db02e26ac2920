//! Only a database can count.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks")]
struct Task {
    #[user_scoped(id)]
    id: i64,
    #[user_scoped(owner)]
    user_id: Uuid,
}

fn main() {}
