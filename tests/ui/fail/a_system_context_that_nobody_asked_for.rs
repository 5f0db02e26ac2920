//! System mode tells who asked.

use sqlx::Sqlite;
use user_scope::{ScopedPool, SystemContext};

async fn enter(pool: ScopedPool<Sqlite>) -> user_scope::Result<SystemContext<Sqlite>> {
    pool.system("nightly purge").await
}

fn main() {}
