//! The owner is never input.

use user_scope::{Change, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

fn give_away(somebody_else: Uuid) -> TaskChanges {
    TaskChanges { user_id: Change::Set(somebody_else), ..Default::default() }
}

fn main() {}
