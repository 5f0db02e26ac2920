//! What is stored: six entities and their relations, as `user_scope` is told of them.
//!
//! Nothing about HTTP enters here, but for what serde and the OpenAPI document read off the same structs.

pub mod agent;
pub mod dependency;
pub mod project;
pub mod rule;
pub mod subtask;
pub mod task;
mod words;

pub use agent::Agent;
pub use dependency::TaskDependency;
pub use project::Project;
pub use rule::CursorRule;
pub use subtask::Subtask;
pub use task::Task;
pub use words::{Day, Line, Prose};

use user_scope::{Isolation, Stores, isolation};

/// A database that stores all of them.
pub trait StoresAll:
    Stores<Project> + Stores<Agent> + Stores<Task> + Stores<Subtask> + Stores<TaskDependency> + Stores<CursorRule>
{
}

impl<DB> StoresAll for DB where
    DB: Stores<Project> + Stores<Agent> + Stores<Task> + Stores<Subtask> + Stores<TaskDependency> + Stores<CursorRule>
{
}

/// What the database itself is to keep apart.
pub fn isolation() -> Isolation {
    isolation![Project, Agent, Task, Subtask, TaskDependency, CursorRule]
}
