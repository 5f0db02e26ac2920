//! In system mode a new row has no owner unless one is named.

use sqlx::Sqlite;
use user_scope::{SystemContext, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

async fn insert(system: SystemContext<Sqlite>) {
    let _ = system.repository::<Task>().insert(NewTask { title: "Ship it".into() }).await;
}

fn main() {}
