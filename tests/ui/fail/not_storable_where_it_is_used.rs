//! Not asked for, it is told where a pool meets the entity.

use sqlx::Sqlite;
use user_scope::{ScopedPool, UserContext, UserScoped, Uuid};

struct Label;

#[derive(UserScoped)]
#[user_scoped(table = "tasks")]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    label: Label,
}

fn tasks(pool: &ScopedPool<Sqlite>, alice: &UserContext) {
    pool.repository::<Task>(alice);
}

fn main() {}
