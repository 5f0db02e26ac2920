//! How each entity is served: its names, filters and orders.

use serde::Deserialize;
use user_scope::{Column, Predicate, Textual, Uuid};
use utoipa::IntoParams;

use super::{Below, Invalid, Link as _, Orders, Resource};
use crate::entities::task::{Priority, Status};
use crate::entities::{Agent, CursorRule, Project, Prose, Subtask, Task, TaskDependency};

/// What all of them say alike.
macro_rules! served {
    ($entity:ident as $one:literal, $many:literal, filtered by $filter:ident, ordered by $($name:literal $column:ident),+;
     linked by $($link:ident),*) => {
        const ONE: &'static str = $one;
        const MANY: &'static str = $many;
        const ID: Column<Self, Uuid> = $entity::ID;
        const VERSION: Column<Self, i64> = $entity::VERSION;
        type Filter = $filter;
        const ORDERS: Orders<Self> =
            &[$(($name, |direction| direction.of($entity::$column))),+];

        fn links(_new: &Self::New) -> Vec<&'static str> {
            let named: &[(&'static str, bool)] = &[$((stringify!($link), _new.$link.names_one())),*];
            named.iter().filter(|(_, is_named)| *is_named).map(|(name, _)| *name).collect()
        }

        fn changed_links(_changes: &Self::Changes) -> Vec<&'static str> {
            let named: &[(&'static str, bool)] = &[$((stringify!($link), _changes.$link.names_one())),*];
            named.iter().filter(|(_, is_named)| *is_named).map(|(name, _)| *name).collect()
        }

        fn version(&self) -> i64 {
            self.version
        }

        fn rest_on(changes: &mut Self::Changes, version: i64) {
            changes.version = version;
        }
    };
}

/// A part of a text, as it stands.
fn holds<T, V: Textual, N>(column: Column<T, V, N>, part: &str) -> Predicate<T> {
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    for character in part.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    column.like(pattern)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TaskFilter {
    #[param(inline, nullable = false)]
    status: Option<Status>,
    #[param(inline, nullable = false)]
    priority: Option<Priority>,
    #[param(nullable = false)]
    project_id: Option<Uuid>,
    #[param(nullable = false)]
    agent_id: Option<Uuid>,
    /// A part of the title; upper and lower case differ.
    #[param(inline, nullable = false)]
    q: Option<Prose>,
}

impl Resource for Task {
    served!(Task as "task", "tasks", filtered by TaskFilter,
        ordered by "created_at" CREATED_AT, "updated_at" UPDATED_AT, "title" TITLE, "due_on" DUE_ON; linked by project_id, agent_id);

    fn conditions(asked: TaskFilter) -> Vec<Predicate<Self>> {
        let TaskFilter { status, priority, project_id, agent_id, q } = asked;
        let conditions = [
            status.map(|status| Task::STATUS.eq(status)),
            priority.map(|priority| Task::PRIORITY.eq(priority)),
            project_id.map(|project| Task::PROJECT_ID.eq(project)),
            agent_id.map(|agent| Task::AGENT_ID.eq(agent)),
            q.map(|part| holds(Task::TITLE, part.as_str())),
        ];
        conditions.into_iter().flatten().collect()
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ProjectFilter {
    /// A part of the name; upper and lower case differ.
    #[param(inline, nullable = false)]
    q: Option<Prose>,
}

impl Resource for Project {
    served!(Project as "project", "projects", filtered by ProjectFilter,
        ordered by "created_at" CREATED_AT, "updated_at" UPDATED_AT, "name" NAME; linked by);

    fn conditions(asked: ProjectFilter) -> Vec<Predicate<Self>> {
        asked.q.map(|part| holds(Project::NAME, part.as_str())).into_iter().collect()
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AgentFilter {
    #[param(nullable = false)]
    project_id: Option<Uuid>,
    /// A part of the name; upper and lower case differ.
    #[param(inline, nullable = false)]
    q: Option<Prose>,
}

impl Resource for Agent {
    served!(Agent as "agent", "agents", filtered by AgentFilter,
        ordered by "created_at" CREATED_AT, "updated_at" UPDATED_AT, "name" NAME; linked by project_id);

    fn conditions(asked: AgentFilter) -> Vec<Predicate<Self>> {
        let conditions = [
            asked.project_id.map(|project| Agent::PROJECT_ID.eq(project)),
            asked.q.map(|part| holds(Agent::NAME, part.as_str())),
        ];
        conditions.into_iter().flatten().collect()
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RuleFilter {
    #[param(nullable = false)]
    project_id: Option<Uuid>,
    #[param(nullable = false)]
    active: Option<bool>,
    /// A part of the name; upper and lower case differ.
    #[param(inline, nullable = false)]
    q: Option<Prose>,
}

impl Resource for CursorRule {
    served!(CursorRule as "rule", "rules", filtered by RuleFilter,
        ordered by "created_at" CREATED_AT, "updated_at" UPDATED_AT, "name" NAME; linked by project_id);

    fn conditions(asked: RuleFilter) -> Vec<Predicate<Self>> {
        let conditions = [
            asked.project_id.map(|project| CursorRule::PROJECT_ID.eq(project)),
            asked.active.map(|active| CursorRule::ACTIVE.eq(active)),
            asked.q.map(|part| holds(CursorRule::NAME, part.as_str())),
        ];
        conditions.into_iter().flatten().collect()
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SubtaskFilter {
    #[param(nullable = false)]
    done: Option<bool>,
}

impl Resource for Subtask {
    served!(Subtask as "subtask", "subtasks", filtered by SubtaskFilter,
        ordered by "created_at" CREATED_AT, "updated_at" UPDATED_AT, "title" TITLE; linked by);

    fn conditions(asked: SubtaskFilter) -> Vec<Predicate<Self>> {
        asked.done.map(|done| Subtask::DONE.eq(done)).into_iter().collect()
    }
}

impl Below<Task> for Subtask {
    const PARENT: Column<Self, Uuid> = Subtask::TASK_ID;

    fn parent(&self) -> Uuid {
        self.task_id
    }

    fn put_below(new: &mut Self::New, parent: Uuid) {
        new.task_id = parent;
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DependencyFilter {}

impl Resource for TaskDependency {
    served!(TaskDependency as "dependency", "dependencies", filtered by DependencyFilter,
        ordered by "created_at" CREATED_AT, "updated_at" UPDATED_AT; linked by depends_on_id);

    fn refused(new: &Self::New) -> Option<Invalid> {
        (new.task_id == new.depends_on_id).then(|| Invalid::new("depends_on_id", "a task cannot wait for itself"))
    }

    fn conditions(DependencyFilter {}: DependencyFilter) -> Vec<Predicate<Self>> {
        Vec::new()
    }
}

impl Below<Task> for TaskDependency {
    const PARENT: Column<Self, Uuid> = TaskDependency::TASK_ID;

    fn parent(&self) -> Uuid {
        self.task_id
    }

    fn put_below(new: &mut Self::New, parent: Uuid) {
        new.task_id = parent;
    }
}
