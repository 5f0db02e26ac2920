//! What brings a table that exists, and is in use, under isolation: changes that make no writer wait for long, the owner of
//! the rows that are there, and questions about what stands in the way.
//!
//! Names and expressions come from a person who administers the database. Names are quoted; an expression is taken as it is
//! written, since he could as well run it himself.

pub(crate) mod backfill;
pub(crate) mod callerless;
pub(crate) mod kind;
pub(crate) mod migration;
pub(crate) mod postgres;
pub(crate) mod proposal;
pub(crate) mod sqlite;
