//! Slips are recognised, keys in the wrong place too.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(tabel = "tasks", redact, tenant = "x")]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(onwer)]
    user_id: Uuid,
    #[user_scoped(table = "x")]
    title: String,
    #[user_scoped(primary_key)]
    key: String,
}

fn main() {}
