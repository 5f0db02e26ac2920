//! Columns have names.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks")]
struct Task(Uuid, Uuid);

fn main() {}
