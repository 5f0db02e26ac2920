//! The audit is not an entity: a user would read his own denials there.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "user_access_log")]
struct Access {
    #[user_scoped(id, generated = "database")]
    id: i64,
    #[user_scoped(owner)]
    user_id: Uuid,
    operation: String,
}

fn main() {}
