//! user-scope, on a pool that it has made, or around one that was there.

use user_scope::audit::AuditSettings;
use user_scope::{Change, Enforcement, ScopedPool, UserContext, Uuid};

use super::{Contestant, one_by_one};
use crate::databases::{Arena, CONNECTIONS, Tuning};
use crate::world::{NewTask, Status, Task, TaskChanges};

/// How it reaches the database, and what it records.
pub(crate) struct Reaches {
    pub(crate) audit: AuditSettings,
    pub(crate) enforcement: Enforcement,
}

pub(crate) struct Scoped<DB: user_scope::Backend>(pub(crate) ScopedPool<DB>, Enforcement);

impl<DB: Arena> Scoped<DB> {
    /// Around sqlx's default pool, by hand.
    pub(crate) async fn around(address: &str) -> Self {
        let pool = DB::pool(address, Tuning::Default).await;
        let pool = ScopedPool::builder(pool).build().await.expect("the database is there");
        Self(pool, Enforcement::Predicate)
    }

    pub(crate) async fn connect(address: &str, reaches: Reaches) -> Self {
        let enforcement = reaches.enforcement;
        let pool = ScopedPool::builder(DB::source(address))
            .max_connections(CONNECTIONS)
            .pool_options(|pool| pool.min_connections(CONNECTIONS))
            .audit(reaches.audit)
            .enforcement(enforcement)
            .system_role(user_scope_tests::postgres::server().system_role())
            .build();
        Self(pool.await.expect("the database is there"), enforcement)
    }
}

fn caller(user: Uuid) -> UserContext {
    UserContext::new(user).expect("a user")
}

fn new(title: String) -> NewTask {
    NewTask { title, status: Status::Todo, due_on: None }
}

impl<DB: Arena> Contestant for Scoped<DB> {
    async fn get(&self, user: Uuid, id: Uuid) -> Task {
        let caller = caller(user);
        self.0.repository::<Task>(&caller).get(&id).await.expect("the user's own task")
    }

    async fn newest(&self, user: Uuid, limit: u32) -> Vec<Task> {
        let caller = caller(user);
        let tasks = self.0.repository::<Task>(&caller);
        tasks.query().order_by(Task::CREATED_AT.desc()).limit(limit).all().await.expect("tasks")
    }

    async fn newest_open(&self, user: Uuid, limit: u32) -> Vec<Task> {
        let caller = caller(user);
        let open = self.0.repository::<Task>(&caller).query().filter(Task::STATUS.eq(Status::Todo));
        open.order_by(Task::CREATED_AT.desc()).limit(limit).all().await.expect("tasks")
    }

    async fn second_page(&self, user: Uuid, size: u32) -> Vec<Task> {
        let caller = caller(user);
        let tasks = self.0.repository::<Task>(&caller);
        let newest = || tasks.query().order_by(Task::CREATED_AT.desc());
        let first = newest().page(size, None).await.expect("tasks");
        newest().page(size, first.next).await.expect("tasks").rows
    }

    async fn rename(&self, user: Uuid, id: Uuid, title: String) -> Task {
        let caller = caller(user);
        let changes = TaskChanges { title: Change::Set(title), ..TaskChanges::default() };
        self.0.repository::<Task>(&caller).update(&id, changes).await.expect("the user's own task")
    }

    async fn insert(&self, user: Uuid, title: String) -> Task {
        let caller = caller(user);
        self.0.repository::<Task>(&caller).insert(new(title)).await.expect("a new task")
    }

    async fn insert_many(&self, user: Uuid, titles: Vec<String>) -> Vec<Task> {
        let caller = caller(user);
        self.0.repository::<Task>(&caller).insert_many(titles.into_iter().map(new)).await.expect("new tasks")
    }

    async fn delete(&self, user: Uuid, id: Uuid) {
        let caller = caller(user);
        self.0.repository::<Task>(&caller).delete(&id).await.expect("the user's own task");
    }

    /// Where each operation would say anew who is asking, in one transaction.
    async fn request(&self, user: Uuid, id: Uuid, titles: [String; 2]) -> Task {
        let Self(pool, enforcement) = self;
        if *enforcement == Enforcement::Predicate {
            return one_by_one(self, user, id, titles).await;
        }
        let [title, later] = titles;
        let caller = caller(user);
        let request = pool.begin(&caller).await.expect("a connection");
        let tasks = request.repository::<Task>();
        tasks.get(&id).await.expect("the user's own task");
        tasks.query().order_by(Task::CREATED_AT.desc()).limit(10).all().await.expect("tasks");
        let made = tasks.insert(new(title)).await.expect("a new task");
        let changes = TaskChanges { title: Change::Set(later), ..TaskChanges::default() };
        tasks.update(&made.id, changes).await.expect("the user's own task");
        let task = tasks.get(&made.id).await.expect("the user's own task");
        request.commit().await.expect("nothing stands in the way");
        task
    }
}
