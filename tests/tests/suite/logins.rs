//! The roles that an isolation makes and grants, on PostgreSQL: the application's login, and system mode with a login of its
//! own, whom no SQL of the application's can become.

use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{AssertSqlSafe, Postgres};
use user_scope::{Enforcement, Error, Isolation, ScopedPool, doctor, isolation};
use user_scope_tests::postgres::server;

use super::databases::TestDb as _;
use super::entities::{NewSubtask, Subtask, Task};
use super::world::{World, new_task, user};

/// A database that is isolated for logins of its own, with names that have to be quoted.
struct House {
    world: World<Postgres>,
    isolation: Isolation,
    app: String,
    admin: String,
    system: String,
}

impl House {
    async fn built(hint: &str, has_admin: bool) -> Self {
        let world = World::<Postgres>::open().await;
        let superuser = PgPool::connect_with(world.home.superuser()).await.unwrap();
        let [app, admin, system] =
            ["app", "admin", "system"].map(|role| server().role_name(&format!("{hint}-{role} \"of us\"")));
        for login in [&app, &admin] {
            let create = format!("CREATE ROLE {} LOGIN PASSWORD 'x'", quoted(login));
            sqlx::raw_sql(AssertSqlSafe(create)).execute(&superuser).await.unwrap();
        }
        let mut isolation = isolation![Task, Subtask].application(&app).system_role(&system);
        if has_admin {
            isolation = isolation.system_login(&admin);
        }
        let done = isolation.apply(&superuser).await.unwrap();
        assert!(done.steps().any(|step| step.sql().starts_with("CREATE ROLE")), "{done}");
        let again = isolation.plan(&superuser).await.unwrap();
        assert!(again.is_empty(), "{again}");
        Self { world, isolation, app, admin, system }
    }

    fn login(&self, name: &str) -> PgConnectOptions {
        self.world.home.app().username(name).password("x")
    }

    /// What the login sees when it asks for system mode.
    async fn become_system(&self, name: &str) -> sqlx::Result<i64> {
        use sqlx::{Connection as _, Executor as _};

        let mut connection = sqlx::PgConnection::connect_with(&self.login(name)).await.unwrap();
        connection.execute(sqlx::raw_sql(AssertSqlSafe(format!("SET ROLE {}", quoted(&self.system))))).await?;
        sqlx::query_scalar("SELECT count(*) FROM tasks").fetch_one(&mut connection).await
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[tokio::test]
async fn the_applications_login_asks_for_system_mode_and_has_it_not_unasked() {
    let house = House::built("asks", false).await;
    let pool: ScopedPool<Postgres> = ScopedPool::builder(house.login(&house.app))
        .enforcement(Enforcement::Database)
        .isolated(&house.isolation)
        .system_role(&house.system)
        .build()
        .await
        .unwrap();
    let alice = user();
    pool.repository::<Task>(&alice).insert(new_task("hers")).await.unwrap();
    let application = PgPool::connect_with(house.login(&house.app)).await.unwrap();
    assert_eq!(Postgres::number(&application, "SELECT count(*) FROM tasks").await, 0, "unasked it sees nothing");
    assert_eq!(house.become_system(&house.app).await.unwrap(), 1, "asked for, it sees everything");
}

#[tokio::test]
async fn system_mode_with_a_login_of_its_own_is_out_of_the_applications_reach() {
    let house = House::built("strong", true).await;
    let build = || {
        ScopedPool::builder(house.login(&house.app))
            .enforcement(Enforcement::Database)
            .isolated(&house.isolation)
            .system_role(&house.system)
    };
    let refused = build().build().await.unwrap_err().to_string();
    assert!(refused.contains("system_source"), "without the other login it refuses to start: {refused}");
    let pool: ScopedPool<Postgres> = build().system_source(house.login(&house.admin)).build().await.unwrap();
    let report = doctor(&pool, &house.isolation).await.unwrap();
    assert!(report.findings().all(|finding| !finding.name().starts_with("system-role")), "{report}");

    // All that system mode does is done by its login.
    let (alice, bob, admin) = (user(), user(), user());
    let task = pool.repository::<Task>(&alice).insert(new_task("hers")).await.unwrap();
    let new = NewSubtask { task_id: task.id, title: "below".to_owned() };
    let subtask = pool.repository::<Subtask>(&alice).insert(new).await.unwrap();
    assert!(matches!(pool.repository::<Task>(&bob).get(&task.id).await, Err(Error::NotFound { .. })));
    pool.flush_audit().await;
    let system = pool.system("a case of support").requested_by(&admin).await.unwrap();
    assert_eq!(system.repository::<Task>().query().count().await.unwrap(), 1);
    system.repository::<Subtask>().delete_where(Subtask::TITLE.eq("below")).await.unwrap();
    assert!(pool.repository::<Subtask>(&alice).find(&subtask.id).await.unwrap().is_none());
    system.repository::<Task>().transfer(&task.id, bob.user()).await.unwrap();
    assert_eq!(pool.repository::<Task>(&bob).get(&task.id).await.unwrap().title, "hers");
    let trail = system.audit_trail().all().await.unwrap();
    assert!(trail.iter().any(|entry| entry.operation == "unauthorized_access"), "the denial was told from a miss");

    // And no SQL of the application's becomes it.
    let refused = house.become_system(&house.app).await.unwrap_err().to_string();
    assert!(refused.contains("permission denied to set role"), "{refused}");
    assert_eq!(house.become_system(&house.admin).await.unwrap(), 1);
}

/// Takes the wall away: the application's login is made a member, and the doctor tells.
#[tokio::test]
async fn the_doctor_tells_when_the_application_can_become_what_has_a_login_of_its_own() {
    let house = House::built("shared", true).await;
    let superuser = PgPool::connect_with(house.world.home.superuser()).await.unwrap();
    let application = PgPool::connect_with(house.login(&house.app)).await.unwrap();
    let told = async || {
        let report = house.isolation.examine(&application).await.unwrap();
        report.findings().any(|finding| finding.name() == "system-role-shared")
    };
    assert!(!told().await);
    let grant = format!("GRANT {} TO {}", quoted(&house.system), quoted(&house.app));
    sqlx::raw_sql(AssertSqlSafe(grant)).execute(&superuser).await.unwrap();
    assert!(told().await);
    let mended = house.isolation.apply(&superuser).await.unwrap();
    assert_eq!(mended.steps().len(), 1, "{mended}");
    assert!(!told().await);
}

/// Roles outlive the database; the isolation takes its own back with the rest.
#[tokio::test]
async fn what_was_granted_is_taken_back_with_the_isolation() {
    let house = House::built("leaves", true).await;
    let superuser = PgPool::connect_with(house.world.home.superuser()).await.unwrap();
    let role = format!("SELECT count(*) FROM pg_roles WHERE rolname = '{}'", house.system);
    assert_eq!(Postgres::number(&superuser, &role).await, 1);
    let undone = house.isolation.remove(&superuser).await.unwrap();
    assert!(!undone.is_empty());
    assert_eq!(Postgres::number(&superuser, &role).await, 0);
    let application = PgPool::connect_with(house.login(&house.app)).await.unwrap();
    assert!(Postgres::texts(&application, "SELECT title FROM tasks").await.is_err(), "nothing is granted to it");
}
