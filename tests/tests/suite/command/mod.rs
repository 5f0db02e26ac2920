//! The command `user-scope`, run as its user runs it.

/// Makes a test for each database of every function that is named, whose log a URL leads to.
macro_rules! on_each_log {
    ($($test:ident),+ $(,)?) => {
        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test::<sqlx::Postgres>(|home| crate::command::postgres_url(&home.owner())).await;
            })+
        }
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test::<sqlx::Sqlite>(|home| crate::command::sqlite_url(&home.options())).await;
            })+
        }
    };
}

mod audit;
mod doctor;
mod export;
mod given;
mod keys;
mod refused;
mod shown;

use std::path::PathBuf;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use user_scope::UserContext;
use user_scope_tests::command::{Ended, run};

use crate::databases::TestDb;
use crate::entities::Task;
use crate::world::{World, user};

/// Who asks.
const ADMIN: &str = "0197c0de-0000-7000-8000-00000000000a";

/// A user whose row another asked for, and the URL by which an administrator reaches the log.
async fn probed<DB: TestDb>(url: impl Fn(&DB::Home) -> String) -> (World<DB>, String, [UserContext; 2]) {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let hers = world.task(&alice, "hers").await;
    for _ in 0..3 {
        assert!(world.pool.repository::<Task>(&bob).find(&hers.id).await.unwrap().is_none());
    }
    world.pool.flush_audit().await;
    let url = url(&world.home);
    (world, url, [alice, bob])
}

/// Who asks whom, and why, as arguments.
fn asking<'a>(url: &'a str, system_role: &'a str) -> [&'a str; 8] {
    ["--database-url", url, "--as", ADMIN, "--reason", "a test of the command", "--system-role", system_role]
}

fn ask(url: &str, arguments: &[&str], system_role: &str) -> Ended {
    run(&[&["audit"], arguments, &asking(url, system_role)].concat())
}

/// The same of a log without a role of its own for system mode.
fn asked(url: &str, arguments: &[&str]) -> Ended {
    ask(url, arguments, &user_scope_tests::postgres::server().system_role())
}

/// The URL that leads to the same database.
fn postgres_url(options: &PgConnectOptions) -> String {
    options.to_url_lossy().to_string()
}

fn sqlite_url(options: &SqliteConnectOptions) -> String {
    let file: PathBuf = options.get_filename().into();
    format!("sqlite:{}", file.display())
}
