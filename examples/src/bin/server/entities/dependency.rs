//! Dependencies: which task waits for which.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use user_scope::{UserScoped, Uuid};
use utoipa::ToSchema;

use super::{Prose, Task};

/// That one task waits for another of the same user. Both are proven to be his, and the dependency goes with either.
#[derive(Debug, Clone, Serialize, UserScoped, ToSchema)]
#[user_scoped(
    table = "task_dependencies",
    unique((task_id, depends_on_id)),
    new(derive(Debug, Deserialize, ToSchema), deny_unknown_fields),
    changes(derive(Debug, Clone, Deserialize), deny_unknown_fields),
    audit(values = "old_and_new")
)]
pub struct TaskDependency {
    /// Made here, in the order of time.
    #[user_scoped(id)]
    pub id: Uuid,
    /// Whose it is: taken from the token, and never from a body.
    #[user_scoped(owner)]
    pub user_id: Uuid,
    /// The task that waits.
    #[user_scoped(parent = Task, on_delete = "cascade", new(serde(skip)), changes(serde(skip)))]
    pub task_id: Uuid,
    /// The task that it waits for.
    #[user_scoped(parent = Task, on_delete = "cascade")]
    pub depends_on_id: Uuid,
    /// Why, if somebody has said so.
    pub note: Option<Prose>,
    /// Counts the changes; as `ETag` it comes back in `If-Match`.
    #[user_scoped(version, changes(serde(skip)))]
    pub version: i64,
    #[user_scoped(created_at)]
    pub created_at: DateTime<Utc>,
    #[user_scoped(updated_at)]
    pub updated_at: DateTime<Utc>,
}
