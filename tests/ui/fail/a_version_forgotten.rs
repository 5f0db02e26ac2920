//! Changes rest on a version, unless they are set by `..Default::default()`.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
    #[user_scoped(version)]
    version: i64,
}

fn changes() -> TaskChanges {
    TaskChanges { title: "Ship it".to_owned().into() }
}

fn main() {}
