//! Only a system context removes rows for good that were marked, gives them away, and inserts for others.

use chrono::{DateTime, Utc};
use sqlx::Sqlite;
use user_scope::{ScopedRepository, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "notes", changes(derive(Default)))]
struct Note {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    text: String,
    #[user_scoped(deleted_at)]
    deleted_at: Option<DateTime<Utc>>,
}

async fn purge(notes: ScopedRepository<'_, Note, Sqlite>, id: Uuid) {
    let _ = notes.purge(&id).await;
}

async fn purge_some(notes: ScopedRepository<'_, Note, Sqlite>) {
    let _ = notes.purge_where(Note::TEXT.eq("")).await;
}

async fn give(notes: ScopedRepository<'_, Note, Sqlite>, id: Uuid, bob: Uuid) {
    let _ = notes.transfer(&id, &bob).await;
}

async fn insert(notes: ScopedRepository<'_, Note, Sqlite>, bob: Uuid) {
    let _ = notes.insert_many_for(&bob, [NewNote { text: String::new() }]).await;
}

fn main() {}
