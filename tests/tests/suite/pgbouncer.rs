//! Behind PgBouncer in transaction mode: many clients, one connection of the server, and nothing that passes between them.

use futures_util::TryStreamExt;
use futures_util::future::join;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, PgConnection, PgPool, Postgres, Row};
use user_scope::audit::{AuditSettings, ReadAudit};
use user_scope::{Change, Enforcement, Error, ScopedPool, Severity, UserContext, Uuid, isolation};
use user_scope_tests::pgbouncer::PgBouncer;
use user_scope_tests::postgres::server;
use user_scope_tests::proxy::Proxy;

use super::cancellation::cancelled_after;
use super::databases::{TestDb, builder, isolated};
use super::entities::{NewSubtask, Subtask, Task, TaskChanges};
use super::world::{World, new_task, user};

/// A service of its own: its own pool, of the same login.
async fn service(bouncer: &PgBouncer, world: &World<Postgres>) -> ScopedPool<Postgres> {
    let options = bouncer.before(&world.home.app());
    builder(options.into()).max_connections(3).transaction_pooling().build().await.unwrap()
}

fn titled(title: String) -> TaskChanges {
    TaskChanges { title: Change::Set(title), ..Default::default() }
}

/// What a user did, and was told.
#[derive(Default)]
struct Done {
    /// Titles of tasks whose writes were acknowledged.
    kept: Vec<String>,
    cancelled: u32,
}

/// One operation, of whatever kind. Everything that is read has to be the caller's.
async fn operation(
    pool: &ScopedPool<Postgres>,
    caller: &UserContext,
    foreign: &Uuid,
    choice: u32,
    title: &str,
) -> user_scope::Result<bool> {
    let tasks = pool.repository::<Task>(caller);
    let own = |task: &Task| assert_eq!(task.user_id, *caller.user(), "a row of somebody else");
    match choice {
        0 | 1 => {
            let task = tasks.insert(new_task(title)).await?;
            own(&task);
            return Ok(true);
        }
        2 => {
            let all = tasks.query().order_by(Task::ID.asc()).limit(20).all().await?;
            all.iter().for_each(own);
            if let Some(first) = all.first() {
                own(&tasks.get(&first.id).await?);
                assert_eq!(tasks.update(&first.id, titled(first.title.clone())).await?.title, first.title);
            }
        }
        3 => {
            let refused = tasks.get(foreign).await;
            assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
            let refused = tasks.update(foreign, titled("mine".into())).await;
            assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
        }
        4 | 5 => {
            let tx = pool.begin(caller).await?;
            let task = tx.repository::<Task>().insert(new_task(title)).await?;
            own(&tx.repository::<Task>().get(&task.id).await?);
            let new = NewSubtask { task_id: task.id, title: title.to_owned() };
            tx.repository::<Subtask>().insert(new).await?;
            if choice == 4 {
                tx.commit().await?;
                return Ok(true);
            }
            tx.rollback().await?;
        }
        6 => {
            let mut rows = tasks.query().limit(50).stream();
            let mut left = 10;
            while let Some(task) = rows.try_next().await? {
                own(&task);
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        7 => {
            let system = pool.system("to look at both").requested_by(caller).await?;
            let hers = system.owned_by(caller.user());
            hers.repository::<Task>().query().limit(20).all().await?.iter().for_each(own);
            assert!(system.repository::<Task>().query().filter(Task::ID.eq(foreign)).count().await? == 1);
        }
        _ => {
            tasks.query().count().await?;
            assert!(pool.audit_trail(caller).all().await?.iter().all(|row| row.user_id == caller.user().to_string()));
        }
    }
    Ok(false)
}

/// Whose `rounds` operations, every third of them cancelled somewhere.
async fn work(pool: &ScopedPool<Postgres>, caller: &UserContext, foreign: &Uuid, seed: u64, rounds: u32) -> Done {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut done = Done::default();
    for round in 0..rounds {
        let title = format!("{} {round}", caller.user());
        let choice = random.random_range(0..9);
        let polls = if round % 3 == 0 { random.random_range(1..=12) } else { u32::MAX };
        match cancelled_after(polls, operation(pool, caller, foreign, choice, &title)).await {
            Some(outcome) => {
                if outcome.expect("an operation that is not cancelled succeeds") {
                    done.kept.push(title);
                }
            }
            None => done.cancelled += 1,
        }
    }
    done
}

#[tokio::test]
async fn two_services_share_one_connection_of_the_server_and_nothing_else() {
    isolated(async {
        let (world, alice, bob) = (World::<Postgres>::open().await, user(), user());
        let (hers, his) = (world.task(&alice, "hers").await, world.task(&bob, "his").await);
        let bouncer = PgBouncer::start(1);
        let (her_service, his_service) = join(service(&bouncer, &world), service(&bouncer, &world)).await;
        let (she, he) =
            join(work(&her_service, &alice, &his.id, 1, 300), work(&his_service, &bob, &hers.id, 2, 300)).await;
        join(her_service.close(), his_service.close()).await;
        println!(
            "{} and {} writes kept, {} and {} operations cancelled",
            she.kept.len(),
            he.kept.len(),
            she.cancelled,
            he.cancelled
        );
        assert!(she.cancelled > 20 && he.cancelled > 20 && she.kept.len() > 50 && he.kept.len() > 50);
        for (who, done) in [(&alice, &she), (&bob, &he)] {
            let stored = format!("SELECT title FROM tasks WHERE user_id = '{}'", who.user());
            let stored = Postgres::texts(&world.raw, &stored).await.unwrap();
            assert!(done.kept.iter().all(|title| stored.contains(title)), "an acknowledged write is lost");
        }
        for (rule, violations) in [
            ("a row names its owner", "SELECT count(*) FROM tasks WHERE title LIKE '% %' AND title NOT LIKE user_id || ' %'"),
            (
                "each row has its audit row, of its owner",
                "SELECT count(*) FROM (SELECT id, user_id FROM tasks UNION ALL SELECT id, user_id FROM subtasks) AS r WHERE \
                 (SELECT count(*) FROM user_access_log l WHERE l.entity_id = r.id::text AND l.operation = 'create' AND \
                 l.user_id = r.user_id) <> 1",
            ),
            (
                "each audit row has its row",
                "SELECT count(*) FROM user_access_log l WHERE operation = 'create' AND NOT EXISTS (SELECT FROM tasks WHERE \
                 id::text = l.entity_id) AND NOT EXISTS (SELECT FROM subtasks WHERE id::text = l.entity_id)",
            ),
            (
                "nobody is told to have touched what he has not",
                "SELECT count(*) FROM user_access_log l JOIN tasks t ON t.id::text = l.entity_id WHERE l.user_id <> t.user_id \
                 AND operation NOT IN ('unauthorized_access', 'read')",
            ),
        ] {
            assert_eq!(Postgres::number(&world.raw, violations).await, 0, "{rule}");
        }
        let denials = "SELECT count(DISTINCT user_id) FROM user_access_log WHERE operation = 'unauthorized_access'";
        assert_eq!(Postgres::number(&world.raw, denials).await, 2, "denials were told from misses");
    })
    .await;
}

/// What the next client finds on the connection of the server.
async fn left_behind(next: &mut PgConnection) -> Vec<String> {
    // What PgBouncer itself sets, as each client said it.
    let text = "SELECT name || ' = ' || setting FROM pg_settings WHERE source = 'session' AND name NOT IN \
                ('DateStyle', 'TimeZone', 'application_name', 'client_encoding', 'standard_conforming_strings') \
                UNION ALL SELECT 'caller ' || caller FROM current_setting('user_scope.user_id', true) AS caller WHERE caller <> '' \
                UNION ALL SELECT 'role ' || current_user WHERE current_user <> session_user \
                UNION ALL SELECT 'statement ' || name FROM pg_prepared_statements \
                UNION ALL SELECT 'cursor ' || name FROM pg_cursors WHERE name <> '' \
                UNION ALL SELECT 'channel ' || c FROM pg_listening_channels() AS c \
                UNION ALL SELECT 'lock' FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory' \
                UNION ALL SELECT 'table ' || relname FROM pg_class WHERE relpersistence = 't'";
    let rows = sqlx::raw_sql(text).fetch_all(next).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_operation_leaves_the_connection_of_the_server_as_it_was() {
    for enforcement in [Enforcement::Predicate, Enforcement::Database] {
        let test = async {
            let (world, alice, bob) = (World::<Postgres>::open().await, user(), user());
            let his = world.task(&bob, "his").await;
            let bouncer = PgBouncer::start(1);
            let pool = service(&bouncer, &world).await;
            let options = bouncer.before(&world.home.app()).extra_float_digits(None);
            let mut next = PgConnection::connect_with(&options).await.unwrap();
            assert_eq!(left_behind(&mut next).await, [""; 0]);
            for choice in 0..9 {
                operation(&pool, &alice, &his.id, choice, &format!("{choice}")).await.unwrap();
                pool.flush_audit().await;
                assert_eq!(left_behind(&mut next).await, [""; 0], "after operation {choice}");
                for polls in 1..8 {
                    cancelled_after(polls, operation(&pool, &alice, &his.id, choice, &format!("{choice} {polls}")))
                        .await;
                    assert_eq!(left_behind(&mut next).await, [""; 0], "after operation {choice}, cancelled at {polls}");
                }
            }
            // The look itself is no blind one.
            sqlx::raw_sql("SET user_scope.user_id = 'x'; SET statement_timeout = 9000; PREPARE s AS SELECT 1")
                .execute(&mut next)
                .await
                .unwrap();
            assert_eq!(left_behind(&mut next).await.len(), 3);
        };
        match enforcement {
            Enforcement::Predicate => test.await,
            Enforcement::Announced | Enforcement::Database => isolated(test).await,
        }
    }
}

/// Why there is the setting: names.
#[tokio::test]
async fn without_the_setting_statements_collide() {
    let (world, bouncer) = (World::<Postgres>::open().await, PgBouncer::start(1));
    let options = bouncer.before(&world.home.app());
    let refused = ScopedPool::builder(options.clone()).build().await.unwrap_err();
    assert!(format!("{refused:?}").contains("unsupported startup parameter: extra_float_digits"), "{refused:?}");
    let build = || ScopedPool::builder(options.clone().extra_float_digits(None)).max_connections(1).build();
    let (first, second) = (build().await.unwrap(), build().await.unwrap());
    first.repository::<Task>(&user()).query().all().await.unwrap();
    let refused = second.repository::<Task>(&user()).query().all().await.unwrap_err();
    assert!(format!("{refused:?}").contains("prepared statement \"sqlx_s_1\" already exists"), "{refused:?}");
}

/// Why there is more to it than names: what sqlx prepares without one is another's by the time it is run.
#[tokio::test]
async fn plain_sqlx_runs_somebody_elses_statement_outside_of_a_transaction() {
    let (world, bouncer) = (World::<Postgres>::open().await, PgBouncer::start(1));
    let options = bouncer.before(&world.home.app()).extra_float_digits(None);
    let (mut hers, mut his) = (options.connect().await.unwrap(), options.connect().await.unwrap());
    let ask = |text: String| sqlx::query(AssertSqlSafe(text)).bind("rows").persistent(false);
    let seeing = PgPool::connect_with(world.home.superuser()).await.unwrap();
    let mut ran = Vec::new();
    // As a rule the first time; but the server may be so fast that she runs her statement before anybody can come between.
    while ran.len() < 100 && !ran.contains(&"his rows".to_owned()) {
        let text = format!("SELECT 'her ' || $1 /* {} */", ran.len());
        let prepared = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE query = '{}' AND state = 'idle'",
            text.replace('\'', "''")
        );
        let mut asked = std::pin::pin!(ask(text).fetch_one(&mut hers));
        let answer = match cancelled_after(1, &mut asked).await {
            Some(answer) => answer,
            None => {
                while Postgres::number(&seeing, &prepared).await == 0 {}
                let row = ask("SELECT 'his ' || $1".to_owned()).fetch_one(&mut his).await.unwrap();
                assert_eq!(row.get::<String, _>(0), "his rows");
                asked.await
            }
        };
        ran.push(answer.unwrap().get(0));
    }
    assert!(ran.contains(&"his rows".to_owned()), "sqlx has mended it: the setting may cost less now");
}

#[tokio::test]
async fn behind_a_pooler_a_read_is_three_round_trips_and_an_audited_write_four() {
    for enforcement in [Enforcement::Predicate, Enforcement::Database] {
        let test = async {
            let (world, alice) = (World::<Postgres>::open().await, user());
            let bouncer = PgBouncer::start(1);
            let (proxy, options) = Proxy::start(&bouncer.before(&world.home.app())).await;
            let settings = AuditSettings::default().reads(ReadAudit::Off).denials(ReadAudit::Off);
            let pool = builder(options.into()).transaction_pooling().max_connections(1).audit(settings).build();
            let pool = pool.await.unwrap();
            let tasks = pool.repository::<Task>(&alice);
            let task = tasks.insert(new_task("cold")).await.unwrap();
            // The end of a read's transaction is sent with nobody waiting for it.
            let waited = |counts: &user_scope_tests::proxy::Counts| {
                counts.round_trips - counts.queries.iter().filter(|text| *text == "ROLLBACK").count() as u64
            };
            for _ in 0..2 {
                let (_, counts) = proxy.during(tasks.get(&task.id)).await;
                assert_eq!(waited(&counts), 3, "{counts:?}");
                let (_, counts) = proxy.during(tasks.query().limit(50).all()).await;
                assert_eq!(waited(&counts), 3, "{counts:?}");
                let (_, counts) = proxy.during(tasks.update(&task.id, titled("x".into()))).await;
                assert_eq!(waited(&counts), 4, "{counts:?}");
                let (_, counts) = proxy.during(tasks.insert(new_task("y"))).await;
                assert_eq!(waited(&counts), 4, "{counts:?}");
                assert_eq!(counts.parses, 1, "{counts:?}");
            }
        };
        match enforcement {
            Enforcement::Predicate => test.await,
            Enforcement::Announced | Enforcement::Database => isolated(test).await,
        }
    }
}

/// Through PgBouncer, as the owner of the tables.
async fn owner(bouncer: &PgBouncer, options: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new().connect_with(bouncer.before(options).extra_float_digits(None)).await.unwrap()
}

#[tokio::test]
async fn a_database_is_migrated_isolated_and_examined_through_it() {
    let (world, bouncer) = (World::<Postgres>::open().await, PgBouncer::start(1));
    Postgres::run(&world.raw, "DROP TABLE user_access_log, user_scope_schema").await.unwrap();
    let owner = owner(&bouncer, &world.home.owner()).await;
    let library = ScopedPool::builder(owner.clone()).transaction_pooling().build().await.unwrap();
    library.migrate().await.unwrap();
    library.migrate().await.unwrap();
    let system_role = server().system_role();
    let isolation = isolation![Task, Subtask].application(server().app_role()).system_role(system_role.clone());
    let planned = isolation.plan(&owner).await.unwrap();
    assert_eq!(isolation.apply(&owner).await.unwrap(), planned);
    assert!(isolation.plan(&owner).await.unwrap().is_empty());

    // A pool that the application has made.
    let options = bouncer.before(&world.home.app()).extra_float_digits(None);
    let application = ScopedPool::builder(PgPool::connect_with(options).await.unwrap())
        .enforcement(Enforcement::Database)
        .isolated(&isolation)
        .system_role(system_role)
        .transaction_pooling()
        .build()
        .await
        .unwrap();
    let report = user_scope::doctor(&application, &isolation).await.unwrap();
    assert!(report.findings().all(|finding| finding.severity() < Severity::Leak), "{report}");
    let task = application.repository::<Task>(&user()).insert(new_task("there")).await.unwrap();
    application.close().await;
    let log = format!("SELECT count(*) FROM user_access_log WHERE entity_id = '{}'", task.id);
    let mut direct = world.home.superuser().connect().await.unwrap();
    let recorded: i64 = sqlx::query_scalar(AssertSqlSafe(log)).fetch_one(&mut direct).await.unwrap();
    assert_eq!(recorded, 1);
    direct.close().await.unwrap();
    assert!(!isolation.remove(&owner).await.unwrap().is_empty());
    drop(owner);
}
