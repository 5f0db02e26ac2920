//! Each value has its form.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = 5, name, new, changes(name = "no name"), audit(writes = "never", reads = "atomic"))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(redact = true)]
    a: String,
    #[user_scoped(parent = "Task")]
    b: Uuid,
    #[user_scoped(as = "blob")]
    c: Uuid,
    #[user_scoped(generated = "database")]
    d: i64,
}

fn main() {}
