//! One suite, run on each database: what a test says of one holds for the other.
//!
//! A test is a function that is generic over the database; `on_each_database!` runs it on both. A database is a
//! set-up and some raw SQL (`databases`), and no more.
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
        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test::<sqlx::Postgres>().await;
            })+
        }
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test::<sqlx::Sqlite>().await;
            })+
        }
        mod isolated {
            $(#[tokio::test]
            async fn $test() {
                crate::databases::isolated(super::$test::<sqlx::Postgres>()).await;
            })+
        }
        mod guarded {
            $(#[tokio::test]
            async fn $test() {
                crate::databases::guarded(super::$test::<sqlx::Sqlite>()).await;
            })+
        }
    };
}

/// The same, and through PgBouncer in transaction mode: for what an operation can do to a connection, or rest on.
macro_rules! on_each_database_and_through_pgbouncer {
    ($($test:ident),+ $(,)?) => {
        on_each_database!($($test),+);

        mod pooled {
            $(#[tokio::test]
            async fn $test() {
                crate::databases::pooled(super::$test::<sqlx::Postgres>()).await;
            })+
        }
    };
}

/// Both, and on tables in partitions: for what a statement may look into.
macro_rules! on_each_database_and_in_partitions {
    ($($test:ident),+ $(,)?) => {
        on_each_database_and_through_pgbouncer!($($test),+);

        mod partitioned {
            $(#[tokio::test]
            async fn $test() {
                crate::databases::partitioned(crate::databases::isolated(super::$test::<sqlx::Postgres>())).await;
            })+
        }
    };
}

mod access_matrix;
mod adoption;
mod aggregates;
mod at_hand;
mod at_hand_runtimes;
mod attacks;
mod audit;
mod background;
mod bulk;
mod cancellation;
mod captured;
mod children;
mod citus;
mod command;
mod cursors;
mod cursors_forged;
mod databases;
mod default_privileges;
mod doctor;
mod entities;
mod errors;
mod families;
mod golden;
mod golden_sql;
mod guarded;
mod household;
mod isolation;
mod keys;
mod kills;
mod kinship;
mod lent;
mod logins;
mod meanwhile;
mod metrics;
mod model;
mod moved_meanwhile;
mod nulls;
mod owner_keys;
mod pages;
mod pages_at_random;
mod pages_cost;
mod pages_of_types;
mod parents;
mod partitioned;
mod pgbouncer;
mod predicates;
mod purging;
mod questions;
mod questions_planned;
mod questions_strained;
mod questions_watched;
mod readme;
mod restoring;
mod retention;
mod round_trips;
mod samples;
mod scores;
mod sealed_contexts;
mod seals;
mod selecting;
mod shelf;
mod soft_deletion;
mod strained;
mod streams;
mod streams_in_transactions;
mod streams_on_record;
mod strict_families;
mod system_mode;
mod tracing_spans;
mod transactions;
mod transfers;
mod transfers_held;
mod trees;
mod upsert_keys;
mod upserts;
mod values;
mod values_at_once;
mod values_of_types;
mod values_of_wide_rows;
mod versions;
mod web;
mod world;
mod writing;
