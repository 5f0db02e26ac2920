//! A repository holds entities.

use sqlx::Sqlite;
use user_scope::{ScopedPool, UserContext};

struct Plain;

fn plain(pool: &ScopedPool<Sqlite>, alice: &UserContext) {
    pool.repository::<Plain>(alice);
}

fn main() {}
