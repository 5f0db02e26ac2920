//! An application can be generic over the database in one line.

#![deny(warnings)]

use user_scope::{ScopedPool, Stores, UserContext, UserScoped, Uuid};

#[derive(Debug, UserScoped)]
#[user_scoped(table = "tasks")]
pub struct Task {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    pub title: String,
}

#[derive(Debug, UserScoped)]
#[user_scoped(table = "subtasks")]
pub struct Subtask {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Task)]
    pub task_id: Uuid,
}

pub trait AppDb: Stores<Task> + Stores<Subtask> {}
impl<DB: Stores<Task> + Stores<Subtask>> AppDb for DB {}

pub async fn split<DB: AppDb>(pool: &ScopedPool<DB>, alice: &UserContext) -> user_scope::Result<Subtask> {
    let tx = pool.begin(alice).await?;
    let task = tx.repository::<Task>().insert(NewTask { title: "Ship it".into() }).await?;
    let subtask = tx.repository::<Subtask>().insert(NewSubtask { task_id: task.id }).await?;
    tx.commit().await?;
    Ok(subtask)
}

fn main() {
    let _ = split::<sqlx::Postgres>;
    let _ = split::<sqlx::Sqlite>;
}
