//! Privileges that are given by default, to each table as it is made: they open the library's own tables as well, until an
//! isolation closes them.

use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Postgres};
use user_scope::{Isolation, ScopedPool, isolation};
use user_scope_tests::postgres::{Database, server};

use super::adoption::Cluster;
use super::databases::TestDb as _;
use super::entities::Task;

const TASKS: &str = "CREATE TABLE tasks (id uuid PRIMARY KEY, user_id uuid NOT NULL, title text NOT NULL, status text NOT NULL, \
                     due_on date, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL)";

/// What no application is to do with the library's tables, whatever it was given.
const REFUSED: [&str; 14] = [
    "SELECT * FROM user_access_daily",
    "SELECT rows FROM user_access_by_user",
    "INSERT INTO user_access_daily VALUES (now(), gen_random_uuid(), 'tasks', 'read', 1, 1)",
    "UPDATE user_access_rolled_up SET position = 0",
    "DELETE FROM user_access_by_user",
    "SELECT * FROM user_access_seals",
    "DELETE FROM user_access_seals",
    "TRUNCATE user_access_seals",
    "INSERT INTO user_scope_schema VALUES (99)",
    "DELETE FROM user_scope_schema",
    "INSERT INTO user_access_log (user_id, entity_type, operation, timestamp) VALUES (gen_random_uuid(), 't', 'read', now())",
    "INSERT INTO user_access_log (user_id, entity_type, operation, xid) VALUES (gen_random_uuid(), 't', 'read', '1')",
    "INSERT INTO user_access_log (id, user_id, entity_type, operation) OVERRIDING SYSTEM VALUE \
     VALUES (1, gen_random_uuid(), 't', 'read')",
    "UPDATE user_access_log SET entity_type = 'x'",
];

/// What the library itself does there as the application.
const DONE: [&str; 3] = [
    "INSERT INTO user_access_log (user_id, entity_type, operation) VALUES (gen_random_uuid(), 't', 'read')",
    "SELECT id, user_id, entity_type, entity_id, operation, timestamp, details FROM user_access_log",
    "SELECT max(step) FROM user_scope_schema",
];

/// A database whose owner has given everything by default, and its application.
struct House {
    home: Database,
    owner: PgPool,
    app: String,
    isolation: Isolation,
}

impl House {
    async fn given(hint: &str, by_default: &str) -> Self {
        let home = Database::create(hint).await;
        let superuser = PgPool::connect_with(home.superuser()).await.unwrap();
        let [app, system, group] = ["app", "system", "group"].map(|role| server().role_name(&format!("{hint}_{role}")));
        let make = format!("CREATE ROLE {app} LOGIN PASSWORD 'x'; CREATE ROLE {group} NOLOGIN");
        Postgres::run(&superuser, &make).await.unwrap();
        let given = by_default.replace("{app}", &app).replace("{group}", &group);
        Postgres::run(&superuser, &given).await.unwrap();
        Postgres::run(&superuser, TASKS).await.unwrap();
        let isolation = isolation![Task].application(&app).system_role(system);
        Self { home, owner: superuser, app, isolation }
    }

    async fn migrated(&self) {
        let pool = ScopedPool::<Postgres>::new(self.owner.clone());
        pool.migrate().await.unwrap();
    }

    /// How it stands once the isolation was applied, once.
    async fn is_closed(&self) {
        let done = self.isolation.apply(&self.owner).await.unwrap();
        assert!(!done.is_empty());
        let again = self.isolation.plan(&self.owner).await.unwrap();
        assert!(again.is_empty(), "{again}");
        self.refuses().await;
        assert_eq!(self.found().await, [""; 0]);
    }

    async fn refuses(&self) {
        refuses(&mut self.application().await).await;
    }

    async fn application(&self) -> PgConnection {
        let login = self.home.superuser().username(&self.app).password("x");
        PgConnection::connect_with(&login).await.unwrap()
    }

    /// The tables of which the doctor says that they are open, asked by the application and by the owner alike.
    async fn found(&self) -> Vec<String> {
        let login = self.home.superuser().username(&self.app).password("x");
        let application = PgPool::connect_with(login).await.unwrap();
        let mut found = Vec::new();
        for pool in [&application, &self.owner] {
            let report = self.isolation.examine(pool).await.unwrap();
            let of_it = report.findings().filter(|finding| finding.name() == "own-table-open");
            let objects: Vec<_> = of_it.map(|finding| finding.object().to_owned()).collect();
            assert!(found.is_empty() || found == objects, "{found:?} and {objects:?}");
            found = objects;
        }
        found
    }
}

/// Runs what is to be refused, and what is not, as the application.
async fn refuses(application: &mut PgConnection) {
    for statement in REFUSED {
        let refused = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *application).await.map(drop);
        let refused = refused.expect_err(statement).to_string();
        assert!(refused.contains("permission denied"), "{statement}: {refused}");
    }
    for statement in DONE {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *application).await.expect(statement);
    }
}

const ALL_TO_THE_APPLICATION: &str = "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}";

#[tokio::test]
async fn they_are_taken_from_the_librarys_tables_that_are_there() {
    let house = House::given("given_before", ALL_TO_THE_APPLICATION).await;
    house.migrated().await;
    house.is_closed().await;
}

#[tokio::test]
async fn they_are_taken_from_those_that_the_isolation_makes_itself() {
    let house =
        House::given("given_within", "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {app} WITH GRANT OPTION").await;
    house.is_closed().await;
}

#[tokio::test]
async fn they_are_taken_from_everybody() {
    let given = "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO PUBLIC";
    let house = House::given("given_to_public", given).await;
    house.migrated().await;
    house.is_closed().await;
}

#[tokio::test]
async fn they_are_taken_from_a_group_that_the_application_is_in() {
    let given = "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO {group}; GRANT {group} TO {app}";
    let house = House::given("given_to_group", given).await;
    house.migrated().await;
    let version = "SELECT current_setting('server_version_num')::bigint";
    if Postgres::number(&house.owner, version).await >= 160_000 {
        house.is_closed().await;
    } else {
        let refused = house.isolation.apply(&house.owner).await.unwrap_err().to_string();
        assert!(refused.contains("is a member of other roles"), "{refused}");
    }
}

#[tokio::test]
async fn what_was_given_by_default_is_told_and_taken_by_the_next_apply() {
    let house = House::given("given_after", "SELECT").await;
    house.migrated().await;
    house.is_closed().await;
    let granted = format!("GRANT ALL ON ALL TABLES IN SCHEMA public TO {}", house.app);
    Postgres::run(&house.owner, &granted).await.unwrap();
    let tables =
        ["user_access_by_user", "user_access_daily", "user_access_rolled_up", "user_access_seals", "user_scope_schema"];
    assert_eq!(house.found().await, tables.map(|table| format!("public.{table}")));
    house.is_closed().await;
}

#[tokio::test]
async fn they_come_back_when_the_isolation_is_taken_back() {
    let house = House::given("given_back", ALL_TO_THE_APPLICATION).await;
    house.migrated().await;
    let acl = "SELECT relname || coalesce((SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest(relacl) x), '') \
               || coalesce((SELECT string_agg(attname || attacl::text, ',' ORDER BY attnum) FROM pg_attribute \
               WHERE attrelid = c.oid), '') FROM pg_class c WHERE relnamespace = 'public'::regnamespace ORDER BY relname";
    let column =
        format!("GRANT INSERT (timestamp), SELECT (xid) ON user_access_log TO {} WITH GRANT OPTION", house.app);
    Postgres::run(&house.owner, &column).await.unwrap();
    let before = Postgres::texts(&house.owner, acl).await.unwrap();
    house.is_closed().await;
    house.isolation.remove(&house.owner).await.unwrap();
    assert_eq!(Postgres::texts(&house.owner, acl).await.unwrap(), before);
}

#[tokio::test]
async fn what_somebody_else_has_granted_on_is_his_to_take_back() {
    let house = House::given("given_on", "SELECT").await;
    house.migrated().await;
    let granted = format!("GRANT SELECT ON user_access_daily TO {} WITH GRANT OPTION", house.app);
    Postgres::run(&house.owner, &granted).await.unwrap();
    let on = "GRANT SELECT ON user_access_daily TO PUBLIC";
    sqlx::raw_sql(on).execute(&mut house.application().await).await.unwrap();
    let refused = house.isolation.plan(&house.owner).await.unwrap_err().to_string();
    assert!(refused.contains(&format!("{} has granted SELECT", house.app)), "{refused}");
}

/// In two phases the privileges were taken and given in turns, and the adoption never came to an end.
#[tokio::test]
async fn an_adoption_comes_to_its_end_whatever_is_given_by_default() {
    let house = Cluster::with("given_adopted", "SELECT", "[[table]]\nname = 'team'\n").await;
    let given = format!("ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}", house.login);
    Postgres::run(&house.owner, &given).await.unwrap();
    Postgres::run(&house.owner, "CREATE TABLE team (id bigint PRIMARY KEY)").await.unwrap();
    house.site.does(&["apply", "--phase", "expand", "--yes"]);
    house.site.does(&["apply", "--yes"]);
    let again = house.site.does(&["plan"]);
    assert!(again.contains("nothing to do"), "{again}");
    refuses(&mut PgConnection::connect_with(&house.application()).await.unwrap()).await;
    house.site.does(&["rollback", "--yes", "--drop-audit-log"]);
}
