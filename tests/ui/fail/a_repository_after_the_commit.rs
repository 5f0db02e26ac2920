//! What a transaction lends ends with it.

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

async fn late(pool: ScopedPool<Sqlite>, alice: UserContext, id: Uuid) -> user_scope::Result<Task> {
    let tx = pool.begin(&alice).await?;
    let tasks = tx.repository::<Task>();
    tx.commit().await?;
    tasks.get(&id).await
}

fn main() {}
