//! (the guide comes here)
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backend;
#[doc(hidden)]
pub mod derive_support;
mod entity;
mod error;
mod identifier;

pub use backend::{Backend, Value};
pub use entity::*;
pub use identifier::{GeneratedId, IdValue, Identifier, InvalidIdentifier, RawIdentifier};
pub use error::{Cause, Error, Result};
pub use uuid::Uuid;
