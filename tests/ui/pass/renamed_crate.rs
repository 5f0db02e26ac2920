//! The library may go by another name.

#![deny(warnings)]

mod vendored {
    pub use user_scope as scope;
}

use vendored::scope::{Identifier, UserScoped, Uuid};

#[derive(Debug, Clone, PartialEq, Identifier, sqlx::Type)]
#[identifier(crate = "crate::vendored::scope")]
#[sqlx(transparent)]
pub struct UserId(Uuid);

#[derive(Debug, UserScoped)]
#[user_scoped(table = "tasks", crate = "vendored::scope", on(sqlx::Postgres, sqlx::Sqlite))]
pub struct Task {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: UserId,
    pub title: String,
}

fn main() {
    let _ = NewTask { title: "Ship it".into() };
}
