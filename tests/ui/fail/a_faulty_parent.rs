//! What is wrong with an entity is told there, and not where it is a parent or a child.

use chrono::{DateTime, Utc};
use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "folders", kids(Page))]
struct Folder {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
}

#[derive(UserScoped)]
#[user_scoped(table = "pages", children(Line))]
struct Page {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(parent = Folder, on_delete = "cascade")]
    folder_id: Uuid,
}

#[derive(UserScoped)]
#[user_scoped(table = "lines")]
struct Line {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(elder = Page)]
    page_id: Uuid,
    #[user_scoped(deleted_at)]
    deleted_at: DateTime<Utc>,
}

fn main() {}
