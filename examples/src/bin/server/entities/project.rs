//! Projects. Their owner is stored as text, as the deployment that this comes from has it, while its users are UUIDs.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use user_scope::{UserScoped, Uuid};
use utoipa::ToSchema;

use super::{Agent, CursorRule, Line, Prose, Task};

/// What tasks, agents and rules may belong to. A name is unique among the projects of its user.
#[derive(Debug, Clone, Serialize, UserScoped, ToSchema)]
#[user_scoped(
    table = "projects",
    unique(name),
    children(Task, Agent, CursorRule),
    new(derive(Debug, Deserialize, ToSchema), deny_unknown_fields),
    changes(derive(Debug, Clone, Deserialize), deny_unknown_fields),
    audit(values = "old_and_new")
)]
pub struct Project {
    /// Made here, in the order of time.
    #[user_scoped(id)]
    pub id: Uuid,
    /// Whose it is: taken from the token, and never from a body.
    #[user_scoped(owner, as = "text")]
    pub user_id: Uuid,
    /// Unique among your projects.
    pub name: Line,
    /// What it is about.
    #[user_scoped(new(serde(default)))]
    pub description: Prose,
    /// Counts the changes; as `ETag` it comes back in `If-Match`.
    #[user_scoped(version, changes(serde(skip)))]
    pub version: i64,
    #[user_scoped(created_at)]
    pub created_at: DateTime<Utc>,
    #[user_scoped(updated_at)]
    pub updated_at: DateTime<Utc>,
}
