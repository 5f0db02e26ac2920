//! The entities that the suite works on, and their tables.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use user_scope::{Identifier, Stores, UserScoped, Uuid};

// README: begin
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Status {
    Todo,
    Done,
}

#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(
    table = "tasks",
    new(derive(Debug, Clone, Deserialize)),
    changes(derive(Debug, Clone, Default, Deserialize), deny_unknown_fields)
)]
pub struct Task {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    pub title: String,
    pub status: Status, // any type that sqlx can encode and decode
    pub due_on: Option<NaiveDate>,
    #[user_scoped(created_at)]
    pub created_at: DateTime<Utc>,
    #[user_scoped(updated_at)]
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "subtasks", changes(derive(Default)))]
pub struct Subtask {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Task)] // proven to belong to the same owner, in the same statement
    pub task_id: Uuid,
    pub title: String,
}
// README: end

/// Its owner is VARCHAR, as in the deployment that this comes from, while its user is a UUID.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "projects", changes(derive(Default)))]
pub struct Project {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner, as = "text")]
    pub user_id: Uuid,
    pub name: String,
    /// A parent whose owner is stored otherwise than the child's.
    #[user_scoped(parent = Task)]
    pub main_task: Option<Uuid>,
}

/// A child of a row whose owner is stored as text.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "milestones", changes(derive(Default)))]
pub struct Milestone {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Project)]
    pub project_id: Uuid,
    pub name: String,
}

/// Something not to be seen anywhere, a renamed column, a field that is no column, and no audit of reads.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(
    table = "secrets",
    name = "secret",
    audit(reads = "off"),
    new(derive(Debug)),
    changes(derive(Debug, Default))
)]
pub struct Secret {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(column = "key_name")]
    pub name: String,
    #[user_scoped(redact)]
    pub value: String,
    #[user_scoped(skip)]
    pub shown: bool,
}

#[derive(Debug, Clone, PartialEq, Identifier, sqlx::Type)]
#[sqlx(transparent)]
pub struct DocumentId(pub Uuid);

#[derive(Debug, Clone, PartialEq, Identifier, sqlx::Type)]
#[sqlx(transparent)]
pub struct UserId(pub Uuid);

/// Newtypes for both.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "documents", changes(derive(Default)))]
pub struct Document {
    #[user_scoped(id)]
    pub id: DocumentId,
    #[user_scoped(owner)]
    pub user_id: UserId,
    pub body: String,
}

/// Integers for both; the database makes the id.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "notes", changes(derive(Default)))]
pub struct Note {
    #[user_scoped(id, generated = "database")]
    pub id: i64,
    #[user_scoped(owner)]
    pub user_id: i64,
    pub text: String,
}

/// Texts for both, as the subjects of identity providers are.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "accounts", changes(derive(Default)))]
pub struct Account {
    #[user_scoped(id)]
    pub id: String,
    #[user_scoped(owner)]
    pub subject: String,
    pub email: Option<String>,
}

/// What a database must be able to store for the suite: the application's own bundle, in one line.
pub trait AppDb:
    Stores<Task>
    + Stores<Subtask>
    + Stores<Project>
    + Stores<Milestone>
    + Stores<Secret>
    + Stores<Document>
    + Stores<Note>
    + Stores<Account>
{
}

impl<DB> AppDb for DB where
    DB: Stores<Task>
        + Stores<Subtask>
        + Stores<Project>
        + Stores<Milestone>
        + Stores<Secret>
        + Stores<Document>
        + Stores<Note>
        + Stores<Account>
{
}

/// The tables, with `{uuid}`, `{time}`, `{date}` and `{counter}` for what databases call differently.
pub const SCHEMA: &str = "
    CREATE TABLE tasks (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, title VARCHAR(200) NOT NULL CHECK (title <> ''),
        status TEXT NOT NULL, due_on {date}, created_at {time} NOT NULL, updated_at {time} NOT NULL,
        UNIQUE (user_id, id));
    CREATE INDEX tasks_user_id ON tasks (user_id, created_at);
    CREATE TABLE subtasks (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, task_id {uuid} NOT NULL, title TEXT NOT NULL,
        FOREIGN KEY (user_id, task_id) REFERENCES tasks (user_id, id), UNIQUE (user_id, title));
    CREATE TABLE projects (
        id {uuid} PRIMARY KEY, user_id VARCHAR(64) NOT NULL, name TEXT NOT NULL, main_task {uuid});
    CREATE TABLE milestones (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, project_id {uuid} NOT NULL, name TEXT NOT NULL);
    CREATE TABLE secrets (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, key_name TEXT NOT NULL, value TEXT NOT NULL,
        UNIQUE (user_id, value));
    CREATE TABLE documents (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, body TEXT NOT NULL);
    CREATE TABLE notes (id {counter}, user_id BIGINT NOT NULL, text TEXT NOT NULL);
    CREATE TABLE accounts (id TEXT PRIMARY KEY, subject TEXT NOT NULL, email TEXT);";
