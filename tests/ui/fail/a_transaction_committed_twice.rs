//! A transaction is committed once.

use sqlx::Sqlite;
use user_scope::{ScopedPool, UserContext};

async fn twice(pool: ScopedPool<Sqlite>, alice: UserContext) -> user_scope::Result<()> {
    let tx = pool.begin(&alice).await?;
    tx.commit().await?;
    tx.commit().await
}

fn main() {}
