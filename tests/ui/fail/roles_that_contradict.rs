//! A column has one role.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks")]
struct Task {
    #[user_scoped(owner, parent = Task)]
    user_id: Uuid,
    #[user_scoped(skip, redact)]
    cached: String,
    #[user_scoped(created_at, as = "text")]
    created_at: String,
    #[user_scoped(id, owner)]
    both: Uuid,
}

fn main() {}
