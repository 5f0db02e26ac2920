//! Who does the work. All do the same: what they return, and what they leave in the database, is compared.

mod by_hand;
mod scoped;

use user_scope::Uuid;

pub(crate) use by_hand::ByHand;
pub(crate) use scoped::Scoped;

use crate::world::Task;

/// An application that somebody wrote: the operations of a request, for the user who asks.
pub(crate) trait Contestant {
    /// One task of the user.
    async fn get(&self, user: Uuid, id: Uuid) -> Task;

    /// The newest tasks of the user.
    async fn newest(&self, user: Uuid, limit: u32) -> Vec<Task>;

    /// The newest tasks of the user that are still to be done.
    async fn newest_open(&self, user: Uuid, limit: u32) -> Vec<Task>;

    /// Gives a task of the user another title, and records it, both or neither.
    async fn rename(&self, user: Uuid, id: Uuid, title: String) -> Task;
}
