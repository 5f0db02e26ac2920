//! A pool has one type of owner.

use sqlx::Sqlite;
use user_scope::{ScopedPool, UserContext, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

fn tasks(pool: &ScopedPool<Sqlite>, number: &UserContext<i64>) {
    pool.repository::<Task>(number);
}

fn main() {}
