//! A system context that was narrowed to reading does not write.

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

async fn purge(system: SystemContext<Sqlite>, id: Uuid) {
    let _ = system.read_only().repository::<Task>().delete(&id).await;
}

fn main() {}
