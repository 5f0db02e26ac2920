//! What an operation costs, counted in messages of the protocol and in statements: these do not lie.

use sqlx::Postgres;
use user_scope::audit::{AuditSettings, MemorySink, ReadAudit};
use user_scope::{Change, ScopedPool, Uuid};
use user_scope_tests::proxy::{Counts, Proxy};

use super::captured::{captured, statements};
use super::databases::{TestDb, builder, isolated};
use super::entities::{Status, Task, TaskChanges};
use super::world::{World, new_task, user};

on_each_database!(foreign_and_absent_rows_cost_the_same_statements);

/// Reads are recorded, though not in this database; denials are not, for to classify them is a statement.
fn settings() -> AuditSettings {
    AuditSettings::default().denials(ReadAudit::Off).sink(MemorySink::new())
}

/// A pool behind the proxy, with one connection, which has run every statement of the test once.
async fn behind_a_proxy(world: &World<Postgres>) -> (Proxy, ScopedPool<Postgres>) {
    let (proxy, options) = Proxy::start(&world.home.app()).await;
    let pool = builder(options.into()).max_connections(1).audit(settings()).build().await.unwrap();
    (proxy, pool)
}

fn done() -> TaskChanges {
    TaskChanges { status: Change::Set(Status::Done), ..Default::default() }
}

#[tokio::test]
async fn a_warm_operation_is_one_round_trip_on_postgresql() {
    warm_operations_cost(1, 1).await;
}

/// BEGIN tells who is asking; the end of a read is not waited for.
#[tokio::test]
async fn where_the_database_is_told_who_is_asking_a_read_is_two_round_trips_and_a_write_three() {
    isolated(warm_operations_cost(2, 3)).await;
}

async fn warm_operations_cost(read: u64, write: u64) {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let (proxy, pool) = behind_a_proxy(&world).await;
    let tasks = pool.repository::<Task>(&alice);
    let task = tasks.insert(new_task("cold")).await.unwrap();
    for warm in [false, true] {
        let mut counted = Vec::new();
        let (_, counts) = proxy.during(tasks.get(&task.id)).await;
        counted.push(("get", read, waited_for(&counts)));
        let (_, counts) = proxy.during(tasks.update(&task.id, done())).await;
        counted.push(("update, with its audit row", write, waited_for(&counts)));
        let (new, counts) = proxy.during(tasks.insert(new_task("x"))).await;
        counted.push(("insert, with its audit row", write, waited_for(&counts)));
        let (_, counts) = proxy.during(tasks.delete(&new.unwrap().id)).await;
        counted.push(("delete, with its audit row", write, waited_for(&counts)));
        let (_, counts) = proxy.during(tasks.query().order_by(Task::CREATED_AT.desc()).limit(50).all()).await;
        counted.push(("list", read, waited_for(&counts)));
        let (_, counts) = proxy.during(tasks.query().count()).await;
        counted.push(("count", read, waited_for(&counts)));
        if warm {
            assert!(counted.iter().all(|(_, expected, counted)| expected == counted), "{counted:?}");
        }
    }
    let log = "SELECT count(*) FROM user_access_log WHERE operation IN ('update', 'delete')";
    assert_eq!(Postgres::number(&world.raw, log).await, 4);
}

/// A read's transaction ends when its connection goes back to the pool, by a ROLLBACK that no operation waits for.
fn waited_for(counts: &Counts) -> u64 {
    counts.round_trips - counts.queries.iter().filter(|query| *query == "ROLLBACK").count() as u64
}

#[tokio::test]
async fn a_transaction_costs_two_round_trips_beside_its_operations_on_postgresql() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let (proxy, pool) = behind_a_proxy(&world).await;
    pool.repository::<Task>(&alice).insert(new_task("warm")).await.unwrap();
    let (_, counts) = proxy
        .during(async {
            let tx = pool.begin(&alice).await.unwrap();
            tx.repository::<Task>().insert(new_task("a")).await.unwrap();
            tx.repository::<Task>().insert(new_task("b")).await.unwrap();
            tx.commit().await.unwrap();
        })
        .await;
    assert_eq!(counts.round_trips, 4, "{counts:?}");
}

/// Promise 11.
#[tokio::test]
async fn one_prepared_statement_serves_every_user_on_postgresql() {
    let world = World::<Postgres>::open().await;
    let (proxy, pool) = behind_a_proxy(&world).await;
    let (_, counts) = proxy
        .during(async {
            for _ in 0..10 {
                let user = user();
                let task = pool.repository::<Task>(&user).insert(new_task("x")).await.unwrap();
                pool.repository::<Task>(&user).get(&task.id).await.unwrap();
            }
        })
        .await;
    assert_eq!(counts.parses, 2, "{:?}", counts.parsed);
}

/// Promise 4: "foreign is absent" holds for the cost as well.
async fn foreign_and_absent_rows_cost_the_same_statements<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::with(settings(), 1).await, user(), user());
    let foreign = world.task(&alice, "hers").await.id;
    let mut seen = Vec::new();
    for id in [foreign, Uuid::now_v7()] {
        let his = world.pool.repository::<Task>(&bob);
        let ((), records) = captured(async {
            his.get(&id).await.unwrap_err();
            assert!(!his.exists(&id).await.unwrap());
            his.update(&id, done()).await.unwrap_err();
            his.delete(&id).await.unwrap_err();
        })
        .await;
        seen.push(statements(&records));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].len(), 4, "{seen:#?}");
}
