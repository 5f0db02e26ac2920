//! A child that comes back with its parent is known by the moment of both marks.

use chrono::{DateTime, NaiveDateTime, Utc};
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
    #[user_scoped(deleted_at)]
    deleted_at: Option<NaiveDateTime>,
}

fn main() {}
