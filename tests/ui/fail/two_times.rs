//! Each time is written to one column.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks")]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(created_at)]
    a: String,
    #[user_scoped(created_at)]
    b: String,
    #[user_scoped(updated_at)]
    c: String,
    #[user_scoped(updated_at)]
    d: String,
}

fn main() {}
