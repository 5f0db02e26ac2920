//! Only a system context can cross owners.

use sqlx::Sqlite;
use user_scope::{ScopedRepository, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

async fn insert(tasks: ScopedRepository<'_, Task, Sqlite>, bob: Uuid) {
    let _ = tasks.insert_for(&bob, NewTask { title: "Ship it".into() }).await;
}

fn main() {}
