//! (the guide comes here)
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(any(feature = "postgres", feature = "sqlite")),
    allow(dead_code, reason = "without a driver nothing runs the statements")
)]

pub mod audit;
mod backend;
mod builder;
mod context;
#[doc(hidden)]
pub mod derive_support;
mod entity;
mod error;
mod identifier;
mod lease;
mod migration;
mod pool;
mod repository;
mod session;
mod sql;
mod system;
mod transaction;

pub use backend::{Backend, Value};
pub use builder::{PoolSource, ScopedPoolBuilder};
pub use context::{Caller, UserContext, Writes};
pub use entity::{
    Change, Column, Entity, Moment, NotNull, Nullable, Operand, Order, Predicate, Stores, Timestamp, UserScoped,
};
pub use error::{Cause, Error, Result};
pub use identifier::{GeneratedId, IdValue, Identifier, InvalidIdentifier, RawIdentifier};
pub use pool::ScopedPool;
pub use repository::{Query, ScopedRepository};
pub use system::{ReadOnly, ReadWrite, SignedRequest, SystemContext, SystemRequest};
pub use transaction::ScopedTransaction;
pub use user_scope_derive::{Identifier, UserScoped};
pub use uuid::Uuid;
