//! The children of a row are those that name it by one field.

use sqlx::Sqlite;
use user_scope::{ScopedRepository, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

#[derive(UserScoped)]
#[user_scoped(table = "notes", changes(derive(Default)))]
struct Note {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
}

#[derive(UserScoped)]
#[user_scoped(table = "links")]
struct Link {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(parent = Task)]
    first: Uuid,
    #[user_scoped(parent = Task)]
    second: Uuid,
}

async fn children(tasks: ScopedRepository<'_, Task, Sqlite>, id: Uuid) {
    let _ = tasks.children::<Note>(&id).all().await;
    let _ = tasks.children::<Link>(&id).all().await;
}

fn main() {}
