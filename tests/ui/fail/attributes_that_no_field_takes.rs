//! A field is asked for attributes of its own, and the struct for what makes it a struct.

use serde::Deserialize;
use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks", new(derive(Deserialize)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(new(), changes)]
    title: String,
    #[user_scoped(new(serde(default), deny_unknown_fields), changes(derive(Debug), name = "TaskPatch"))]
    note: Option<String>,
}

fn read(body: &str) -> Result<NewTask, serde_json::Error> {
    serde_json::from_str(body)
}

fn main() {}
