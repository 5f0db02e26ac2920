//! Newtypes of all three kinds of identifier, with one field, named or not, and newtypes of newtypes.

#![deny(warnings)]

use user_scope::{Identifier, UserContext, UserScoped, Uuid};

#[derive(Debug, Clone, PartialEq, Identifier, sqlx::Type)]
#[sqlx(transparent)]
pub struct Subject(String);

#[derive(Debug, Clone, PartialEq, Identifier)]
pub struct UserId {
    pub subject: Subject,
}

#[derive(Debug, Clone, Copy, PartialEq, Identifier, sqlx::Type)]
#[sqlx(transparent)]
pub struct TaskId(i64);

#[derive(Debug, Clone, Copy, PartialEq, Identifier, sqlx::Type)]
#[sqlx(transparent)]
pub struct NoteId(Uuid);

#[derive(Debug, UserScoped)]
#[user_scoped(table = "tasks", on(sqlx::Postgres, sqlx::Sqlite))]
pub struct Task {
    #[user_scoped(id, generated = "database")]
    pub id: TaskId,
    #[user_scoped(owner, as = "text")]
    pub user_id: UserId,
}

#[derive(Debug, UserScoped)]
#[user_scoped(table = "notes", on(sqlx::Postgres, sqlx::Sqlite))]
pub struct Note {
    #[user_scoped(id)]
    pub id: NoteId,
    #[user_scoped(owner, as = "text")]
    pub user_id: UserId,
    #[user_scoped(parent = Task)]
    pub task_id: Option<TaskId>,
}

fn main() -> user_scope::Result<()> {
    UserContext::new(UserId { subject: Subject("auth0|alice".into()) })?;
    assert!(UserContext::new(UserId { subject: Subject("system".into()) }).is_err());
    assert_eq!(*NoteId::from_raw(Uuid::max()).as_raw(), Uuid::max());
    let _ = Note::TASK_ID.eq(TaskId(1));
    let _ = NewNote { task_id: None };
    Ok(())
}
