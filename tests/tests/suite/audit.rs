//! Promise 7: the audit tells the truth.

use user_scope::audit::{AuditSettings, MemorySink, ReadAudit, WriteAudit};
use user_scope::{Change, Error, Uuid};

use super::databases::TestDb;
use super::entities::{NewProject, NewSecret, NewSubtask, Project, Secret, Status, Subtask, Task, TaskChanges};
use super::world::{World, new_task, user};

on_each_database_and_through_pgbouncer!(
    every_access_leaves_one_row,
    a_write_that_cannot_be_recorded_is_not_made,
    a_denial_is_recorded_and_a_miss_is_not,
    a_users_own_trail_hides_denials_and_receipts,
    an_entity_overrides_the_pools_settings,
    nothing_is_recorded_when_off_but_receipts,
    a_row_without_an_owner_does_not_hide_what_is_done_to_others,
    a_write_that_is_refused_at_its_very_end_is_an_error,
    a_row_that_was_written_but_cannot_be_read_is_told_apart,
    a_log_that_does_not_fit_is_refused,
    migrating_twice_and_at_once_is_harmless,
    the_monitoring_queries_of_the_deployment_run_as_written,
);

async fn every_access_leaves_one_row<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    let task = tasks.insert(new_task("x")).await.unwrap();
    tasks.get(&task.id).await.unwrap();
    tasks.exists(&task.id).await.unwrap();
    tasks.query().limit(50).all().await.unwrap();
    tasks.query().count().await.unwrap();
    let changes = TaskChanges { status: Change::Set(Status::Done), due_on: Change::Set(None), ..Default::default() };
    tasks.update(&task.id, changes).await.unwrap();
    world.pool.flush_audit().await;
    tasks.delete(&task.id).await.unwrap();
    let mut log = world.log().await;
    assert!(log.iter().all(|line| line.user_id == alice.user().to_string() && line.entity_type == "tasks"));
    assert!(log.iter().filter(|line| line.operation != "list").all(|line| line.entity_id == task.id.to_string()));
    // Reads are recorded in the background, so they may come after the writes around them.
    log.sort_by_key(|line| ["create", "read", "list", "update", "delete"].iter().position(|o| *o == line.operation));
    let lines: Vec<_> = log.iter().map(|line| (line.operation.as_str(), line.details.as_str())).collect();
    assert_eq!(
        lines,
        [
            ("create", ""),
            ("read", ""),
            ("read", ""),
            ("list", r#"{"rows":1}"#),
            ("list", r#"{"rows":0,"counted":1}"#),
            ("update", r#"{"changed":["status","due_on"]}"#),
            ("delete", ""),
        ]
    );
}

async fn a_write_that_cannot_be_recorded_is_not_made<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let task = world.task(&alice, "x").await;
    DB::run(&world.raw, "DROP TABLE user_access_log").await.unwrap();
    let tasks = world.pool.repository::<Task>(&alice);
    let changes = TaskChanges { title: Change::Set("y".into()), ..Default::default() };
    for error in [
        tasks.insert(new_task("y")).await.unwrap_err(),
        tasks.update(&task.id, changes).await.unwrap_err(),
        tasks.delete(&task.id).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Audit { .. }), "{error:?}");
    }
    assert_eq!(DB::texts(&world.raw, "SELECT title FROM tasks").await.unwrap(), ["x"]);

    let tx = world.pool.begin(&alice).await.unwrap();
    assert!(matches!(tx.repository::<Task>().insert(new_task("y")).await, Err(Error::Audit { .. })));
    assert!(matches!(tx.commit().await, Err(Error::TransactionAborted)));
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM tasks").await, 1);
}

async fn a_denial_is_recorded_and_a_miss_is_not<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let task = world.task(&alice, "hers").await;
    for id in [task.id, Uuid::now_v7()] {
        let his = world.pool.repository::<Task>(&bob);
        assert!(his.find(&id).await.unwrap().is_none());
        assert!(his.delete(&id).await.is_err());
        let below = NewSubtask { task_id: id, title: "x".into() };
        assert!(world.pool.repository::<Subtask>(&bob).insert(below).await.is_err());
    }
    let log = world.log().await;
    let mut attempted = Vec::new();
    for line in &log[1..] {
        assert_eq!((line.operation.as_str(), line.entity_type.as_str()), ("unauthorized_access", "tasks"));
        assert_eq!((&line.user_id, &line.entity_id), (&bob.user().to_string(), &task.id.to_string()));
        let details: serde_json::Value = serde_json::from_str(&line.details).unwrap();
        assert_eq!(details["owner"], alice.user().to_string());
        attempted.push(details["attempted"].as_str().unwrap().to_owned());
    }
    assert_eq!(attempted, ["read", "delete", "create"]);
}

async fn a_users_own_trail_hides_denials_and_receipts<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let task = world.task(&alice, "hers").await;
    assert!(world.pool.repository::<Task>(&bob).get(&task.id).await.is_err());
    world.pool.system("he asks for it").requested_by(&bob).await.unwrap();
    world.task(&bob, "his").await;
    world.pool.flush_audit().await;
    let trail = world.pool.audit_trail(&bob).all().await.unwrap();
    assert_eq!(trail.iter().map(|row| row.operation.as_str()).collect::<Vec<_>>(), ["create"]);
    // A number would have a gap where the denial is.
    assert_eq!(trail[0].id, None);
    assert_eq!(trail[0].user_id, bob.user().to_string());
}

async fn an_entity_overrides_the_pools_settings<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let secrets = world.pool.repository::<Secret>(&alice);
    let secret = secrets.insert(NewSecret { name: "a".into(), value: "b".into() }).await.unwrap();
    secrets.get(&secret.id).await.unwrap();
    assert_eq!(world.operations().await, ["create secret"]);
}

async fn nothing_is_recorded_when_off_but_receipts<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::with(AuditSettings::off(), 2).await, user(), user());
    let task = world.task(&alice, "x").await;
    world.pool.repository::<Task>(&alice).get(&task.id).await.unwrap();
    assert!(world.pool.repository::<Task>(&bob).delete(&task.id).await.is_err());
    world.system().await;
    assert_eq!(world.operations().await, ["system_access system_context"]);
}

async fn migrating_twice_and_at_once_is_harmless<DB: TestDb>() {
    let world = World::<DB>::open().await;
    // As the application, which may make nothing, and finds nothing to make.
    world.pool.migrate().await.unwrap();
    DB::run(&world.raw, "DROP TABLE user_access_log; DROP TABLE user_scope_schema").await.unwrap();
    let owner = user_scope::ScopedPool::new(world.raw.clone());
    let started = futures_util::future::join_all((0..4).map(|_| owner.migrate())).await;
    assert!(started.iter().all(Result::is_ok), "{started:?}");
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM user_scope_schema").await, 2);
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM user_access_log").await, 0);
}

async fn the_monitoring_queries_of_the_deployment_run_as_written<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let task = world.task(&alice, "hers").await;
    assert!(world.pool.repository::<Task>(&bob).get(&task.id).await.is_err());
    world.pool.flush_audit().await;
    let patterns = "SELECT user_id, DATE(timestamp) AS day, COUNT(*) AS n FROM user_access_log \
                    GROUP BY user_id, DATE(timestamp) ORDER BY day";
    assert_eq!(DB::number(&world.raw, &format!("SELECT COUNT(*) FROM ({patterns}) AS patterns")).await, 2);
    let suspicious = "SELECT entity_id FROM user_access_log WHERE operation = 'unauthorized_access' \
                      ORDER BY timestamp DESC LIMIT 100";
    assert_eq!(DB::texts(&world.raw, suspicious).await.unwrap(), [task.id.to_string()]);
}

/// Reads and denials may be off where writes are atomic.
#[test]
fn settings_print_without_their_sink() {
    let settings = AuditSettings::default().denials(ReadAudit::Off).sink(MemorySink::new());
    assert_eq!(
        format!("{settings:?}"),
        "AuditSettings { writes: Atomic, reads: Background, denials: Off, queue: 10000, overflow: Wait, .. }"
    );
}

async fn a_row_without_an_owner_does_not_hide_what_is_done_to_others<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let project = |name: &str| NewProject { name: name.into(), main_task: None };
    let projects = world.pool.repository::<Project>(&alice);
    let (orphan, hers) = (projects.insert(project("a")).await.unwrap(), projects.insert(project("b")).await.unwrap());
    // A table that has been there before.
    DB::run(&world.raw, "ALTER TABLE projects RENAME TO old; CREATE TABLE projects AS SELECT * FROM old")
        .await
        .unwrap();
    DB::run(&world.raw, "UPDATE projects SET user_id = NULL WHERE name = 'a'").await.unwrap();
    world.open_to_the_application().await;
    let his = world.pool.repository::<Project>(&bob);
    for id in [orphan.id, hers.id] {
        assert!(his.find(&id).await.unwrap().is_none());
    }
    let denied: Vec<_> = world.log().await.into_iter().filter(|line| line.operation == "unauthorized_access").collect();
    assert_eq!(denied.iter().map(|line| &line.entity_id).collect::<Vec<_>>(), [&hers.id.to_string()]);
    assert_eq!(world.pool.audit_stats().failed, 0);
}

/// SQLite carries out a statement, and its commit, when it has given its last row.
async fn a_write_that_is_refused_at_its_very_end_is_an_error<DB: TestDb>() {
    for mode in [WriteAudit::Off, WriteAudit::Background, WriteAudit::Atomic] {
        let (world, alice) = (World::<DB>::with(AuditSettings::default().writes(mode), 2).await, user());
        let task = world.task(&alice, "x").await;
        let deferred = "DROP TABLE subtasks; CREATE TABLE subtasks (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, \
                        task_id {uuid} NOT NULL, \
                        title TEXT NOT NULL REFERENCES accounts (id) DEFERRABLE INITIALLY DEFERRED)";
        DB::run(&world.raw, &deferred.replace("{uuid}", DB::UUID)).await.unwrap();
        world.open_to_the_application().await;
        let new = NewSubtask { task_id: task.id, title: "an account that is not there".into() };
        let error = world.pool.repository::<Subtask>(&alice).insert(new).await.unwrap_err();
        assert!(matches!(error, Error::ParentNotFound { source: Some(_), .. }), "{mode:?}: {error:?}");
        assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM subtasks").await, 0);
        assert!(!world.operations().await.contains(&"create subtasks".to_owned()), "{mode:?}");
        assert_eq!(world.pool.audit_stats().dropped, 0, "{mode:?}");
    }
}

async fn a_row_that_was_written_but_cannot_be_read_is_told_apart<DB: TestDb>() {
    for mode in [WriteAudit::Off, WriteAudit::Background, WriteAudit::Atomic] {
        let (world, alice) = (World::<DB>::with(AuditSettings::default().writes(mode), 2).await, user());
        let task = world.task(&alice, "before").await;
        DB::run(&world.raw, "UPDATE tasks SET status = 'of a newer version'").await.unwrap();
        let changes = TaskChanges { title: Change::Set("after".into()), ..Default::default() };
        let error = world.pool.repository::<Task>(&alice).update(&task.id, changes).await.unwrap_err();
        // What the error says is what the table says.
        let title = DB::texts(&world.raw, "SELECT title FROM tasks").await.unwrap().remove(0);
        match error {
            Error::WrittenButUnreadable { .. } => assert_eq!(title, "after", "{mode:?}"),
            Error::Decode { .. } => assert_eq!(title, "before", "{mode:?}"),
            other => panic!("{mode:?}: {other:?}"),
        }
        if mode == WriteAudit::Background {
            assert_eq!(world.pool.audit_stats().dropped, 1);
        }
    }
}

async fn a_log_that_does_not_fit_is_refused<DB: TestDb>() {
    let world = World::<DB>::open().await;
    let of_integers = user_scope::ScopedPool::builder(world.raw.clone()).owner::<i64>().build().await.unwrap();
    // SQLite's log holds every user as text.
    let refused = of_integers.migrate().await;
    assert!(matches!(refused, Err(Error::Schema { .. })) || DB::UUID == "BLOB", "{refused:?}");
    DB::run(&world.raw, "DROP TABLE user_access_log; DROP TABLE user_scope_schema").await.unwrap();
    let deployed = "CREATE TABLE user_access_log (id INTEGER PRIMARY KEY, user_id {uuid}, entity_type TEXT, \
                    entity_id TEXT, operation TEXT, timestamp TEXT, details TEXT)";
    DB::run(&world.raw, &deployed.replace("{uuid}", DB::UUID)).await.unwrap();
    let error = user_scope::ScopedPool::new(world.raw.clone()).migrate().await.unwrap_err();
    assert!(matches!(error, Error::Schema { .. }), "{error:?}");
    assert!(error.to_string().contains("rename it"), "{error}");
}
