//! A system context cannot be put together.

use sqlx::Sqlite;
use user_scope::{ScopedPool, SystemContext};

fn forge(pool: ScopedPool<Sqlite>) -> SystemContext<Sqlite> {
    SystemContext { pool }
}

fn main() {}
