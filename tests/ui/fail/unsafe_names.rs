//! Names go into SQL as they are.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks; DROP TABLE users", name = "")]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(column = "a\"b")]
    a: String,
    #[user_scoped(column = "1st")]
    b: String,
    größe: i64,
    a_name_of_a_column_that_postgresql_would_cut_off_without_saying_so: i64,
}

fn main() {}
