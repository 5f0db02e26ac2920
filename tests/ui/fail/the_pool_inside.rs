//! Nothing hands out the unscoped inside.

use sqlx::{Sqlite, SqlitePool};
use user_scope::ScopedPool;

fn inside(pool: ScopedPool<Sqlite>) -> SqlitePool {
    pool.into()
}

fn main() {}
