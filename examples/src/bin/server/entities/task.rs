//! Tasks.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use user_scope::{UserScoped, Uuid};
use utoipa::ToSchema;

use super::{Agent, Day, Line, Project, Prose, Subtask, TaskDependency};

/// How far a task is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    #[default]
    Todo,
    InProgress,
    Done,
}

/// How much a task matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Priority {
    Low,
    #[default]
    Medium,
    High,
}

/// Something to do. Only its title has to be said.
#[derive(Debug, Clone, Serialize, UserScoped, ToSchema)]
#[user_scoped(
    table = "tasks",
    children(Subtask, TaskDependency),
    new(derive(Debug, Deserialize, ToSchema), deny_unknown_fields),
    changes(derive(Debug, Clone, Deserialize), deny_unknown_fields),
    audit(values = "old_and_new")
)]
pub struct Task {
    /// Made here, in the order of time.
    #[user_scoped(id)]
    pub id: Uuid,
    /// Whose it is: taken from the token, and never from a body.
    #[user_scoped(owner)]
    pub user_id: Uuid,
    /// The project that it belongs to, if any.
    #[user_scoped(parent = Project, on_delete = "set_null")]
    pub project_id: Option<Uuid>,
    /// Who works on it, if anybody.
    #[user_scoped(parent = Agent, on_delete = "set_null")]
    pub agent_id: Option<Uuid>,
    /// What is to be done.
    pub title: Line,
    /// The rest that is to be known.
    #[user_scoped(new(serde(default)))]
    pub description: Prose,
    /// How far it is.
    #[user_scoped(new(serde(default)))]
    pub status: Status,
    /// How much it matters.
    #[user_scoped(new(serde(default)))]
    pub priority: Priority,
    /// By when.
    pub due_on: Option<Day>,
    /// Counts the changes; as `ETag` it comes back in `If-Match`.
    #[user_scoped(version, changes(serde(skip)))]
    pub version: i64,
    #[user_scoped(created_at)]
    pub created_at: DateTime<Utc>,
    #[user_scoped(updated_at)]
    pub updated_at: DateTime<Utc>,
}
