//! Rules for agents.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use user_scope::{UserScoped, Uuid};
use utoipa::ToSchema;

use super::{Line, Project, Prose};

/// What agents are to keep to, in a project or everywhere. It goes with its project.
#[derive(Debug, Clone, Serialize, UserScoped, ToSchema)]
#[user_scoped(
    table = "cursor_rules",
    new(derive(Debug, Deserialize, ToSchema), deny_unknown_fields),
    changes(derive(Debug, Clone, Deserialize), deny_unknown_fields),
    audit(values = "old_and_new")
)]
pub struct CursorRule {
    /// Made here, in the order of time.
    #[user_scoped(id)]
    pub id: Uuid,
    /// Whose it is: taken from the token, and never from a body.
    #[user_scoped(owner)]
    pub user_id: Uuid,
    /// The project that it holds in; everywhere, if in none.
    #[user_scoped(parent = Project, on_delete = "cascade")]
    pub project_id: Option<Uuid>,
    /// What it is called.
    pub name: Line,
    /// What it says.
    #[user_scoped(new(serde(default)))]
    pub content: Prose,
    /// Which files it is about, as patterns; nothing for all.
    #[user_scoped(new(serde(default)))]
    pub globs: Prose,
    /// Whether it holds now.
    #[user_scoped(new(serde(default = "active")))]
    pub active: bool,
    /// Counts the changes; as `ETag` it comes back in `If-Match`.
    #[user_scoped(version, changes(serde(skip)))]
    pub version: i64,
    #[user_scoped(created_at)]
    pub created_at: DateTime<Utc>,
    #[user_scoped(updated_at)]
    pub updated_at: DateTime<Utc>,
}

const fn active() -> bool {
    true
}
