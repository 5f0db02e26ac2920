//! The pages, as a person has them: in Chromium, against the real server.
//!
//! A test is a story in one or two windows, each a browser of its own. Whatever it tells, no page may log an error, and none
//! may ask another host for anything. Pictures are in `target/screenshots`, or where SCREENSHOTS says; of a test that fails
//! there is one of each of its windows.
//!
//! It needs Chromium and its driver (Debian, Ubuntu: `apt-get install chromium chromium-driver`), and the feature `browser`.
#![allow(unreachable_pub, reason = "a test binary has no outside")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic with a sentence is how a fault is told"
)]

#[path = "../server/home.rs"]
#[allow(dead_code, reason = "shared with the tests without a browser")]
mod home;
#[path = "../server/leash.rs"]
mod leash;
#[path = "../server/server.rs"]
#[allow(dead_code, reason = "shared with the tests without a browser")]
mod server;

mod administration;
mod keyboard;
mod looks;
mod person;
mod stage;
mod subtasks;
mod tasks;
mod window;
