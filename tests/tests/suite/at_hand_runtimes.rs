//! Connections at hand, and runtimes that come and go: as in a program's `main`, or where tests share a pool.

use std::cell::RefCell;
use std::time::Duration;

use sqlx::Sqlite;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use user_scope::audit::AuditSettings;
use user_scope::{Change, Error, UserContext};

use super::databases::TestDb;
use super::entities::Task;
use super::shelf::{Album, AlbumChanges, NewAlbum};
use super::world::{World, new_task, user};

macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod postgres {
            $(#[test]
            fn $test() {
                super::$test::<sqlx::Postgres>();
            })+
        }
        mod sqlite {
            $(#[test]
            fn $test() {
                super::$test::<sqlx::Sqlite>();
            })+
        }
    };
}

on_both!(
    a_pool_can_be_dropped_before_its_runtime,
    a_pool_can_be_dropped_after_its_runtime,
    a_pool_can_be_dropped_at_the_end_of_a_thread,
    a_pool_can_be_closed_in_another_runtime,
    what_lived_in_a_runtime_that_has_ended_is_not_used,
);

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A pool with a connection at hand, and nothing else open.
fn used<DB: TestDb>(runtime: &Runtime) -> (World<DB>, UserContext, Task) {
    runtime.block_on(async {
        let (world, alice) = (World::<DB>::with(AuditSettings::off(), 1).await, user());
        let task = world.task(&alice, "at hand").await;
        world.raw.close().await;
        (world, alice, task)
    })
}

fn a_pool_can_be_dropped_before_its_runtime<DB: TestDb>() {
    let runtime = runtime();
    let (world, ..) = used::<DB>(&runtime);
    drop(world.pool);
    drop(runtime);
}

fn a_pool_can_be_dropped_after_its_runtime<DB: TestDb>() {
    let runtime = runtime();
    let (world, ..) = used::<DB>(&runtime);
    drop(runtime);
    drop(world.pool);
}

/// Where not even a panic would be let pass.
fn a_pool_can_be_dropped_at_the_end_of_a_thread<DB: TestDb>() {
    thread_local! {
        static KEPT: RefCell<Option<Box<dyn std::any::Any>>> = const { RefCell::new(None) };
    }
    let home = std::thread::spawn(|| {
        // First, so that it is dropped after what tokio keeps here.
        KEPT.with_borrow_mut(|kept| *kept = None);
        let runtime = runtime();
        let (World { pool, home, .. }, ..) = used::<DB>(&runtime);
        KEPT.with_borrow_mut(|kept| *kept = Some(Box::new(pool)));
        home
    });
    drop(home.join().unwrap());
}

fn a_pool_can_be_closed_in_another_runtime<DB: TestDb>() {
    let (first, second) = (runtime(), runtime());
    let (world, ..) = used::<DB>(&first);
    let closed = second.block_on(async { timeout(Duration::from_secs(60), world.pool.close()).await });
    closed.expect("nobody drives the first");
}

fn what_lived_in_a_runtime_that_has_ended_is_not_used<DB: TestDb>() {
    let first = runtime();
    let (world, alice, task) = used::<DB>(&first);
    drop(first);
    let found = runtime().block_on(async {
        let found = world.pool.repository::<Task>(&alice).get(&task.id).await;
        world.pool.repository::<Task>(&alice).insert(new_task("later")).await.unwrap();
        found
    });
    assert_eq!(found.unwrap(), task);
}

/// What a refused write has locked is free when it returns, be there anybody to drive a runtime or not.
#[test]
fn a_refused_write_leaves_the_file_free_on_sqlite() {
    let runtime = runtime();
    let (world, alice, album) = runtime.block_on(async {
        let (world, alice) = (World::<Sqlite>::with(AuditSettings::default(), 2).await, user());
        let new = NewAlbum { title: "x".into(), year: None, price: None };
        let album = world.pool.repository::<Album>(&alice).insert(new).await.unwrap();
        (world, alice, album)
    });
    let changes = AlbumChanges { title: Change::Set("y".into()), version: 99, ..AlbumChanges::default() };
    let refused = runtime.block_on(world.pool.repository::<Album>(&alice).update(&album.id, changes));
    assert!(matches!(refused, Err(Error::Stale { .. })), "{refused:?}");
    let another = self::runtime();
    another.block_on(async {
        let pool = Sqlite::owner(&world.home).await;
        Sqlite::run(&pool, "BEGIN IMMEDIATE; ROLLBACK").await.expect("nobody has it locked");
        pool.close().await;
    });
}
