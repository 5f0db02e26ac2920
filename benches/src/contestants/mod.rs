//! Who does the work. All do the same: what they return, and what they leave in the database, is compared.

mod by_hand;
#[cfg(feature = "peers")]
mod diesel;
mod scoped;
#[cfg(feature = "peers")]
mod sea_orm;
#[cfg(feature = "peers")]
mod toasty;
#[cfg(feature = "peers")]
mod toolkit_db;

use user_scope::Uuid;

pub(crate) use by_hand::ByHand;
#[cfg(feature = "peers")]
pub(crate) use diesel::Diesel;
pub(crate) use scoped::{Reaches, Scoped};
#[cfg(feature = "peers")]
pub(crate) use sea_orm::SeaOrm;
#[cfg(feature = "peers")]
pub(crate) use toasty::Toasty;
#[cfg(feature = "peers")]
pub(crate) use toolkit_db::ToolkitDb;

use crate::world::Task;

/// An application that somebody wrote: the operations of a request, for the user who asks.
pub(crate) trait Contestant {
    /// One task of the user.
    async fn get(&self, user: Uuid, id: Uuid) -> Task;

    /// The newest tasks of the user.
    async fn newest(&self, user: Uuid, limit: u32) -> Vec<Task>;

    /// The newest tasks of the user that are still to be done.
    async fn newest_open(&self, user: Uuid, limit: u32) -> Vec<Task>;

    /// The page behind the first, each of so many of the newest tasks, by what the first tells of where it ends.
    async fn second_page(&self, user: Uuid, size: u32) -> Vec<Task>;

    /// Gives a task of the user another title; who keeps an audit records it, both or neither.
    async fn rename(&self, user: Uuid, id: Uuid, title: String) -> Task;

    /// Makes a task of this title; the same of the audit.
    async fn insert(&self, user: Uuid, title: String) -> Task;

    /// Makes tasks of these titles, all or none.
    async fn insert_many(&self, user: Uuid, titles: Vec<String>) -> Vec<Task>;

    /// Takes a task of the user away.
    async fn delete(&self, user: Uuid, id: Uuid);

    /// What a request may come to, all for one caller: a row, a list, a new row, a change to it, and the row again.
    async fn request(&self, user: Uuid, id: Uuid, titles: [String; 2]) -> Task
    where
        Self: Sized,
    {
        one_by_one(self, user, id, titles).await
    }
}

/// The operations of a request, each by itself.
async fn one_by_one(who: &impl Contestant, user: Uuid, id: Uuid, [title, later]: [String; 2]) -> Task {
    who.get(user, id).await;
    who.newest(user, 10).await;
    let made = who.insert(user, title).await;
    who.rename(user, made.id, later).await;
    who.get(user, made.id).await
}
