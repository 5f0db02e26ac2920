//! Two fields cannot be one column, nor one constant.

use user_scope::{UserScoped, Uuid};

#[allow(non_snake_case)]
#[derive(UserScoped)]
#[user_scoped(table = "tasks")]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
    #[user_scoped(column = "Title")]
    heading: String,
    kind: String,
    #[user_scoped(column = "other")]
    Kind: String,
}

fn main() {}
