//! A system context that was narrowed to reading does not write.

use chrono::{DateTime, Utc};
use sqlx::Sqlite;
use user_scope::{ReadOnly, SystemContext, UserScoped, Uuid};

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

async fn write(system: SystemContext<Sqlite, Uuid, ReadOnly>, id: Uuid, bob: Uuid) {
    let notes = system.repository::<Note>();
    let _ = notes.restore(&id).await;
    let _ = notes.transfer(&id, &bob).await;
    let _ = notes.delete_where(Note::TEXT.eq("")).await;
    let _ = notes.insert_many([NewNote { text: String::new() }]).await;
}

fn main() {}
