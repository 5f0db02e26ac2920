//! Only rows that are marked as deleted can be shown, restored and purged.

use sqlx::Sqlite;
use user_scope::{ScopedRepository, SystemContext, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

async fn restore(tasks: ScopedRepository<'_, Task, Sqlite>, id: Uuid) {
    let _ = tasks.restore(&id).await;
}

async fn list(tasks: ScopedRepository<'_, Task, Sqlite>) {
    let _ = tasks.query().with_deleted().all().await;
}

async fn purge(system: SystemContext<Sqlite>, id: Uuid) {
    let _ = system.repository::<Task>().purge(&id).await;
}

fn main() {}
