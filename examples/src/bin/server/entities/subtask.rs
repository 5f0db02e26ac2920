//! Subtasks: the steps of a task, which go with it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use user_scope::{UserScoped, Uuid};
use utoipa::ToSchema;

use super::{Line, Task};

/// A step of a task. Which task it is stands in the address, and in no body.
#[derive(Debug, Clone, Serialize, UserScoped, ToSchema)]
#[user_scoped(
    table = "subtasks",
    new(derive(Debug, Deserialize, ToSchema), deny_unknown_fields),
    changes(derive(Debug, Clone, Deserialize), deny_unknown_fields),
    audit(values = "old_and_new")
)]
pub struct Subtask {
    /// Made here, in the order of time.
    #[user_scoped(id)]
    pub id: Uuid,
    /// Whose it is: taken from the token, and never from a body.
    #[user_scoped(owner)]
    pub user_id: Uuid,
    /// The task that it is a step of.
    #[user_scoped(parent = Task, on_delete = "cascade", new(serde(skip)), changes(serde(skip)))]
    pub task_id: Uuid,
    /// What is to be done.
    pub title: Line,
    /// Whether it is.
    #[user_scoped(new(serde(default)))]
    pub done: bool,
    /// Counts the changes; as `ETag` it comes back in `If-Match`.
    #[user_scoped(version, changes(serde(skip)))]
    pub version: i64,
    #[user_scoped(created_at)]
    pub created_at: DateTime<Utc>,
    #[user_scoped(updated_at)]
    pub updated_at: DateTime<Utc>,
}
