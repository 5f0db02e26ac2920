//! An entity is a struct.

use user_scope::UserScoped;

#[derive(UserScoped)]
#[user_scoped(table = "tasks")]
enum Task {
    Todo,
    Done,
}

fn main() {}
