//! What a watch over the log tells, and that nothing makes it overlook any of it.

use std::time::Duration;

use user_scope::Moment;
use user_scope::audit::{Suspicion, SuspicionKind, Thresholds};

use super::databases::TestDb;
use super::entities::Task;
use super::world::{World, user};

on_each_database_and_through_pgbouncer!(
    a_watch_tells_within_seconds_and_ends_with_the_pool,
    a_watch_tells_what_it_has_found_when_another_of_its_questions_fails,
    a_hook_that_panics_is_not_the_end_of_a_watch,
);

async fn a_watch_tells_within_seconds_and_ends_with_the_pool<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let system = world.system().await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let watch = tokio::spawn(async move {
        let thresholds = Thresholds::default().denials(3).distinct_rows(3).probing_users(2).excess(100, 2);
        let log = system.audit();
        let watch = log.watch().thresholds(thresholds).every(Duration::from_millis(10));
        watch.run(move |suspicion| drop(tell.send(suspicion.clone()))).await
    });
    let now = Moment::now();
    for days in 1..=3 {
        let values = format!("'{}', 'tasks', NULL, 'list', '{{\"rows\": 10}}'", alice.user());
        world.plant(&values, now.midnight(-days)).await;
    }
    // It has begun: its own question is there.
    while !world.operations().await.contains(&"list user_access_log".to_owned()) {}
    for _ in 0..3 {
        let hers = world.task(&alice, "x").await;
        assert!(world.pool.repository::<Task>(&bob).find(&hers.id).await.unwrap().is_none());
        world.pool.flush_audit().await;
    }
    let mut kinds = Vec::new();
    for _ in 0..2 {
        let suspicion = told.recv().await.unwrap();
        assert_eq!(suspicion.user_id.as_deref(), Some(&*bob.user().to_string()));
        assert_eq!((suspicion.figure, suspicion.samples.len()), (3, 3));
        kinds.push(suspicion.kind);
    }
    assert_eq!(kinds, [SuspicionKind::Denials, SuspicionKind::Enumeration]);

    let wanted = world.task(&alice, "wanted").await;
    for _ in 0..2 {
        assert!(world.pool.repository::<Task>(&user()).find(&wanted.id).await.unwrap().is_none());
    }
    let suspicion = told.recv().await.unwrap();
    assert_eq!(
        (suspicion.kind, suspicion.row),
        (SuspicionKind::ProbedRow, Some(("tasks".into(), wanted.id.to_string())))
    );

    let read = format!("'{}', 'tasks', NULL, 'list', '{{\"rows\": 500}}'", alice.user());
    world.plant(&read, now).await;
    let suspicion = told.recv().await.unwrap();
    assert_eq!((suspicion.kind, suspicion.figure, suspicion.usual), (SuspicionKind::Excess, 500, 10));

    world.pool.close().await;
    watch.await.unwrap().unwrap();
    assert!(told.recv().await.is_none(), "nothing is told twice");
}

/// Once it was told by the log, a denial is behind the watch: whatever fails then, it has to be told.
async fn a_watch_tells_what_it_has_found_when_another_of_its_questions_fails<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let system = world.system().await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let watch = tokio::spawn(async move {
        let thresholds = Thresholds::default().denials(3).distinct_rows(30).excess(100, 2);
        let log = system.audit();
        let watch = log.watch().thresholds(thresholds).every(Duration::from_millis(10));
        watch.run(move |suspicion| drop(tell.send((suspicion.kind, suspicion.user_id.clone())))).await
    });
    let now = Moment::now();
    for days in 1..=3 {
        let values = format!("'{}', 'tasks', NULL, 'list', '{{\"rows\": 10}}'", alice.user());
        world.plant(&values, now.midnight(-days)).await;
    }
    while !world.operations().await.contains(&"list user_access_log".to_owned()) {}
    DB::run(&world.raw, "ALTER TABLE user_access_by_user RENAME TO lent").await.unwrap();
    let read = format!("'{}', 'tasks', NULL, 'list', '{{\"rows\": 500}}'", alice.user());
    world.plant(&read, now).await;
    for _ in 0..3 {
        let hers = world.task(&alice, "x").await;
        assert!(world.pool.repository::<Task>(&bob).find(&hers.id).await.unwrap().is_none());
        world.pool.flush_audit().await;
    }
    assert_eq!(told.recv().await, Some((SuspicionKind::Denials, Some(bob.user().to_string()))));
    DB::run(&world.raw, "ALTER TABLE lent RENAME TO user_access_by_user").await.unwrap();
    assert_eq!(told.recv().await, Some((SuspicionKind::Excess, Some(alice.user().to_string()))));
    world.pool.close().await;
    watch.await.unwrap().unwrap();
    assert_eq!(told.recv().await, None, "nothing is told twice");
}

async fn a_hook_that_panics_is_not_the_end_of_a_watch<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let system = world.system().await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let watch = tokio::spawn(async move {
        let log = system.audit();
        let watch = log.watch().thresholds(Thresholds::default().denials(1)).every(Duration::from_millis(10));
        let hook = move |suspicion: &Suspicion| {
            tell.send(suspicion.user_id.clone()).unwrap();
            std::panic::resume_unwind(Box::new("a fault of the application"));
        };
        watch.run(hook).await
    });
    while !world.operations().await.contains(&"list user_access_log".to_owned()) {}
    for stranger in [user(), user()] {
        let hers = world.task(&alice, "x").await;
        assert!(world.pool.repository::<Task>(&stranger).find(&hers.id).await.unwrap().is_none());
        world.pool.flush_audit().await;
        assert_eq!(told.recv().await, Some(Some(stranger.user().to_string())));
    }
    world.pool.close().await;
    watch.await.unwrap().unwrap();
}
