//! A pool gives a system context no repository; the context itself does.

use sqlx::Sqlite;
use user_scope::{ScopedPool, SystemContext, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

fn tasks(pool: &ScopedPool<Sqlite>, system: &SystemContext<Sqlite>) {
    pool.repository::<Task>(system);
}

fn main() {}
