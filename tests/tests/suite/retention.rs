//! How the log is kept and let go: months as partitions on PostgreSQL, in batches on SQLite, and what seals say of it.

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::{Pool, Postgres, Sqlite};
use user_scope::audit::{AuditSettings, LogPurge, Operation, Purgeable, SealFinding, SealKey, Window, partition};
use user_scope::{Enforcement, Error, Moment, Uuid, isolation};
use user_scope_tests::postgres::server;

use super::databases::{TestDb, isolated};
use super::entities::Task;
use super::world::{World, new_task, user};

/// The first moment of the month so many before this one.
fn month(before: u32) -> Moment {
    let first = |moment: Moment| Moment::of_day(&format!("{}-01", &moment.day()[..7])).unwrap();
    (0..before).fold(first(Moment::now()), |month, _| first(month.midnight(-1)))
}

/// Until when the first partition holds what is recorded, where a plain log was moved.
fn partition_end() -> Moment {
    let now = Moment::now();
    Moment::of_day(&format!("{}-01", &now.midnight(32).day()[..7])).unwrap_or(now)
}

async fn owner(world: &World<Postgres>) -> Pool<Postgres> {
    Pool::connect_with(world.home.owner()).await.unwrap()
}

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
    let after = world.task(&alice, "after").await;
    world.pool.flush_audit().await;
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
    let next = Moment::of_day(&format!("{}-01", &month(0).midnight(32).day()[..7])).unwrap();
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

/// A log with rows of three months ago and of this one; on PostgreSQL each month is a partition.
async fn old_log<DB: TestDb>(months: impl AsyncFnOnce(&World<DB>)) -> World<DB> {
    let (world, alice) = (World::<DB>::with(AuditSettings::default(), 2).await, user());
    months(&world).await;
    for before in 0..=3 {
        for _ in 0..4 {
            world.plant(&format!("'{}', 'tasks', '7', 'read', NULL", alice.user()), month(before)).await;
        }
    }
    world
}

async fn months_of_partitions(world: &World<Postgres>) {
    let owner = owner(world).await;
    let first = partition(&owner, 1).await.unwrap().moved.unwrap();
    let old = format!("ALTER TABLE user_access_log DETACH PARTITION {first}; DROP TABLE {first}");
    Postgres::run(&owner, &old).await.unwrap();
    for before in 0..=3_u32 {
        let (from, until) = (month(before), if before == 0 { Moment::now().midnight(32) } else { month(before - 1) });
        let until = Moment::of_day(&format!("{}-01", &until.day()[..7])).unwrap();
        let made = format!(
            "CREATE TABLE month_{before} PARTITION OF user_access_log FOR VALUES FROM ('{from}') TO ('{until}')"
        );
        Postgres::run(&owner, &made).await.unwrap();
    }
    owner.close().await;
}

/// Carries it out as soon as all of it is final: tests beside this one have transactions open on the same server.
async fn carried_out<DB: TestDb>(purge: &LogPurge<'_, DB>) -> Purgeable {
    loop {
        match purge.carry_out().await {
            Err(error) if error.to_string().contains("not final") => tokio::task::yield_now().await,
            purged => return purged.unwrap(),
        }
    }
}

/// Nothing goes until it is carried out, then the months before and nothing else, and that is on record.
async fn months_are_let_go<DB: TestDb>(world: &World<DB>, pool: Pool<DB>) {
    let library = user_scope::ScopedPool::new(pool);
    let admin = user();
    let system = library.system("retention of a year").requested_by(&admin).await.unwrap();
    let log = system.audit();
    let rows = "SELECT count(*) FROM user_access_log WHERE operation = 'read'";
    let key = SealKey::generate().unwrap();
    // Transactions of other tests on the same server may hold up what is sealed.
    while log.verify(&key.public(), None).await.unwrap().rows < 16 {
        log.seal(&key).await.unwrap();
    }
    let last = log.seal(&key).await.unwrap().last;

    let purge = log.purge_before(month(1).midnight(10));
    let plan = purge.plan().await.unwrap();
    assert_eq!((plan.rows, plan.until, plan.sealed), (8, month(1), true));
    assert_eq!(plan.times.clone().unwrap().0, month(3).to_string());
    assert_eq!(DB::number(&world.raw, rows).await, 16, "a plan changes nothing");
    let refused = purge.carry_out().await.unwrap_err();
    assert!(matches!(refused, Error::Seals { .. }), "{refused:?}");
    let refused = log.purge_before(month(1)).key(&SealKey::generate().unwrap()).carry_out().await.unwrap_err();
    assert!(matches!(refused, Error::Seals { .. }), "{refused:?}");
    assert_eq!(DB::number(&world.raw, rows).await, 16);

    assert_eq!(carried_out(&log.purge_before(month(1)).key(&key)).await, plan);
    assert_eq!(DB::number(&world.raw, rows).await, 8);
    let report = log.verify(&key.public(), last.as_ref()).await.unwrap();
    assert_eq!((report.findings, report.purged), (vec![], 8));
    let recorded = log.rows().operation(Operation::Purge).all().await.unwrap();
    assert_eq!((recorded.len(), recorded[0].entity_type.as_str()), (1, "user_access_log"));
    assert_eq!(recorded[0].user_id, admin.user().to_string());
    assert!(recorded[0].details.as_deref().unwrap().contains("recorded before"), "{recorded:?}");
    // What is of this month stays, whatever is asked.
    let all = carried_out(&log.purge_before(Moment::now().midnight(400)).key(&key)).await;
    assert_eq!((all.rows, all.until), (4, month(0)));
    assert_eq!(DB::number(&world.raw, rows).await, 4);
    assert_eq!(carried_out(&log.purge_before(Moment::now()).key(&key)).await.rows, 0);
    assert_eq!(log.verify(&key.public(), last.as_ref()).await.unwrap().findings, []);
    library.close().await;
}

#[tokio::test]
async fn on_postgresql_whole_months_are_let_go_and_the_rest_still_verifies() {
    let world = old_log::<Postgres>(months_of_partitions).await;
    let owner = owner(&world).await;
    months_are_let_go(&world, owner.clone()).await;
    let left =
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'user_access_log'::regclass ORDER BY 1";
    assert_eq!(Postgres::texts(&world.raw, left).await.unwrap()[0], "month_0");
}

#[tokio::test]
async fn on_sqlite_whole_months_are_let_go_and_the_rest_still_verifies() {
    let world = old_log::<Sqlite>(async |_| {}).await;
    months_are_let_go(&world, world.raw.clone()).await;
}

/// On PostgreSQL partitions are taken out, and on SQLite rows are deleted, some at once.
async fn writers_go_on_while_months_are_let_go<DB: TestDb>(world: &World<DB>, pool: Pool<DB>) {
    let alice = user();
    for first in (0..12_000).step_by(1_000) {
        let time = month(2);
        let rows: Vec<_> = (first..first + 1_000)
            .map(|number| format!("('{}', 'tasks', '{number}', 'read', '{time}')", alice.user()))
            .collect();
        let columns = "user_id, entity_type, entity_id, operation, timestamp";
        DB::run(&world.raw, &format!("INSERT INTO user_access_log ({columns}) VALUES {}", rows.join(", ")))
            .await
            .unwrap();
    }
    let library = user_scope::ScopedPool::new(pool);
    let system = library.system("retention of a year").requested_by(&user()).await.unwrap();
    let log = system.audit();
    let done = AtomicBool::new(false);
    let purge = async {
        let purged = carried_out(&log.purge_before(month(1))).await;
        done.store(true, Ordering::SeqCst);
        purged
    };
    let write = async {
        let mut written = 0;
        while !done.load(Ordering::SeqCst) {
            world.task(&alice, "meanwhile").await;
            written += 1;
        }
        written
    };
    let (purged, written) = tokio::join!(purge, write);
    assert_eq!((purged.rows, written > 0), (12_008, true));
    let left = |operation: &str| format!("SELECT count(*) FROM user_access_log WHERE operation = '{operation}'");
    assert_eq!(DB::number(&world.raw, &left("create")).await, written);
    assert_eq!(DB::number(&world.raw, &left("read")).await, 8);
    library.close().await;
}

#[tokio::test]
async fn on_postgresql_writers_go_on_while_months_are_let_go() {
    let world = old_log::<Postgres>(months_of_partitions).await;
    let owner = owner(&world).await;
    writers_go_on_while_months_are_let_go(&world, owner).await;
}

#[tokio::test]
async fn on_sqlite_writers_go_on_while_months_are_let_go() {
    let world = old_log::<Sqlite>(async |_| {}).await;
    writers_go_on_while_months_are_let_go(&world, world.raw.clone()).await;
}

/// However far it had come.
#[tokio::test]
async fn a_purge_that_was_interrupted_is_carried_out_to_its_end() {
    let world = old_log::<Postgres>(months_of_partitions).await;
    let owner = owner(&world).await;
    let library = user_scope::ScopedPool::new(owner.clone());
    let system = library.system("retention of a year").requested_by(&user()).await.unwrap();
    let detached = format!(
        "COMMENT ON TABLE month_3 IS 'user-scope: purged from the log before {}'; ALTER TABLE user_access_log DETACH PARTITION month_3",
        month(2).day()
    );
    Postgres::run(&owner, &detached).await.unwrap();
    // One that is given up while it waits for a reader is left pending.
    let mut reader = owner.begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM user_access_log").execute(&mut *reader).await.unwrap();
    let detaching = Postgres::run(&owner, "ALTER TABLE user_access_log DETACH PARTITION month_2 CONCURRENTLY");
    let given_up = async {
        let pending = "SELECT count(*) FROM pg_inherits WHERE inhdetachpending";
        while Postgres::number(&world.raw, pending).await == 0 {}
        let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
                      WHERE query LIKE 'ALTER TABLE user_access_log DETACH%' AND datname = current_database()";
        Postgres::run(&world.raw, cancel).await.unwrap();
    };
    let (detached, ()) = tokio::join!(detaching, given_up);
    assert!(detached.is_err());
    reader.rollback().await.unwrap();
    // Neither goes by a purge of what is older; that of the one that is detaching comes to its end.
    let older = system.audit().purge_before(month(3)).carry_out().await.unwrap();
    assert_eq!((older.rows, older.partitions.len()), (0, 0), "{older:?}");
    let log = system.audit();
    let purged = carried_out(&log.purge_before(month(1))).await;
    assert_eq!(purged.partitions, ["month_2", "month_3"], "{purged:?}");
    let left = "SELECT relname::text FROM pg_class WHERE relname LIKE 'month%' AND relkind = 'r' ORDER BY 1";
    assert_eq!(Postgres::texts(&world.raw, left).await.unwrap(), ["month_0", "month_1"]);
    library.close().await;
}

/// Neither signed nor recorded.
#[tokio::test]
async fn who_may_not_purge_has_said_nothing() {
    let world = old_log::<Postgres>(months_of_partitions).await;
    let key = SealKey::generate().unwrap();
    let system = world.system().await;
    let log = system.audit();
    while log.verify(&key.public(), None).await.unwrap().rows < 16 {
        log.seal(&key).await.unwrap();
    }
    let seals = log.verify(&key.public(), None).await.unwrap().seals;
    let refused = log.purge_before(month(1)).key(&key).carry_out().await.unwrap_err();
    assert!(matches!(refused, Error::Schema { .. }) && refused.to_string().contains("owner"), "{refused}");
    let report = log.verify(&key.public(), None).await.unwrap();
    assert_eq!((report.seals, report.to_purge, report.findings), (seals, 0, vec![]));
    assert_eq!(log.rows().operation(Operation::Purge).all().await.unwrap(), []);
}

/// By a login that neither owns the log nor inherits from who does, but may become him.
#[tokio::test]
async fn under_row_level_security_a_login_for_retention_moves_the_log_and_lets_months_go() {
    isolated(async {
        let (world, alice) = (World::<Postgres>::with(AuditSettings::default(), 2).await, user());
        world.task(&alice, "x").await;
        let login = format!("retention_{}", Uuid::now_v7().simple());
        let (owner, system_role) = (world.home.owner(), server().system_role());
        let made = format!("CREATE ROLE {login} LOGIN NOINHERIT; GRANT {} TO {login}", owner.get_username());
        Postgres::run(&world.raw, &made).await.unwrap();
        let isolation = isolation![Task].application(&login).system_role(&system_role);
        isolation.apply(&world.raw).await.unwrap();
        let raw = Pool::<Postgres>::connect_with(owner.clone().username(&login)).await.unwrap();
        let first = partition(&raw, 2).await.unwrap().moved.unwrap();
        let builder = user_scope::ScopedPool::builder(raw.clone()).enforcement(Enforcement::Database);
        let library = builder.system_role(system_role).build().await.unwrap();
        let system = library.system("retention of a year").requested_by(&user()).await.unwrap();
        let log = system.audit();
        // The first partition holds this month as well, and so nothing of it goes.
        world.plant(&format!("'{}', 'tasks', '7', 'read', NULL", alice.user()), month(2)).await;
        let plan = log.purge_before(month(0)).plan().await.unwrap();
        assert_eq!((plan.rows, plan.kept, plan.partitions.len()), (0, 1, 0), "{plan:?}");
        let cut = format!(
            "ALTER TABLE user_access_log DETACH PARTITION {first}; DELETE FROM {first} WHERE timestamp < '{now}'; \
             CREATE TABLE old PARTITION OF user_access_log FOR VALUES FROM ('2020-01-01Z') TO ('{now}'); \
             ALTER TABLE user_access_log ATTACH PARTITION {first} FOR VALUES FROM ('{now}') TO ('{next}')",
            now = month(0),
            next = partition_end(),
        );
        Postgres::run(&world.raw, &cut).await.unwrap();
        Postgres::run(&world.raw, &format!("ALTER TABLE old OWNER TO {}", owner.get_username())).await.unwrap();
        world.plant(&format!("'{}', 'tasks', '7', 'read', NULL", alice.user()), month(2)).await;
        let gone = carried_out(&log.purge_before(month(0))).await;
        assert_eq!((gone.rows, gone.kept, gone.partitions), (1, 0, vec!["old".to_owned()]));
        library.close().await;
        raw.close().await;
        Postgres::run(&world.raw, &format!("DROP OWNED BY {login}; DROP ROLE {login}")).await.unwrap();
    })
    .await;
}

/// How much was done on days that are gone can still be asked.
async fn days_that_are_gone_are_in_the_roll_up<DB: TestDb>(world: &World<DB>, pool: Pool<DB>) {
    let library = user_scope::ScopedPool::new(pool);
    let system = library.system("retention of a year").requested_by(&user()).await.unwrap();
    let log = system.audit();
    assert_eq!(carried_out(&log.purge_before(month(1))).await.rows, 8);
    let old = Window::between(month(3), month(1));
    let days = log.activity(old).by_day().await.unwrap();
    assert_eq!(days.iter().map(|day| day.accesses).sum::<u64>(), 8, "{days:?}");
    let left = "SELECT count(*) FROM user_access_log WHERE operation = 'read'";
    assert_eq!(DB::number(&world.raw, left).await, 8);
    library.close().await;
}

#[tokio::test]
async fn on_postgresql_days_that_are_gone_are_in_the_roll_up() {
    let world = old_log::<Postgres>(months_of_partitions).await;
    let owner = owner(&world).await;
    days_that_are_gone_are_in_the_roll_up(&world, owner).await;
}

#[tokio::test]
async fn on_sqlite_days_that_are_gone_are_in_the_roll_up() {
    let world = old_log::<Sqlite>(async |_| {}).await;
    days_that_are_gone_are_in_the_roll_up(&world, world.raw.clone()).await;
}

/// Whoever seals, verifies and purges at once: nobody is accused, and nothing is sealed that is gone.
async fn nobody_is_accused_who_purges_while_another_seals<DB: TestDb>(world: &World<DB>, pool: Pool<DB>) {
    let library = user_scope::ScopedPool::new(pool);
    let system = library.system("retention of a year").requested_by(&user()).await.unwrap();
    let (log, key) = (system.audit(), SealKey::generate().unwrap());
    // A chain there is, and most of what is to go is not sealed yet.
    while log.seal(&key).await.unwrap().rows == 0 {}
    let time = month(2);
    for first in (0..24_000).step_by(1_000) {
        let rows: Vec<_> = (first..first + 1_000)
            .map(|number| format!("('u{}', 'tasks', '{number}', 'read', '{time}')", first % 7))
            .collect();
        let rows = rows
            .join(", ")
            .replace("'u", if DB::UUID == "UUID" { "'00000000-0000-7000-8000-00000000000" } else { "'u" });
        let columns = "user_id, entity_type, entity_id, operation, timestamp";
        DB::run(&world.raw, &format!("INSERT INTO user_access_log ({columns}) VALUES {rows}")).await.unwrap();
    }
    let done = AtomicBool::new(false);
    let purge = async {
        let purged = loop {
            // What is not final yet, since others are at work on the same server, or what somebody else has sealed meanwhile.
            match log.purge_before(month(1)).key(&key).carry_out().await {
                Err(Error::Schema { .. } | Error::Seals { .. }) => tokio::task::yield_now().await,
                purged => break purged,
            }
        };
        done.store(true, Ordering::SeqCst);
        purged.unwrap()
    };
    let seal = async {
        while !done.load(Ordering::SeqCst) {
            log.seal(&key).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let verify = async {
        while !done.load(Ordering::SeqCst) {
            let findings = log.verify(&key.public(), None).await.unwrap().findings;
            let is_false = |finding: &SealFinding| !matches!(finding, SealFinding::RowsBackdated { .. });
            assert!(!findings.iter().any(is_false), "{findings:?}");
        }
    };
    let (purged, (), ()) = tokio::join!(purge, seal, verify);
    assert_eq!(purged.rows, 24_008);
    while log.seal(&key).await.unwrap().rows > 0 {}
    let report = log.verify(&key.public(), None).await.unwrap();
    assert_eq!((report.findings, report.purged, report.to_purge), (vec![], 24_008, 0));
    library.close().await;
}

#[tokio::test]
async fn on_postgresql_nobody_is_accused_who_purges_while_another_seals() {
    let world = old_log::<Postgres>(months_of_partitions).await;
    let owner = owner(&world).await;
    nobody_is_accused_who_purges_while_another_seals(&world, owner).await;
}

#[tokio::test]
async fn on_sqlite_nobody_is_accused_who_purges_while_another_seals() {
    let world = old_log::<Sqlite>(async |_| {}).await;
    nobody_is_accused_who_purges_while_another_seals(&world, world.raw.clone()).await;
}

#[tokio::test]
async fn a_plain_log_of_postgresql_is_not_purged_row_by_row() {
    let world = World::<Postgres>::open().await;
    let system = world.system().await;
    let refused = system.audit().purge_before(month(1)).plan().await.unwrap_err();
    assert!(matches!(refused, Error::Schema { .. }) && refused.to_string().contains("partition"), "{refused}");
}

on_each_database_and_through_pgbouncer!(an_export_gives_every_row_of_a_time_once);

async fn an_export_gives_every_row_of_a_time_once<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let (inside, outside) = (month(2), month(1));
    for number in 0..4_500 {
        if number % 500 == 0 {
            world.plant(&format!("'{}', 'tasks', 'out', 'read', NULL", alice.user()), outside).await;
        }
    }
    let many = (0..4_500).map(|number| format!("('{}', 'tasks', '{number}', 'read', '{inside}')", alice.user()));
    let insert = format!(
        "INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, timestamp) VALUES {}",
        many.collect::<Vec<_>>().join(", ")
    );
    DB::run(&world.raw, &insert).await.unwrap();
    let system = world.system().await;
    let log = system.audit();
    let mut export = log.export(Window::between(inside, inside.midnight(1)));
    let mut seen = Vec::new();
    while let Some(rows) = export.next().await.unwrap() {
        assert!(rows.len() <= 2_000);
        seen.extend(rows.into_iter().map(|row| row.entity_id.unwrap()));
    }
    assert_eq!(seen, (0..4_500).map(|number| number.to_string()).collect::<Vec<_>>());
    assert!(export.next().await.unwrap().is_none());
    world.pool.flush_audit().await;
    let asked = log.rows().operation(Operation::List).all().await.unwrap();
    assert!(asked.len() == 1 && asked[0].details.as_deref().unwrap().contains("4500"), "{asked:?}");
}
