//! Whose attribute it is tells what is wrong with it, where it is written.

use serde::Deserialize;
use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", new(derive(Deserialize)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(new(serde(defualt)))]
    title: String,
    #[user_scoped(changes(serde(skip)))]
    note: Option<String>,
}

fn main() {}
