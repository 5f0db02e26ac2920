//! Every row has an id and an owner.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks")]
struct Task {
    #[user_scoped(id)]
    id: Option<Uuid>,
    #[user_scoped(owner)]
    user_id: Option<Uuid>,
}

fn main() {}
