//! The generated code needs no imports, no prelude, and brings its own documentation.

#![no_implicit_prelude]
#![deny(missing_docs, warnings)]

use ::std::clone::Clone;
use ::std::default::Default;
use ::std::fmt::Debug;
use ::user_scope::{Identifier, UserScoped};

/// Not the one of the prelude.
#[derive(Debug)]
pub struct Option;
/// Not the one of the prelude.
#[derive(Debug)]
pub struct Vec;
/// Not the one of the prelude.
#[derive(Debug)]
pub struct Result;
/// Not the one of the prelude.
#[derive(Debug)]
pub struct String;
/// A name that a macro might take for a type parameter.
#[derive(Debug)]
pub struct DB;

/// An owner.
#[derive(Debug, Clone, Identifier)]
pub struct UserId(::user_scope::Uuid);

/// A task.
#[derive(Debug, UserScoped)]
#[user_scoped(
    table = "tasks",
    new(derive(Debug)),
    changes(derive(Debug, Default)),
    audit(writes = "off", values = "old_and_new"),
    unique(secret, (secret, step)),
    children(Remark)
)]
pub struct Task {
    /// Its id.
    #[user_scoped(id)]
    pub id: ::user_scope::Uuid,
    /// Its owner.
    #[user_scoped(owner, as = "text")]
    pub user_id: UserId,
    /// What nobody is to read.
    #[user_scoped(redact)]
    pub secret: ::std::string::String,
    /// The task above it.
    #[user_scoped(parent = Self, on_delete = "cascade")]
    pub parent_id: ::std::option::Option<::user_scope::Uuid>,
    /// Where it stands.
    pub step: i64,
    /// No column.
    #[user_scoped(skip)]
    pub cached: ::std::option::Option<DB>,
    /// When it was made.
    #[user_scoped(created_at)]
    pub created_at: ::std::option::Option<::chrono::NaiveDateTime>,
    /// When it was changed.
    #[user_scoped(updated_at)]
    pub updated_at: ::chrono::NaiveDateTime,
    /// Since when it is gone.
    #[user_scoped(deleted_at)]
    pub deleted_at: ::std::option::Option<::chrono::NaiveDateTime>,
    /// How often it was written.
    #[user_scoped(version)]
    pub version: i64,
}

/// A remark on a task.
#[derive(Debug, UserScoped)]
#[user_scoped(table = "remarks")]
pub struct Remark {
    /// Its id.
    #[user_scoped(id, key = "owner")]
    pub id: ::std::string::String,
    /// Its owner.
    #[user_scoped(owner, as = "text")]
    pub user_id: UserId,
    /// Its task.
    #[user_scoped(parent = Task, on_delete = "set_null")]
    pub task_id: ::std::option::Option<::user_scope::Uuid>,
}

fn main() {
    let _ = Task::PARENT_ID.is_null();
    let _ = (Task::BY_SECRET, Task::BY_SECRET_AND_STEP, Remark::BY_ID);
    let _: TaskChanges = Default::default();
}
