//! A row cannot be deleted with a parent that is only marked.

use chrono::{DateTime, Utc};
use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "notes", children(Line))]
struct Note {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    text: String,
    #[user_scoped(deleted_at)]
    deleted_at: Option<DateTime<Utc>>,
}

#[derive(UserScoped)]
#[user_scoped(table = "lines")]
struct Line {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(parent = Note, on_delete = "cascade")]
    note_id: Uuid,
}

fn main() {}
