//! What an administrator asks of the log.

use std::time::Duration;

use user_scope::audit::{AuditSettings, Operation, ReadAudit, SuspicionKind, Thresholds, Window};
use user_scope::{Change, Moment, UserContext, Uuid};

use super::databases::TestDb;
use super::entities::{Status, Task, TaskChanges};
use super::world::{World, new_task, user};

on_each_database_and_through_pgbouncer!(
    rows_are_found_by_user_row_operation_and_time,
    each_question_is_recorded,
    a_follower_misses_no_row_and_gives_none_twice,
    patterns_count_what_the_log_holds_rolled_up_or_not,
    details_that_make_no_sense_do_not_stop_the_roll_up,
    a_write_of_many_rows_counts_each_of_them_once,
    what_is_counted_is_not_read,
    two_who_roll_up_at_once_count_nothing_twice,
    many_denials_in_a_short_while_are_suspicious,
    a_row_that_many_ask_for_is_suspicious,
    reading_far_more_than_usual_is_suspicious,
    a_system_context_at_an_unusual_hour_or_for_a_new_reason_is_suspicious,
    a_new_reason_is_found_among_more_receipts_than_are_held_at_once,
);

fn month() -> Window {
    Window::last(Duration::from_secs(30 * 86_400))
}

async fn rows_are_found_by_user_row_operation_and_time<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (world.task(&alice, "hers").await, world.task(&bob, "his").await);
    assert!(world.pool.repository::<Task>(&bob).find(&hers.id).await.unwrap().is_none());
    // What is not recorded with a write is recorded a little later.
    world.pool.flush_audit().await;
    let changes = TaskChanges { status: Change::Set(Status::Done), ..Default::default() };
    world.pool.repository::<Task>(&alice).update(&hers.id, changes).await.unwrap();
    world.pool.flush_audit().await;
    let system = world.system().await;
    let log = system.audit();
    let told = |rows: Vec<user_scope::audit::TrailRow>| rows.into_iter().map(|row| row.operation).collect::<Vec<_>>();

    let of_alice = log.rows().of_user(alice.user()).all().await.unwrap();
    assert_eq!(told(of_alice), ["update", "create"]);
    let history = log.rows().of_entity("tasks", hers.id).all().await.unwrap();
    assert_eq!(told(history.clone()), ["update", "unauthorized_access", "create"]);
    let older = log.rows().of_entity("tasks", hers.id).before(history[1].id.unwrap()).all().await.unwrap();
    assert_eq!(told(older), ["create"]);
    let denied = log.rows().operation(Operation::UnauthorizedAccess).within(month()).all().await.unwrap();
    assert_eq!(denied.len(), 1);
    assert_eq!(
        (&denied[0].user_id, denied[0].entity_id.as_deref()),
        (&bob.user().to_string(), Some(&*hers.id.to_string()))
    );
    let long_ago = Window::between(Moment::from_unix_micros(0), Moment::from_unix_micros(1_000_000));
    assert_eq!(log.rows().within(long_ago).all().await.unwrap(), []);
    assert_eq!(log.rows().of_entity("tasks", his.id).limit(1).all().await.unwrap().len(), 1);
}

async fn each_question_is_recorded<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    world.task(&alice, "x").await;
    let admin = user();
    let system = world.pool.system("the weekly look at the log").requested_by(&admin).await.unwrap();
    let log = system.audit();
    assert_eq!(log.rows().all().await.unwrap().len(), 2);
    log.patterns(month()).all().await.unwrap();
    log.suspicious(month()).all().await.unwrap();
    log.follow().next().await.unwrap();
    world.pool.flush_audit().await;
    let asked = log.rows().of_user(admin.user()).operation(Operation::List).all().await.unwrap();
    assert_eq!(asked.len(), 4);
    for row in &asked {
        assert_eq!(row.entity_type, "user_access_log");
        assert!(row.details.as_deref().unwrap().contains(&system.receipt_id().to_string()), "{row:?}");
    }
}

async fn a_follower_misses_no_row_and_gives_none_twice<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let before = world.task(&alice, "before").await.id.to_string();
    let system = world.system().await;
    let log = system.audit();
    let mut follower = log.follow();
    assert_eq!(follower.next().await.unwrap(), []);
    world.pool.flush_audit().await;
    let mut seen = Vec::new();
    let is_create = |row: &user_scope::audit::TrailRow| {
        row.operation == "create" && row.entity_id.as_deref() != Some(before.as_str())
    };
    let mut expected = 0;
    for _ in 0..5 {
        let tx = world.pool.begin(&alice).await.unwrap();
        tx.repository::<Task>().insert(new_task("within")).await.unwrap();
        if DB::UUID != "BLOB" {
            // One that begins later ends first. SQLite has one writer.
            world.task(&alice, "beside").await;
            seen.extend(follower.next().await.unwrap().into_iter().filter(is_create));
            assert_eq!(seen.len(), expected, "what follows one that is open has to wait for it");
            expected += 1;
        }
        tx.commit().await.unwrap();
        expected += 1;
        // Transactions of other tests on the same server hold it up as well.
        while seen.len() < expected {
            seen.extend(follower.next().await.unwrap().into_iter().filter(is_create));
        }
    }
    let mut ids: Vec<_> = seen.iter().map(|row| row.id.unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), seen.len());
}

async fn patterns_count_what_the_log_holds_rolled_up_or_not<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let system = world.system().await;
    let log = system.audit();
    for round in 1..=3_u64 {
        let hers = world.task(&alice, "x").await;
        world.pool.repository::<Task>(&alice).query().all().await.unwrap();
        assert!(world.pool.repository::<Task>(&bob).find(&hers.id).await.unwrap().is_none());
        world.pool.flush_audit().await;
        if round == 2 {
            log.roll_up().await.unwrap();
        }
        let found = log.patterns(month()).all().await.unwrap();
        let of = |who: &UserContext, what: &str| {
            let mut of =
                found.iter().filter(|pattern| pattern.user_id == who.user().to_string() && pattern.operation == what);
            let summed =
                of.clone().map(|pattern| (pattern.accesses, pattern.rows)).reduce(|a, b| (a.0 + b.0, a.1 + b.1));
            assert!(of.all(|pattern| pattern.entity_type == "tasks" && pattern.day.len() == 10));
            summed.unwrap_or_default()
        };
        assert_eq!(of(&alice, "create"), (round, round));
        assert_eq!(of(&alice, "list"), (round, (1..=round).sum()));
        assert_eq!(of(&bob, "unauthorized_access"), (round, 0));
        let days = log.activity(month()).of_user(bob.user()).by_day().await.unwrap();
        assert_eq!(days.iter().map(|day| day.denials).sum::<u64>(), round);
        assert!(days.iter().all(|day| day.users == 1));
        let users = log.activity(month()).by_user().await.unwrap();
        let hers = users.iter().filter(|day| day.user_id == alice.user().to_string());
        assert_eq!(
            hers.map(|day| (day.accesses, day.rows)).reduce(|a, b| (a.0 + b.0, a.1 + b.1)),
            Some((2 * round, round + (1..=round).sum::<u64>()))
        );
        assert_eq!(log.patterns(month()).of_user(&Uuid::now_v7()).all().await.unwrap(), []);
    }
}

/// Whoever may insert into the log may write any details.
async fn details_that_make_no_sense_do_not_stop_the_roll_up<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let system = world.system().await;
    for rows in ["\"many\"", "-5", "1e300", "123456789012345678901234567890", "null", "[1]", "2.5"] {
        let values = format!("'{}', 'tasks', NULL, 'list', '{{\"rows\": {rows}}}'", alice.user());
        world.plant(&values, Moment::now()).await;
    }
    system.audit().roll_up().await.unwrap();
    let found = system.audit().patterns(month()).of_user(alice.user()).all().await.unwrap();
    assert_eq!(found.iter().map(|pattern| pattern.accesses).sum::<u64>(), 7);
}

async fn a_write_of_many_rows_counts_each_of_them_once<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    tasks.insert_many((0..100).map(|_| new_task("x"))).await.unwrap();
    let changes = TaskChanges { status: Change::Set(Status::Done), ..Default::default() };
    assert_eq!(tasks.update_where(Task::TITLE.eq("x"), changes).await.unwrap(), 100);
    assert_eq!(tasks.delete_where(Task::TITLE.eq("x")).await.unwrap(), 100);
    let system = world.system().await;
    let found = system.audit().patterns(month()).of_user(alice.user()).all().await.unwrap();
    for operation in ["create", "update", "delete"] {
        let of_it = found.iter().filter(|pattern| pattern.operation == operation);
        let (accesses, rows) = of_it.fold((0, 0), |sum, found| (sum.0 + found.accesses, sum.1 + found.rows));
        assert_eq!((accesses, rows), (100, 100), "{operation}");
    }
    let days = system.audit().activity(month()).of_user(alice.user()).by_day().await.unwrap();
    assert_eq!(days.iter().map(|day| day.rows).sum::<u64>(), 300);
}

/// Who counts his rows, or adds them up, is given none of them, and cannot be taken for one who copies them.
async fn what_is_counted_is_not_read<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    tasks.insert_many((0..40).map(|_| new_task("x"))).await.unwrap();
    assert_eq!(tasks.query().count().await.unwrap(), 40);
    tasks.query().count_by(Task::STATUS).await.unwrap();
    assert_eq!(tasks.query().limit(7).all().await.unwrap().len(), 7);
    world.pool.flush_audit().await;
    let system = world.system().await;
    let found = system.audit().patterns(month()).of_user(alice.user()).all().await.unwrap();
    let lists = found.iter().filter(|pattern| pattern.operation == "list");
    let sum = lists.fold((0, 0), |sum, found| (sum.0 + found.accesses, sum.1 + found.rows));
    assert_eq!(sum, (3, 7));
}

async fn two_who_roll_up_at_once_count_nothing_twice<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let system = world.system().await;
    for _ in 0..10 {
        world.task(&alice, "x").await;
        let log = system.audit();
        let rolled = futures_util::future::join_all((0..3).map(|_| log.roll_up())).await;
        assert!(rolled.iter().all(Result::is_ok), "{rolled:?}");
    }
    let found = system.audit().patterns(month()).of_user(alice.user()).all().await.unwrap();
    assert_eq!(found.iter().map(|pattern| pattern.accesses).sum::<u64>(), 10);
}

async fn many_denials_in_a_short_while_are_suspicious<DB: TestDb>() {
    let (world, alice, bob, carol) = (World::<DB>::open().await, user(), user(), user());
    for number in 0..6 {
        let hers = world.task(&alice, "x").await;
        let his = world.pool.repository::<Task>(&bob);
        assert!(his.find(&hers.id).await.unwrap().is_none());
        if number < 2 {
            assert!(world.pool.repository::<Task>(&carol).find(&hers.id).await.unwrap().is_none());
        }
    }
    world.pool.flush_audit().await;
    let system = world.system().await;
    // A day: the stretch of time may end in the middle of the test.
    let thresholds = Thresholds::default().denials(3).within(Duration::from_secs(86_400 * 366)).distinct_rows(6);
    let found = system.audit().suspicious(month()).thresholds(thresholds.clone()).all().await.unwrap();
    let told: Vec<_> = found.iter().map(|found| (found.kind, found.user_id.clone().unwrap(), found.figure)).collect();
    let bob = bob.user().to_string();
    assert_eq!(told, [(SuspicionKind::Denials, bob.clone(), 6), (SuspicionKind::Enumeration, bob.clone(), 6)]);
    for suspicion in &found {
        assert_eq!(suspicion.samples.len(), 5);
        assert!(suspicion.samples.iter().all(|row| row.user_id == bob && row.operation == "unauthorized_access"));
        assert!(suspicion.about.contains(&bob) && suspicion.window.from() < suspicion.window.until());
    }
    let patient = thresholds.denials(7).distinct_rows(7);
    assert_eq!(system.audit().suspicious(month()).thresholds(patient).all().await.unwrap(), []);
}

async fn a_row_that_many_ask_for_is_suspicious<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let (wanted, other) = (world.task(&alice, "wanted").await, world.task(&alice, "other").await);
    for number in 0..3 {
        let stranger = user();
        assert!(world.pool.repository::<Task>(&stranger).find(&wanted.id).await.unwrap().is_none());
        if number < 2 {
            assert!(world.pool.repository::<Task>(&stranger).find(&other.id).await.unwrap().is_none());
        }
    }
    world.pool.flush_audit().await;
    let system = world.system().await;
    let found = system.audit().suspicious(month()).all().await.unwrap();
    let told: Vec<_> = found.iter().map(|found| (found.kind, found.row.clone().unwrap(), found.figure)).collect();
    assert_eq!(told, [(SuspicionKind::ProbedRow, ("tasks".to_owned(), wanted.id.to_string()), 3)]);
    assert_eq!(found[0].samples.len(), 3);
}

async fn reading_far_more_than_usual_is_suspicious<DB: TestDb>() {
    let (world, alice, bob) =
        (World::<DB>::with(AuditSettings::default().reads(ReadAudit::Off), 2).await, user(), user());
    let now = Moment::now();
    for (who, last) in [(&alice, 2_000), (&bob, 150)] {
        for (days, rows) in [(4, 100), (3, 120), (2, 80), (1, last)] {
            let (day, who) = (now.midnight(-days), who.user());
            world.plant(&format!("'{who}', 'tasks', NULL, 'list', '{{\"rows\": {rows}}}'"), day).await;
        }
    }
    let system = world.system().await;
    let found = system.audit().suspicious(month()).all().await.unwrap();
    let told: Vec<_> =
        found.iter().map(|found| (found.kind, found.user_id.clone().unwrap(), found.figure, found.usual)).collect();
    assert_eq!(told, [(SuspicionKind::Excess, alice.user().to_string(), 2_000, 100)]);
    assert_eq!(found[0].window.from(), now.midnight(-1));
    assert_eq!(found[0].samples.len(), 1);
}

async fn a_system_context_at_an_unusual_hour_or_for_a_new_reason_is_suspicious<DB: TestDb>() {
    let (world, admin) = (World::<DB>::open().await, user());
    let at = |days: i64, hour: i64| {
        Moment::from_unix_micros(Moment::now().midnight(-days).unix_micros() + hour * 3_600_000_000)
    };
    let who = admin.user();
    let receipt = |reason: &str| {
        format!("'{who}', 'system_context', '{}', 'system_access', '{{\"reason\": \"{reason}\"}}'", Uuid::now_v7())
    };
    for number in 0..25 {
        world.plant(&receipt(&format!("purge, case {number}")), at(40, 9)).await;
    }
    world.plant(&receipt("purge, case 26"), at(2, 10)).await;
    world.plant(&receipt("purge, case 27"), at(2, 3)).await;
    world.plant(&receipt("looking for \\\"something\\\""), at(2, 9)).await;
    let system = world.pool.system("its own question").requested_by(&user()).await.unwrap();
    let thresholds = Thresholds::default().usual_days(60);
    let week = Window::last(Duration::from_secs(7 * 86_400));
    let found = system.audit().suspicious(week).thresholds(thresholds).all().await.unwrap();
    let mut told: Vec<_> = found.iter().map(|found| (found.kind.as_str(), found.figure)).collect();
    told.sort_unstable();
    assert_eq!(told, [("new_reason", 1), ("unusual_hour", 3)]);
    assert!(found.iter().all(|found| found.samples.len() == 1 && found.user_id == Some(who.to_string())));
}

/// A receipt stands at every tenth of a minute before the one that is looked for, and as many behind it.
async fn a_new_reason_is_found_among_more_receipts_than_are_held_at_once<DB: TestDb>() {
    let (world, admin) = (World::<DB>::open().await, user());
    let numbers = match DB::UUID {
        "BLOB" => {
            "SELECT n, strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now', '-' || (n * 6) || ' seconds') AS at FROM \
             (WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 24000) SELECT n FROM r)"
        }
        _ => "SELECT n, now() - n * interval '6 seconds' AS at FROM generate_series(1, 24000) AS n",
    };
    let (uuid, json) = if DB::UUID == "BLOB" { ("", "") } else { ("::uuid", "::jsonb") };
    let planted = format!(
        "INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, timestamp, details) \
         SELECT '{}'{uuid}, 'system_context', CAST(n AS TEXT), 'system_access', at, CASE n WHEN 12000 \
         THEN '{{\"reason\": \"looks for somebody\"}}' ELSE '{{\"reason\": \"purge, case ' || n || '\"}}' END{json} \
         FROM ({numbers}) AS numbered",
        admin.user()
    );
    DB::run(&world.raw, &planted).await.unwrap();
    let system = world.pool.system("purge, case 0").requested_by(&user()).await.unwrap();
    let thresholds = Thresholds::default().hours(0..=23);
    let found = system.audit().suspicious(month()).thresholds(thresholds).all().await.unwrap();
    let told: Vec<_> =
        found.iter().map(|found| (found.kind, found.samples[0].entity_id.as_deref().unwrap_or_default())).collect();
    assert_eq!(told, [(SuspicionKind::NewReason, "12000")]);
}
