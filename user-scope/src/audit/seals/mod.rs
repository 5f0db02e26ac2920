//! Seals over the log: that what was in it is in it still, and nothing beside it.
//!
//! A seal ([`link`]) says by its digest ([`canonical`]) which rows were in the log, names their ids ([`ids`]), holds the hash of the
//! seal before it, and is signed with a key ([`key`]) that the database does not have. [`sealing`] writes seals over what is new,
//! [`purge`] over what was taken out by right, and [`verify`] compares them with the log. What it cannot know is in
//! [`guide::seals`](crate::guide::seals).
//!
//! Nobody who writes to the log waits for a seal, and no row is sealed while a transaction may still write one before it: that is
//! for [`horizon`](super::horizon) to tell.

mod canonical;
mod exported;
mod findings;
mod hex;
mod ids;
mod key;
mod link;
mod purge;
mod sealing;
mod verify;

use std::future::poll_fn;

pub use exported::ExportedSeal;
pub use findings::{SealFinding, SealedRange};
pub use ids::LogIds;
pub use key::{PublicSealKey, SealKey};
pub(in crate::audit) use purge::{old_seals, purgeable, seal_purge, since_the_last};
pub use sealing::Sealed;
pub use verify::SealReport;

use crate::backend::{Backend, RowsOf};

/// The next of the rows that come.
async fn next<DB: Backend>(rows: &mut RowsOf<'_, DB>) -> sqlx::Result<Option<DB::Row>> {
    poll_fn(|context| rows.as_mut().poll_next(context)).await.transpose()
}
