//! What the library writes has no place in `NewTask` or `TaskChanges`, and so no attributes there.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", new(derive(Deserialize), name = "Draft"), changes(derive(Deserialize)))]
struct Task {
    #[user_scoped(id, new(serde(default)), changes(serde(skip)))]
    id: Uuid,
    #[user_scoped(owner, new(serde(skip)))]
    user_id: Uuid,
    title: String,
    #[user_scoped(skip, new(serde(skip)))]
    cached: String,
    #[user_scoped(created_at, changes(serde(skip)))]
    created_at: DateTime<Utc>,
    #[user_scoped(version, new(serde(default)), changes(serde(skip)))]
    version: i64,
}

#[derive(UserScoped)]
#[user_scoped(table = "settings")]
struct Setting {
    #[user_scoped(id, key = "owner", new(doc = "Its name."), changes(doc = "Its name."))]
    id: String,
    #[user_scoped(owner)]
    user_id: Uuid,
}

fn main() {}
