//! Set-ups that take more than a pool and a table. There is nothing here but text.
//!
//! - [`adoption`]: a database that exists, and is in use.
//! - [`partitions`]: tables in partitions by a hash of the owner.
//! - [`citus`]: tables that are spread over a Citus cluster by their owner.
//! - [`questions`]: what can be asked of the audit, and what is suspicious.
//! - `seals` (with the feature of this name): proof that the audit log is as it was written.
//! - [`retention`]: how the audit log is kept, let go and copied out.
//! - Behind PgBouncer: [`transaction_pooling`](crate::ScopedPoolBuilder::transaction_pooling).

#[doc = include_str!("adoption.md")]
pub mod adoption {}

#[doc = include_str!("citus.md")]
pub mod citus {}

#[doc = include_str!("partitions.md")]
pub mod partitions {}

#[doc = include_str!("questions.md")]
pub mod questions {}

#[cfg(feature = "seals")]
#[doc = include_str!("seals.md")]
pub mod seals {}

#[doc = include_str!("retention.md")]
pub mod retention {}
