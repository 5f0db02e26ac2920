//! Where in the address a resource stands: at the top, or below a row of another.

use std::collections::HashMap;
use std::future::Future;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use user_scope::web::{Caller, Problem};
use user_scope::{Backend, Error, Predicate, ScopedPool, Stores, UserScoped, Uuid};

use super::{Below, Resource};

/// The names of the parts of an address.
pub const ID: &str = "id";
pub const CHILD_ID: &str = "child_id";

/// The ids in an address, as texts.
#[derive(Debug)]
pub struct Ids(HashMap<String, String>);

impl Ids {
    /// An id that is none names no row, and reads as one that is not there.
    fn find<R: UserScoped>(&self, name: &str) -> Result<Uuid, Problem> {
        self.0.get(name).and_then(|text| text.parse().ok()).ok_or_else(|| not_found::<R>())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Ids {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(ids)) => Ok(Self(ids)),
            // Bytes that are no UTF-8.
            Err(_) => Ok(Self(HashMap::new())),
        }
    }
}

/// There is no such row, or it is somebody else's: nobody can tell.
pub fn not_found<R: UserScoped>() -> Problem {
    Error::NotFound { entity: R::entity().name() }.into()
}

/// Where rows of `R` stand.
pub trait Place<DB: Backend, R: Resource>: Sized + Send + Sync {
    /// Whether the place is there, for this caller.
    fn find(ids: &Ids, pool: &ScopedPool<DB>, caller: &Caller) -> impl Future<Output = Result<Self, Problem>> + Send;

    /// Which row at this place is meant.
    fn row(ids: &Ids) -> Result<Uuid, Problem>;

    /// Narrows a list to this place.
    fn condition(&self) -> Option<Predicate<R>>;

    /// Whether a row stands here.
    fn has(&self, row: &R) -> bool;

    /// Puts a new row here.
    fn put(&self, new: &mut R::New);

    /// Its address, seen from the list.
    fn address(&self, row: &R) -> String;
}

/// At the top: `/tasks`.
#[derive(Debug)]
pub struct Top;

impl<DB: Stores<R>, R: Resource> Place<DB, R> for Top {
    async fn find(_: &Ids, _: &ScopedPool<DB>, _: &Caller) -> Result<Self, Problem> {
        Ok(Self)
    }

    fn row(ids: &Ids) -> Result<Uuid, Problem> {
        ids.find::<R>(ID)
    }

    fn condition(&self) -> Option<Predicate<R>> {
        None
    }

    fn has(&self, _: &R) -> bool {
        true
    }

    fn put(&self, _: &mut R::New) {}

    fn address(&self, row: &R) -> String {
        format!("/api/v2/{}/{}", R::MANY, row.id())
    }
}

/// Below a row of `Parent`: `/tasks/{id}/subtasks`.
#[derive(Debug)]
pub struct In<Parent> {
    parent: Uuid,
    of: std::marker::PhantomData<fn() -> Parent>,
}

impl<DB, R, Parent> Place<DB, R> for In<Parent>
where
    DB: Stores<R> + Stores<Parent>,
    R: Below<Parent>,
    Parent: Resource,
{
    async fn find(ids: &Ids, pool: &ScopedPool<DB>, caller: &Caller) -> Result<Self, Problem> {
        let parent = ids.find::<Parent>(ID)?;
        if !pool.repository::<Parent>(caller).exists(&parent).await? {
            return Err(not_found::<Parent>());
        }
        Ok(Self { parent, of: std::marker::PhantomData })
    }

    fn row(ids: &Ids) -> Result<Uuid, Problem> {
        ids.find::<R>(CHILD_ID)
    }

    fn condition(&self) -> Option<Predicate<R>> {
        Some(R::PARENT.eq(self.parent))
    }

    fn has(&self, row: &R) -> bool {
        row.parent() == self.parent
    }

    fn put(&self, new: &mut R::New) {
        R::put_below(new, self.parent);
    }

    fn address(&self, row: &R) -> String {
        format!("/api/v2/{}/{}/{}/{}", Parent::MANY, self.parent, R::MANY, row.id())
    }
}
