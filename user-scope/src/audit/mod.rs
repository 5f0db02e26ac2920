//! What is recorded, how, and where it goes.
//!
//! A write's row is atomic with the write and never comes here: `sql` and `repository` see to it. What may
//! follow later, reads and denials by default, goes through a bounded queue to one background writer, which
//! tells denials from mere misses and hands batches to an [`AuditSink`]. Nothing about requests enters here.

mod classify;
mod database;
mod event;
mod horizon;
mod log;
mod questions;
mod queue;
mod retention;
#[cfg(feature = "seals")]
mod seals;
mod settings;
mod sink;
mod standing;
mod trail;
mod writer;

pub use crate::entity::{ReadAudit, WriteAudit};
pub(crate) use classify::Miss;
pub use database::DatabaseSink;
pub use event::{AuditEvent, Details, Operation, Values};
pub use log::AuditLog;
pub use questions::{
    Activity, AuditWatch, DayTotal, LogFollower, LogRows, Pattern, Patterns, Suspicion, SuspicionKind, Suspicions,
    Thresholds, UserDay, Window, trace,
};
pub use queue::AuditStats;
pub(crate) use queue::{Audit, Entry};
pub(crate) use retention::next_month;
pub use retention::{LogExport, LogPurge, Partitioned, Purgeable, partition};
#[cfg(feature = "seals")]
pub use seals::{ExportedSeal, LogIds, PublicSealKey, SealFinding, SealKey, SealReport, Sealed, SealedRange};
pub use settings::{AuditSettings, Overflow};
pub use sink::{AuditSink, BoxFuture, FanOut, MemorySink, SinkError, TracingSink};
pub use standing::{LogStanding, LogUsers, standing};
pub use trail::{AuditTrail, TrailRow};
