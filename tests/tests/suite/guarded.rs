//! What the database refuses by itself, once an isolation is applied: to raw SQL, whoever writes it.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Postgres, Sqlite};
use user_scope::{Enforcement, Error, Isolation, ScopedPool, Uuid, isolation};
use user_scope_tests::postgres::server;

use super::databases::TestDb;
use super::entities::{Milestone, NewSubtask, NewTask, Project, Status, Subtask, Task};
use super::golden::assert_golden;
use super::shelf;
use super::world::{World, user};

fn everything() -> Isolation {
    shelf::isolated(isolation![Task, Subtask, Project, Milestone])
        .application(server().app_role())
        .system_role(server().system_role())
}

/// What a catalogue says of the tables of the suite, the log and their guards.
async fn schema<DB: TestDb>(world: &World<DB>) -> Vec<String> {
    let text = match DB::UUID {
        "BLOB" => "SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name",
        _ => {
            "SELECT c.relname || ' ' || c.relrowsecurity || c.relforcerowsecurity || coalesce((SELECT \
             string_agg(a.attname || a.attnotnull || coalesce(a.attacl::text, ''), ',' ORDER BY a.attnum) FROM pg_attribute a \
             WHERE a.attrelid = c.oid AND NOT a.attisdropped), '') || coalesce((SELECT string_agg(x::text, ',' ORDER BY x::text) \
             FROM unnest(c.relacl) x), '') || coalesce((SELECT string_agg(conname || pg_get_constraintdef(k.oid), ',' ORDER BY \
             conname) FROM pg_constraint k WHERE k.conrelid = c.oid), '') || coalesce((SELECT string_agg(polname, ',') FROM \
             pg_policy p WHERE p.polrelid = c.oid), '') || coalesce((SELECT string_agg(tgname, ',' ORDER BY tgname) FROM pg_trigger t \
             WHERE t.tgrelid = c.oid AND NOT tgisinternal), '') FROM pg_class c \
             WHERE relnamespace = 'public'::regnamespace ORDER BY relname"
        }
    };
    DB::texts(&world.raw, text).await.unwrap()
}

async fn an_isolation_is_applied_once_and_taken_back_to_the_schema_before<DB: TestDb>() {
    let world = World::<DB>::open().await;
    let before = schema(&world).await;
    let planned = everything().plan(&world.raw).await.unwrap();
    assert!(!planned.is_empty());
    assert_eq!(schema(&world).await, before, "a plan changes nothing");
    assert_eq!(everything().apply(&world.raw).await.unwrap(), planned);
    assert!(
        everything().plan(&world.raw).await.unwrap().is_empty(),
        "{}",
        everything().plan(&world.raw).await.unwrap()
    );
    assert!(everything().apply(&world.raw).await.unwrap().is_empty());
    assert_ne!(schema(&world).await, before);
    let undone = everything().remove(&world.raw).await.unwrap();
    assert_eq!(undone.steps().len(), planned.steps().len());
    assert_eq!(schema(&world).await, before);
    assert!(everything().remove(&world.raw).await.unwrap().is_empty());
}

/// The SQL that is run, for a person to read.
async fn the_plan_is_as_kept<DB: TestDb>() {
    let world = World::<DB>::open().await;
    let plan = shelf::isolated(isolation![Task, Subtask, Project, Milestone]).application(server().app_role());
    let plan = plan.system_role("user_scope_kept").plan(&world.raw).await.unwrap();
    let text = plan.to_string().replace(&server().app_role(), "my_app").replace("user_scope_kept", "user_scope_system");
    // To whom the template has granted everything as well.
    let text = text.replace(&server().system_role(), "somebody_else");
    let text = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let file = if DB::UUID == "BLOB" { "isolation_sqlite.sql" } else { "isolation_postgres.sql" };
    assert_golden(file, &format!("{text}\n"));
}

async fn a_parent_that_is_not_isolated_with_its_child_is_named<DB: TestDb>() {
    let world = World::<DB>::open().await;
    let refused = isolation![Subtask].plan(&world.raw).await.unwrap_err().to_string();
    assert!(refused.contains("tasks is a parent of subtasks"), "{refused}");
}

mod postgres {
    use super::*;

    async fn connect(world: &World<Postgres>) -> PgConnection {
        PgConnection::connect_with(&world.home.app()).await.unwrap()
    }

    async fn run(connection: &mut PgConnection, sql: String) -> sqlx::Result<u64> {
        Ok(sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?.rows_affected())
    }

    #[tokio::test]
    async fn an_isolation_is_applied_once_and_taken_back_to_the_schema_before() {
        super::an_isolation_is_applied_once_and_taken_back_to_the_schema_before::<Postgres>().await;
    }

    #[tokio::test]
    async fn the_plan_is_as_kept() {
        super::the_plan_is_as_kept::<Postgres>().await;
    }

    #[tokio::test]
    async fn a_parent_that_is_not_isolated_with_its_child_is_named() {
        super::a_parent_that_is_not_isolated_with_its_child_is_named::<Postgres>().await;
    }

    /// Takes the wall away, sees the leak, and puts it back.
    #[tokio::test]
    async fn raw_sql_sees_and_writes_the_callers_rows_alone() {
        crate::databases::isolated(async {
            let (world, alice, bob) = (World::<Postgres>::open().await, user(), user());
            let task = world.task(&alice, "hers").await;
            world.task(&bob, "his").await;
            let mut raw = connect(&world).await;
            let count = "SELECT title FROM tasks".to_owned();
            assert_eq!(run(&mut raw, count.clone()).await.unwrap(), 0, "without a caller");
            let anybody = format!("INSERT INTO tasks VALUES ('{}', '{}', 'x', 'todo', NULL, now(), now())", Uuid::now_v7(), bob.user());
            assert!(run(&mut raw, anybody.clone()).await.is_err());
            run(&mut raw, format!("BEGIN; SET LOCAL user_scope.user_id = '{}'", bob.user())).await.unwrap();
            assert_eq!(run(&mut raw, count.clone()).await.unwrap(), 1, "his own");
            for foreign in [
                format!("UPDATE tasks SET title = 'mine' WHERE id = '{}'", task.id),
                format!("DELETE FROM tasks WHERE id = '{}'", task.id),
            ] {
                assert_eq!(run(&mut raw, foreign).await.unwrap(), 0);
            }
            for refused in [
                format!("UPDATE tasks SET user_id = '{}'", alice.user()),
                format!("INSERT INTO subtasks VALUES ('{}', '{}', '{}', 'x')", Uuid::now_v7(), bob.user(), task.id),
                "TRUNCATE tasks".to_owned(),
                "DELETE FROM user_access_log".to_owned(),
                "INSERT INTO user_access_log (user_id, entity_type, operation, timestamp) VALUES (gen_random_uuid(), 'x', 'read', now())".to_owned(),
            ] {
                run(&mut raw, "SAVEPOINT here".to_owned()).await.unwrap();
                assert!(run(&mut raw, refused.clone()).await.is_err(), "{refused}");
                run(&mut raw, "ROLLBACK TO here".to_owned()).await.unwrap();
            }
            run(&mut raw, "COMMIT".to_owned()).await.unwrap();
            assert_eq!(run(&mut raw, count.clone()).await.unwrap(), 0, "nobody again, after the commit");
            Postgres::run(&world.raw, "ALTER TABLE tasks DISABLE ROW LEVEL SECURITY").await.unwrap();
            assert_eq!(run(&mut raw, count.clone()).await.unwrap(), 2, "the wall is what keeps them apart");
            Postgres::run(&world.raw, "ALTER TABLE tasks ENABLE ROW LEVEL SECURITY").await.unwrap();
            assert_eq!(run(&mut raw, count).await.unwrap(), 0);
        })
        .await;
    }

    #[tokio::test]
    async fn a_pool_that_does_not_fit_the_database_refuses_to_start() {
        let (plain, of) =
            (World::<Postgres>::open().await, |world: &World<Postgres>| ScopedPool::builder(world.home.app()));
        let refused = of(&plain).enforcement(Enforcement::Database).build().await.unwrap_err();
        assert!(
            matches!(refused, Error::Isolation { .. }) && refused.to_string().contains("no table is isolated"),
            "{refused}"
        );
        crate::databases::isolated(async {
            let world = World::<Postgres>::open().await;
            let refused = of(&world).build().await.unwrap_err().to_string();
            assert!(refused.contains("is under row-level security"), "{refused}");
            let lazily = ScopedPool::new(sqlx::PgPool::connect_with(world.home.app()).await.unwrap());
            let refused = lazily.repository::<Task>(&user()).query().all().await.unwrap_err();
            assert!(matches!(refused, Error::Isolation { .. }), "{refused}");
            let superuser = ScopedPool::builder(world.home.superuser()).enforcement(Enforcement::Database);
            let refused = superuser.build().await.unwrap_err().to_string();
            assert!(refused.contains("row-level security is not active"), "{refused}");
        })
        .await;
    }
}

mod sqlite {
    use super::*;

    #[tokio::test]
    async fn an_isolation_is_applied_once_and_taken_back_to_the_schema_before() {
        super::an_isolation_is_applied_once_and_taken_back_to_the_schema_before::<Sqlite>().await;
    }

    #[tokio::test]
    async fn the_plan_is_as_kept() {
        super::the_plan_is_as_kept::<Sqlite>().await;
    }

    #[tokio::test]
    async fn a_parent_that_is_not_isolated_with_its_child_is_named() {
        super::a_parent_that_is_not_isolated_with_its_child_is_named::<Sqlite>().await;
    }

    #[tokio::test]
    async fn raw_sql_gives_no_row_away_and_replaces_none() {
        let (world, alice, bob) = (World::<Sqlite>::open().await, user(), user());
        everything().apply(&world.raw).await.unwrap();
        let (task, his) = (world.task(&alice, "hers").await, world.task(&bob, "his").await);
        let hex = |id: &Uuid| format!("x'{}'", id.simple());
        let columns = format!("{}, 'x', 'todo', NULL, 'now', 'now')", hex(bob.user()));
        for refused in [
            format!("UPDATE tasks SET user_id = {}", hex(bob.user())),
            format!("INSERT OR REPLACE INTO tasks VALUES ({}, {columns}", hex(&task.id)),
            format!("UPDATE OR REPLACE tasks SET id = {} WHERE id = {}", hex(&task.id), hex(&his.id)),
            format!(
                "INSERT INTO milestones VALUES ({}, {}, {}, 'x')",
                hex(&Uuid::now_v7()),
                hex(bob.user()),
                hex(&task.id)
            ),
        ] {
            let error = Sqlite::run(&world.raw, &refused).await.expect_err(&refused).to_string();
            assert!(error.contains("user_scope: "), "{refused}: {error}");
        }
        let tasks = world.pool.repository::<Task>(&alice);
        assert_eq!(tasks.get(&task.id).await.unwrap(), task);
        let new = NewTask { title: "more".into(), status: Status::Todo, due_on: None };
        let more = tasks.insert(new).await.unwrap();
        world
            .pool
            .repository::<Subtask>(&alice)
            .insert(NewSubtask { task_id: more.id, title: "s".into() })
            .await
            .unwrap();
    }
}
