//! A plain log becomes the first of many partitions.

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::{Pool, Postgres};
use user_scope::audit::{AuditSettings, partition};
use user_scope::{Error, isolation};
use user_scope_tests::postgres::server;

use super::{next_month, owner};
use crate::databases::{TestDb, isolated};
use crate::entities::Task;
use crate::world::{World, new_task, user};

/// For want of a privilege, or of ownership.
fn is_refused<R>(done: sqlx::Result<R>) -> bool {
    done.is_err_and(|refused| refused.as_database_error().unwrap().code().as_deref() == Some("42501"))
}

/// Writers do not stop, none of them fails, and no row is lost.
async fn a_plain_log_is_moved() {
    let (world, alice) = (World::<Postgres>::with(AuditSettings::default(), 5).await, user());
    for _ in 0..200 {
        world.task(&alice, "before").await;
    }
    let owner = owner(&world).await;
    let done = AtomicBool::new(false);
    let write = || async {
        let mut written = 0;
        while !done.load(Ordering::SeqCst) {
            let task = world.pool.repository::<Task>(&alice).insert(new_task("meanwhile")).await.unwrap();
            world.pool.repository::<Task>(&alice).get(&task.id).await.unwrap();
            written += 1;
        }
        written
    };
    let moving = async {
        let moved = partition(&owner, 3).await;
        done.store(true, Ordering::SeqCst);
        moved.unwrap()
    };
    let (moved, first, second) = tokio::join!(moving, write(), write());
    assert!(moved.moved.is_some() && moved.made.len() == 3, "{moved:?}");
    // What was read before may come to the log behind it otherwise.
    world.pool.flush_audit().await;
    let after = world.task(&alice, "after").await;
    let count = |operation: &str| format!("SELECT count(*) FROM user_access_log WHERE operation = '{operation}'");
    assert_eq!(Postgres::number(&world.raw, &count("create")).await, 201 + first + second);
    assert_eq!(Postgres::number(&world.raw, &count("read")).await, first + second);
    assert_eq!(world.pool.audit_stats().failed, 0);
    let trail = world.pool.audit_trail(&alice).limit(20).all().await.unwrap();
    assert!(trail.iter().any(|row| row.entity_id == Some(after.id.to_string())), "{trail:?}");
    // Again there is nothing to do, and later one more.
    assert_eq!(partition(&owner, 3).await.unwrap().made, [""; 0]);
    assert_eq!(partition(&owner, 4).await.unwrap().made.len(), 1);
    // Ids go on.
    let doubled = "SELECT count(*) FROM (SELECT id FROM user_access_log GROUP BY id HAVING count(*) > 1) AS doubled";
    assert_eq!(Postgres::number(&world.raw, doubled).await, 0);
    // Questions are answered as before.
    let system = world.system().await;
    let history = system.audit().rows().of_entity("tasks", after.id).all().await.unwrap();
    assert_eq!(history.len(), 1);
    system.audit().roll_up().await.unwrap();
    // An event that is sent again is stored once, by the index of its partition.
    let again = "INSERT INTO user_access_log (user_id, entity_type, operation, event_id) SELECT user_id, entity_type, operation, \
                 event_id FROM user_access_log WHERE event_id IS NOT NULL LIMIT 3 ON CONFLICT DO NOTHING";
    assert_eq!(Postgres::run(&world.raw, again).await.unwrap(), 0);
    owner.close().await;
}

#[tokio::test]
async fn a_plain_log_is_moved_into_partitions_while_writers_go_on() {
    a_plain_log_is_moved().await;
}

#[tokio::test]
async fn under_row_level_security_a_plain_log_is_moved_with_its_grants_and_policies() {
    isolated(async {
        a_plain_log_is_moved().await;
        let (world, alice) = (World::<Postgres>::open().await, user());
        world.task(&alice, "x").await;
        let owner = owner(&world).await;
        partition(&owner, 2).await.unwrap();
        let isolation = isolation![Task].application(server().app_role()).system_role(server().system_role());
        let planned = isolation.plan(&owner).await.unwrap();
        assert!(!planned.to_string().contains("user_access_log"), "{planned}");
        // The application reaches no partition, and forges nothing through the whole.
        let app = Pool::<Postgres>::connect_with(world.home.app()).await.unwrap();
        let partitions = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'user_access_log'::regclass";
        let partitions = Postgres::texts(&world.raw, partitions).await.unwrap();
        assert_eq!(partitions.len(), 3);
        for name in partitions {
            for sql in [format!("SELECT FROM {name}"), format!("DELETE FROM {name}"), format!("DROP TABLE {name}")] {
                assert!(is_refused(Postgres::run(&app, &sql).await), "{sql}");
            }
            let insert = format!("INSERT INTO {name} (user_id, entity_type, operation) VALUES ('{}', 'x', 'read')", alice.user());
            assert!(is_refused(Postgres::run(&app, &insert).await), "{name}");
        }
        for forged in ["DELETE FROM user_access_log", "UPDATE user_access_log SET operation = 'read'", "TRUNCATE user_access_log"] {
            assert!(is_refused(Postgres::run(&app, forged).await), "{forged}");
        }
        for column in ["id", "timestamp", "xid"] {
            let insert = format!(
                "INSERT INTO user_access_log (user_id, entity_type, operation, {column}) VALUES ('{}', 'x', 'read', DEFAULT)",
                alice.user()
            );
            assert!(is_refused(Postgres::run(&app, &insert).await), "{column}");
        }
        assert_eq!(Postgres::number(&app, "SELECT count(*) FROM user_access_log").await, 0, "nobody asks");
        app.close().await;
        owner.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_view_on_a_plain_log_is_in_the_way_and_said() {
    let world = World::<Postgres>::open().await;
    let owner = owner(&world).await;
    Postgres::run(&owner, "CREATE VIEW denials AS SELECT * FROM user_access_log").await.unwrap();
    let refused = partition(&owner, 3).await.unwrap_err();
    assert!(matches!(refused, Error::Schema { .. }) && refused.to_string().contains("views"), "{refused}");
    owner.close().await;
}

#[tokio::test]
async fn a_move_that_fails_leaves_the_log_as_it_was() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let owner = owner(&world).await;
    let next = next_month();
    let name = format!("user_access_log_before_{}", next.day()[..7].replace('-', "_"));
    Postgres::run(&owner, &format!("CREATE TABLE {name} (is_in_the_way int)")).await.unwrap();
    let refused = partition(&owner, 1).await.unwrap_err();
    assert!(format!("{refused:?}").contains("already exists"), "{refused:?}");
    let left = "SELECT count(*) FROM pg_constraint WHERE conrelid = 'user_access_log'::regclass AND contype = 'c'";
    assert_eq!(Postgres::number(&world.raw, left).await, 0);
    world.task(&alice, "as before").await;
    Postgres::run(&owner, &format!("DROP TABLE {name}")).await.unwrap();
    assert_eq!(partition(&owner, 1).await.unwrap().moved, Some(name));
    world.task(&alice, "as before").await;
    owner.close().await;
}

/// Beside it lies a table that others may write, and that is found first.
#[tokio::test]
async fn a_log_in_a_schema_of_its_own_stays_there() {
    let world = World::<Postgres>::open().await;
    let owner = owner(&world).await;
    Postgres::run(&owner, "CREATE SCHEMA records; ALTER TABLE user_access_log SET SCHEMA records").await.unwrap();
    owner.close().await;
    let within = world.home.owner().options([("search_path", "public, records")]);
    let owner = Pool::<Postgres>::connect_with(within).await.unwrap();
    partition(&owner, 2).await.unwrap();
    let schemas = "SELECT DISTINCT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                   WHERE c.relname LIKE 'user_access_log%' AND c.relkind IN ('r', 'p')";
    assert_eq!(Postgres::texts(&owner, schemas).await.unwrap(), ["records"]);
    owner.close().await;
}
