//! user-scope, as its README shows it.

use user_scope::audit::{AuditSettings, ReadAudit};
use user_scope::{Change, ScopedPool, UserContext, Uuid};

use super::Contestant;
use crate::databases::{Arena, CONNECTIONS};
use crate::world::{Status, Task, TaskChanges};

pub(crate) struct Scoped<DB: user_scope::Backend>(pub(crate) ScopedPool<DB>);

impl<DB: Arena> Scoped<DB> {
    pub(crate) async fn connect(address: &str, reads: ReadAudit) -> Self {
        let pool = ScopedPool::builder(DB::source(address))
            .max_connections(CONNECTIONS)
            .pool_options(|pool| pool.min_connections(CONNECTIONS))
            .audit(AuditSettings::default().reads(reads))
            .build();
        Self(pool.await.expect("the database is there"))
    }
}

impl<DB: Arena> Contestant for Scoped<DB> {
    async fn get(&self, user: Uuid, id: Uuid) -> Task {
        let caller = UserContext::new(user).expect("a user");
        self.0.repository::<Task>(&caller).get(&id).await.expect("the user's own task")
    }

    async fn newest(&self, user: Uuid, limit: u32) -> Vec<Task> {
        let caller = UserContext::new(user).expect("a user");
        let tasks = self.0.repository::<Task>(&caller);
        tasks.query().order_by(Task::CREATED_AT.desc()).limit(limit).all().await.expect("tasks")
    }

    async fn newest_open(&self, user: Uuid, limit: u32) -> Vec<Task> {
        let caller = UserContext::new(user).expect("a user");
        let open = self.0.repository::<Task>(&caller).query().filter(Task::STATUS.eq(Status::Todo));
        open.order_by(Task::CREATED_AT.desc()).limit(limit).all().await.expect("tasks")
    }

    async fn rename(&self, user: Uuid, id: Uuid, title: String) -> Task {
        let caller = UserContext::new(user).expect("a user");
        let changes = TaskChanges { title: Change::Set(title), ..TaskChanges::default() };
        self.0.repository::<Task>(&caller).update(&id, changes).await.expect("the user's own task")
    }
}
