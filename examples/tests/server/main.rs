//! The server, as a client has it: the real program, started by each test on a database of the test's own, and spoken to
//! by HTTP.
//!
//! A test is a function of the kind of database; `on_each_database!` runs it on both. Databases are looked at behind the
//! server's back by raw SQL (`home`), and by nothing of the library.
#![allow(unreachable_pub, reason = "a test binary has no outside")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic with a sentence is how a fault is told"
)]

/// Makes a test for each database of every function that is named.
macro_rules! on_each_database {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::home::Kind::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::home::Kind::Postgres).await;
            })+
        }
    };
}

mod accounts;
mod around;
mod audit;
mod bodies;
mod bulk;
mod client;
mod home;
mod leash;
mod lists;
mod load;
mod operations;
mod pages;
mod people;
mod routes;
mod server;
mod shutdown;
mod starting;
mod tokens;
mod versions;
