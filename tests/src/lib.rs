//! The room in which `user-scope` is tried: databases that are made for one test and gone after it.
//!
//! - [`postgres`]: one server for each test process and one database for each test, with an owner of the
//!   tables and an application's role that is neither superuser nor owner.
//! - [`sqlite`]: one file for each test.
//! - [`pgbouncer`]: a pooler in transaction mode before that server.
//! - [`command`]: the program `user-scope`, built and run.
//! - [`proxy`]: stands between a client and PostgreSQL, and counts round trips.
//!
//! Nothing here skips: what a test needs and the machine lacks makes the test fail, with a sentence that says
//! what to install. Nothing here outlives the process, however the process ends. Unix only.
//!
//! ```no_run
//! use user_scope_tests::{postgres::Database, proxy::Proxy};
//!
//! # async fn example() {
//! let database = Database::create("what_the_test_is_about").await;
//! let (proxy, options) = Proxy::start(&database.app()).await;
//! # }
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic with a sentence is how a fault is told"
)]

pub mod command;
pub mod directory;
mod keeper;
pub mod pgbouncer;
pub mod postgres;
pub mod proxy;
pub mod sqlite;
