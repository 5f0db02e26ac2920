//! Promise 6: system mode is loud.

use user_scope::{Change, Error, Uuid};

use super::databases::TestDb;
use super::entities::{NewSubtask, Subtask, Task, TaskChanges};
use super::world::{World, new_task, user};

on_each_database_and_in_partitions!(
    a_receipt_is_committed_before_anything_can_be_done,
    a_reason_that_says_nothing_is_refused,
    without_a_log_there_is_no_system_mode,
    a_system_context_reaches_every_users_rows,
    what_a_system_context_writes_is_audited_with_its_receipt,
    a_row_is_inserted_for_a_user_and_under_his_parents_only,
    a_narrowed_context_reads,
    a_system_transaction_crosses_owners_too,
    an_administrator_sees_the_whole_trail,
    system_mode_is_audited_even_where_the_audit_is_off,
);

async fn a_receipt_is_committed_before_anything_can_be_done<DB: TestDb>() {
    let (world, admin) = (World::<DB>::open().await, user());
    let system = world.pool.system("  say \"why\" \\ here  ").requested_by(&admin).await.unwrap();
    // Read over another connection: it is committed.
    let log = world.log().await;
    let [receipt] = &log[..] else { panic!("{log:?}") };
    assert_eq!(receipt.operation, "system_access");
    assert_eq!(receipt.user_id, admin.user().to_string());
    assert_eq!(receipt.entity_id, system.receipt_id().to_string());
    assert_eq!(receipt.details, r#"{"reason":"say \"why\" \\ here"}"#);
    assert_eq!((system.reason(), system.requested_by()), ("say \"why\" \\ here", &admin));
}

async fn a_reason_that_says_nothing_is_refused<DB: TestDb>() {
    let (world, admin) = (World::<DB>::open().await, user());
    for reason in ["", "  ", "ab", "\u{200b}\u{200b}\u{200b}", "...", "line\nbreak", "nul\0", &"x".repeat(1_001)] {
        let refused = world.pool.system(reason).requested_by(&admin).await;
        assert!(matches!(refused, Err(Error::InvalidReason)), "{reason:?}");
    }
    assert_eq!(world.operations().await, [""; 0]);
}

async fn without_a_log_there_is_no_system_mode<DB: TestDb>() {
    let (world, admin) = (World::<DB>::open().await, user());
    DB::run(&world.raw, "DROP TABLE user_access_log").await.unwrap();
    let error = world.pool.system("a good reason").requested_by(&admin).await.unwrap_err();
    assert!(matches!(error, Error::Audit { .. }), "{error:?}");
    assert!(error.to_string().contains("pool.migrate()"), "{error}");
}

async fn a_system_context_reaches_every_users_rows<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (world.task(&alice, "hers").await, world.task(&bob, "his").await);
    let system = world.system().await;
    let everyone = system.repository::<Task>();
    assert_eq!(everyone.query().order_by(Task::ID.asc()).all().await.unwrap(), [hers.clone(), his]);
    assert_eq!(everyone.query().filter(Task::USER_ID.eq(alice.user())).count().await.unwrap(), 1);
    let changes = TaskChanges { title: Change::Set("moderated".into()), ..Default::default() };
    let changed = everyone.update(&hers.id, changes).await.unwrap();
    assert_eq!((changed.title.as_str(), changed.user_id), ("moderated", *alice.user()));
    everyone.delete(&hers.id).await.unwrap();
    assert!(matches!(everyone.delete(&hers.id).await, Err(Error::NotFound { .. })));
    assert!(matches!(everyone.get(&Uuid::now_v7()).await, Err(Error::NotFound { .. })));
}

async fn what_a_system_context_writes_is_audited_with_its_receipt<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let task = world.task(&alice, "hers").await;
    let system = world.system().await;
    let everyone = system.repository::<Task>();
    let changes = TaskChanges { title: Change::Set("x".into()), ..Default::default() };
    everyone.update(&task.id, changes).await.unwrap();
    everyone.delete(&task.id).await.unwrap();
    everyone.insert_for(alice.user(), new_task("new")).await.unwrap();
    let log = world.log().await;
    let operations: Vec<_> = log.iter().map(|line| line.operation.as_str()).collect();
    assert_eq!(operations, ["create", "system_access", "update", "delete", "create"]);
    for line in &log[2..] {
        assert_eq!(line.user_id, system.requested_by().user().to_string());
        let details: serde_json::Value = serde_json::from_str(&line.details).unwrap();
        assert_eq!(details["receipt"], system.receipt_id().to_string());
        assert_eq!(details["owner"], alice.user().to_string());
    }
}

async fn a_row_is_inserted_for_a_user_and_under_his_parents_only<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let hers = world.task(&alice, "hers").await;
    let system = world.system().await;
    let subtasks = system.repository::<Subtask>();
    let new = || NewSubtask { task_id: hers.id, title: "x".into() };
    let error = subtasks.insert_for(bob.user(), new()).await.unwrap_err();
    assert!(matches!(error, Error::ParentNotFound { .. }), "{error:?}");
    assert!(matches!(subtasks.insert_for(&Uuid::nil(), new()).await, Err(Error::ReservedUser)));
    assert_eq!(subtasks.insert_for(alice.user(), new()).await.unwrap().user_id, *alice.user());
}

async fn a_narrowed_context_reads<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let task = world.task(&alice, "hers").await;
    let reader = world.system().await.read_only();
    assert_eq!(reader.repository::<Task>().get(&task.id).await.unwrap(), task);
    assert_eq!(reader.begin().await.unwrap().repository::<Task>().query().count().await.unwrap(), 1);
}

async fn a_system_transaction_crosses_owners_too<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (world.task(&alice, "hers").await, world.task(&bob, "his").await);
    let system = world.system().await;
    let tx = system.begin().await.unwrap();
    let everyone = tx.repository::<Task>();
    everyone.delete(&hers.id).await.unwrap();
    everyone.delete(&his.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM tasks").await, 0);
}

async fn an_administrator_sees_the_whole_trail<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let task = world.task(&alice, "hers").await;
    assert!(world.pool.repository::<Task>(&bob).get(&task.id).await.is_err());
    world.pool.flush_audit().await;
    let system = world.system().await;
    let trail = system.audit_trail().all().await.unwrap();
    let operations: Vec<_> = trail.iter().map(|row| row.operation.as_str()).collect();
    assert_eq!(operations, ["system_access", "unauthorized_access", "create"]);
    assert_eq!(trail[2].timestamp.len(), "2026-01-31T23:59:59.000000+00:00".len(), "{}", trail[2].timestamp);
    assert_eq!(system.audit_trail().limit(1).all().await.unwrap().len(), 1);
}

async fn system_mode_is_audited_even_where_the_audit_is_off<DB: TestDb>() {
    let (world, alice) = (World::<DB>::with(user_scope::audit::AuditSettings::off(), 2).await, user());
    let task = world.task(&alice, "hers").await;
    let system = world.system().await;
    system.repository::<Task>().get(&task.id).await.unwrap();
    world.pool.flush_audit().await;
    system.repository::<Task>().delete(&task.id).await.unwrap();
    assert_eq!(world.operations().await, ["system_access system_context", "read tasks", "delete tasks"]);
}

/// Other code on the same pool has forgotten a transaction on its only connection.
#[tokio::test]
async fn a_receipt_is_committed_on_a_connection_that_others_left_in_a_transaction() {
    let world = World::<sqlx::Postgres>::open().await;
    let options = sqlx::pool::PoolOptions::new().max_connections(1);
    let shared: sqlx::PgPool = options.connect_with(world.home.app()).await.unwrap();
    sqlx::raw_sql("BEGIN").execute(&shared).await.unwrap();
    let system = user_scope::ScopedPool::new(shared).system("to be on record").requested_by(&user()).await.unwrap();
    let receipt = format!("SELECT count(*) FROM user_access_log WHERE entity_id = '{}'", system.receipt_id());
    assert_eq!(sqlx::Postgres::number(&world.raw, &receipt).await, 1);
}
