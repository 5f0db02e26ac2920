//! One compilation tells every fault, and what uses the entity is not blamed.

use sqlx::Sqlite;
use user_scope::{ScopedPool, UserContext, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "1tasks", audit(write = "off"))]
struct Task {
    #[user_scoped(id)]
    id: Option<Uuid>,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(skip, redact)]
    cached: String,
    title: String,
}

async fn list(pool: ScopedPool<Sqlite>, alice: UserContext) -> user_scope::Result<Vec<Task>> {
    let tasks = pool.repository::<Task>(&alice);
    tasks.insert(NewTask { title: "Ship it".into() }).await?;
    tasks.query().filter(Task::TITLE.eq("Ship it")).all().await
}

fn main() {}
