//! What an entity has to say to be served, and the six operations that then serve it: written once, for all of them.
//!
//! No entity is named here but in [`served`], where each says which filters and orders it has. No SQL enters; what may be reached
//! is decided by the repository alone.

mod etag;
mod handlers;
mod input;
mod place;
mod served;

pub use handlers::{BULK, change, create, create_many, get, list, remove};
pub use input::{Body, Fields, Invalid, LARGEST_PAGE, PAGE, bytes, form};
pub use place::{In, Place, Top};

use serde::Serialize;
use serde::de::DeserializeOwned;
use user_scope::{Change, Column, Order, Predicate, UserScoped, Uuid};
use utoipa::{IntoParams, ToSchema};

/// An entity that is served.
pub trait Resource:
    UserScoped<Id = Uuid, Owner = Uuid, New: DeserializeOwned + ToSchema, Changes: DeserializeOwned + Clone>
    + Serialize
    + ToSchema
{
    /// What one of them is called: `task`.
    const ONE: &'static str;
    /// What several are called, as in an address: `tasks`.
    const MANY: &'static str;

    const ID: Column<Self, Uuid>;
    const VERSION: Column<Self, i64>;

    /// What a list may be asked for, as parameters of the address.
    type Filter: DeserializeOwned + IntoParams + Send;

    /// The conditions that were asked for.
    fn conditions(asked: Self::Filter) -> Vec<Predicate<Self>>;

    /// What a list may be ordered by. With a `-` before it the greatest comes first.
    const ORDERS: Orders<Self>;

    /// Which fields of a new row name one of another entity.
    fn links(new: &Self::New) -> Vec<&'static str>;

    /// The same of changes.
    fn changed_links(changes: &Self::Changes) -> Vec<&'static str>;

    /// What only a whole row can be told.
    fn refused(_new: &Self::New) -> Option<Invalid> {
        None
    }

    fn version(&self) -> i64;

    /// Says on which version the changes rest.
    fn rest_on(changes: &mut Self::Changes, version: i64);
}

/// A field that may name a row of another entity.
pub trait Link {
    fn names_one(&self) -> bool;
}

impl Link for Uuid {
    fn names_one(&self) -> bool {
        true
    }
}

impl<L: Link> Link for Option<L> {
    fn names_one(&self) -> bool {
        self.as_ref().is_some_and(L::names_one)
    }
}

impl<L: Link> Link for Change<L> {
    fn names_one(&self) -> bool {
        self.as_set().is_some_and(L::names_one)
    }
}

/// A resource that is served below another: its rows belong to one row of that.
pub trait Below<Parent>: Resource {
    const PARENT: Column<Self, Uuid>;

    fn parent(&self) -> Uuid;

    /// The parent comes from the address.
    fn put_below(new: &mut Self::New, parent: Uuid);
}

/// What a list may be ordered by: names, and the orders that they mean.
pub type Orders<R> = &'static [(&'static str, fn(Direction) -> Order<R>)];

#[derive(Debug, Clone, Copy)]
pub enum Direction {
    Ascending,
    Descending,
}

impl Direction {
    pub fn of<T: UserScoped, V: Send + Sync + 'static, N: user_scope::Nullability>(
        self,
        column: Column<T, V, N>,
    ) -> Order<T> {
        match self {
            Self::Ascending => column.asc(),
            Self::Descending => column.desc(),
        }
    }
}
