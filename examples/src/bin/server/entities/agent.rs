//! Agents: who works on tasks.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use user_scope::{UserScoped, Uuid};
use utoipa::ToSchema;

use super::{Line, Project, Prose, Task};

/// Who works on tasks, in a project or in none.
#[derive(Debug, Clone, Serialize, UserScoped, ToSchema)]
#[user_scoped(
    table = "agents",
    children(Task),
    new(derive(Debug, Deserialize, ToSchema), deny_unknown_fields),
    changes(derive(Debug, Clone, Deserialize), deny_unknown_fields),
    audit(values = "old_and_new")
)]
pub struct Agent {
    /// Made here, in the order of time.
    #[user_scoped(id)]
    pub id: Uuid,
    /// Whose it is: taken from the token, and never from a body.
    #[user_scoped(owner)]
    pub user_id: Uuid,
    /// The project that it works in, if any.
    #[user_scoped(parent = Project, on_delete = "set_null")]
    pub project_id: Option<Uuid>,
    /// What it is called.
    pub name: Line,
    /// What it does.
    #[user_scoped(new(serde(default)))]
    pub role: Prose,
    /// Counts the changes; as `ETag` it comes back in `If-Match`.
    #[user_scoped(version, changes(serde(skip)))]
    pub version: i64,
    #[user_scoped(created_at)]
    pub created_at: DateTime<Utc>,
    #[user_scoped(updated_at)]
    pub updated_at: DateTime<Utc>,
}
