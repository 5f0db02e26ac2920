//! A database with a pool and some users.

use sqlx::Pool;
use user_scope::audit::AuditSettings;
use user_scope::{Identifier, Moment, PoolSource, ScopedPool, SystemContext, UserContext, Uuid};

use super::databases::{TestDb, builder};
use super::entities::{NewTask, Status, Task};

pub struct World<DB: TestDb, Id: Identifier = Uuid> {
    /// What is tested.
    pub pool: ScopedPool<DB, Id>,
    /// Raw SQL as the owner of the tables, to look behind the library's back.
    pub raw: Pool<DB>,
    pub home: DB::Home,
}

impl<DB: TestDb> World<DB> {
    pub async fn open() -> Self {
        Self::with(AuditSettings::default(), 5).await
    }

    pub async fn with(audit: AuditSettings, connections: u32) -> Self {
        Self::of(audit, connections).await
    }

    /// The context of an administrator.
    pub async fn system(&self) -> SystemContext<DB> {
        self.pool.system("a test looks at everything").requested_by(&user()).await.expect("a receipt")
    }
}

impl<DB: TestDb, Id: Identifier> World<DB, Id> {
    pub async fn of(audit: AuditSettings, connections: u32) -> Self {
        Self::from(audit, connections, DB::source).await
    }

    /// On SQLite foreign keys are not looked at: where some are violated already it miscounts, and refuses what is right.
    pub async fn without_keys(audit: AuditSettings, connections: u32) -> Self {
        Self::from(audit, connections, DB::source_without_keys).await
    }

    async fn from(audit: AuditSettings, connections: u32, source: fn(&DB::Home) -> PoolSource<DB>) -> Self {
        let hint = std::thread::current().name().unwrap_or("test").rsplit("::").next().unwrap_or("test").to_owned();
        let home = DB::home::<Id>(&hint).await;
        let pool = builder(source(&home))
            .owner::<Id>()
            .max_connections(connections)
            .audit(audit)
            .build()
            .await
            .expect("the application connects");
        Self { pool, raw: DB::owner(&home).await, home }
    }

    /// Opens to the application the tables that were made since.
    pub async fn open_to_the_application(&self) {
        DB::open_to_the_application(&self.home).await;
    }

    /// Everything that was recorded so far, oldest first, denials and receipts among it.
    pub async fn log(&self) -> Vec<Line> {
        self.pool.flush_audit().await;
        let lines = "SELECT CAST(user_id AS TEXT) || '\u{1f}' || entity_type || '\u{1f}' || coalesce(entity_id, '') || \
                     '\u{1f}' || operation || '\u{1f}' || coalesce(CAST(details AS TEXT), '') \
                     FROM user_access_log ORDER BY id";
        DB::texts(&self.raw, lines).await.expect("the log can be read").iter().map(|line| Line::parse(line)).collect()
    }

    /// Plants a row into the log: user, entity type, entity id, operation and details, as SQL writes them, of that moment.
    pub async fn plant(&self, values: &str, at: Moment) {
        let planted = format!(
            "INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, details, timestamp) VALUES ({values}, '{at}')"
        );
        DB::run(&self.raw, &planted).await.expect("a row can be planted");
    }

    /// What was recorded, as `operation entity`, oldest first.
    pub async fn operations(&self) -> Vec<String> {
        self.log().await.iter().map(|row| format!("{} {}", row.operation, row.entity_type)).collect()
    }
}

/// A row of the log, as it lies in the table.
#[derive(Debug, PartialEq)]
pub struct Line {
    pub user_id: String,
    pub entity_type: String,
    pub entity_id: String,
    pub operation: String,
    /// JSON, or empty.
    pub details: String,
}

impl Line {
    fn parse(line: &str) -> Self {
        let parts: Vec<String> = line.split('\u{1f}').map(str::to_owned).collect();
        let [user_id, entity_type, entity_id, operation, details] = parts.try_into().expect("five parts");
        // PostgreSQL writes jsonb with blanks.
        Self {
            user_id,
            entity_type,
            entity_id,
            operation,
            details: details.replace("\": ", "\":").replace(", \"", ",\""),
        }
    }
}

/// Somebody new.
pub fn user() -> UserContext {
    UserContext::new(Uuid::now_v7()).expect("a user")
}

pub fn new_task(title: &str) -> NewTask {
    NewTask { title: title.into(), status: Status::Todo, due_on: None }
}

impl<DB: TestDb> World<DB> {
    /// A task of `user`.
    pub async fn task(&self, user: &UserContext, title: &str) -> Task {
        self.pool.repository::<Task>(user).insert(new_task(title)).await.expect("a task")
    }
}
