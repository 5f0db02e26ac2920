//! On a Citus cluster, whose coordinator `CITUS_URL` names, as a superuser: what the crate's guide says of it, as far as it
//! could be known without one. It makes a schema of its own there, and takes it away.

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Row};
use user_scope::{Change, ScopedPool, UserContext, Uuid};

use super::captured::{captured, statements};
use super::entities::{NewSubtask, Subtask, Task, TaskChanges};
use super::world::{new_task, user};

/// As the guide tells. The log is co-located with the tables.
const TABLES: &str = "
    CREATE TABLE tasks (id uuid NOT NULL, user_id uuid NOT NULL, title varchar(200) NOT NULL, status text NOT NULL,
        due_on date, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, PRIMARY KEY (user_id, id));
    CREATE TABLE subtasks (id uuid NOT NULL, user_id uuid NOT NULL, task_id uuid NOT NULL, title text NOT NULL,
        PRIMARY KEY (user_id, id));";
const DISTRIBUTED: [&str; 7] = [
    "SELECT create_distributed_table('tasks', 'user_id')",
    "SELECT create_distributed_table('subtasks', 'user_id', colocate_with => 'tasks')",
    "ALTER TABLE subtasks ADD FOREIGN KEY (user_id, task_id) REFERENCES tasks (user_id, id)",
    "ALTER TABLE user_access_log DROP CONSTRAINT user_access_log_pkey, ADD PRIMARY KEY (user_id, id)",
    "DROP INDEX user_access_log_event_id",
    "CREATE UNIQUE INDEX user_access_log_event_id ON user_access_log (user_id, event_id) WHERE event_id IS NOT NULL",
    "SELECT create_distributed_table('user_access_log', 'user_id', colocate_with => 'tasks')",
];

struct Cluster {
    coordinator: PgConnectOptions,
    schema: String,
    raw: PgPool,
}

impl Cluster {
    async fn open() -> (Self, ScopedPool<sqlx::Postgres>) {
        let url = std::env::var("CITUS_URL").expect("CITUS_URL names the coordinator of a cluster");
        let coordinator: PgConnectOptions = url.parse().expect("CITUS_URL is a URL of PostgreSQL");
        let schema = format!("us_{}", Uuid::now_v7().simple());
        let mut first = PgConnection::connect_with(&coordinator).await.unwrap();
        run(&mut first, &format!("CREATE SCHEMA {schema}")).await;
        let within = [("search_path", schema.as_str()), ("citus.propagate_set_commands", "local")];
        let raw = PgPoolOptions::new().connect_with(coordinator.clone().options(within)).await.unwrap();
        let mut connection = raw.acquire().await.unwrap();
        run(&mut connection, TABLES).await;
        let pool = ScopedPool::new(raw.clone());
        pool.migrate().await.unwrap();
        for statement in DISTRIBUTED {
            run(&mut connection, statement).await;
        }
        drop(connection);
        (Self { coordinator, schema, raw }, pool)
    }

    async fn close(self) {
        self.raw.close().await;
        let mut last = PgConnection::connect_with(&self.coordinator).await.unwrap();
        run(&mut last, &format!("DROP SCHEMA {} CASCADE", self.schema)).await;
    }
}

async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.expect(sql);
}

async fn operations(pool: &ScopedPool<sqlx::Postgres>, caller: &UserContext) {
    let (tasks, subtasks) = (pool.repository::<Task>(caller), pool.repository::<Subtask>(caller));
    let task = tasks.insert(new_task("a")).await.unwrap();
    tasks.insert_many([new_task("b"), new_task("c")]).await.unwrap();
    assert_eq!(tasks.get(&task.id).await.unwrap(), task);
    let changes = TaskChanges { title: Change::Set("x".into()), ..Default::default() };
    assert_eq!(tasks.update(&task.id, changes).await.unwrap().title, "x");
    assert_eq!(tasks.query().order_by(Task::CREATED_AT.desc()).page(2, None).await.unwrap().rows.len(), 2);
    assert_eq!(tasks.query().count().await.unwrap(), 3);
    let below = subtasks.insert(NewSubtask { task_id: task.id, title: "s".into() }).await.unwrap();
    assert_eq!(tasks.children::<Subtask>(&task.id).all().await.unwrap(), std::slice::from_ref(&below));
    subtasks.delete(&below.id).await.unwrap();
    tasks.delete(&task.id).await.unwrap();
}

#[tokio::test]
#[ignore = "needs CITUS_URL, the coordinator of a Citus cluster"]
async fn a_users_statements_go_to_one_shard_and_leave_foreign_rows_alone() {
    let (cluster, pool) = Cluster::open().await;
    let (alice, bob) = (user(), user());
    let foreign = pool.repository::<Task>(&bob).insert(new_task("his")).await.unwrap();
    let ((), records) = captured(operations(&pool, &alice)).await;
    let tasks = pool.repository::<Task>(&alice);
    assert!(tasks.get(&foreign.id).await.is_err() && tasks.delete(&foreign.id).await.is_err());
    let stolen = NewSubtask { task_id: foreign.id, title: "under his".into() };
    assert!(pool.repository::<Subtask>(&alice).insert(stolen).await.is_err(), "a parent of another owner");

    // Each statement of the library once more, explained: with one task, and so on one shard.
    let mut connection = cluster.raw.acquire().await.unwrap();
    let texts: Vec<String> = statements(&records).into_iter().filter(|text| text.contains("\"user_id\"")).collect();
    assert!(texts.len() >= 8, "{texts:#?}");
    for (number, text) in texts.iter().enumerate() {
        run(&mut connection, &format!("PREPARE s{number} AS {text}")).await;
        // An owner wherever a UUID is asked for, which is right for the owner and finds nothing for an id.
        let kinds =
            format!("SELECT unnest(parameter_types)::text FROM pg_prepared_statements WHERE name = 's{number}'");
        let kinds = sqlx::query(AssertSqlSafe(kinds)).fetch_all(&mut *connection).await.unwrap();
        let value = |kind: &str| match kind {
            "uuid" => format!("'{}'", alice.user()),
            "uuid[]" => format!("ARRAY['{}'::uuid]", alice.user()),
            _ => "NULL".to_owned(),
        };
        let values: Vec<String> = kinds.iter().map(|row| value(&row.get::<String, _>(0))).collect();
        let explain = format!("EXPLAIN EXECUTE s{number} ({})", values.join(", "));
        let plan = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut *connection).await.expect(text);
        let plan: String = plan.iter().map(|row| row.get::<String, _>(0) + "\n").collect();
        assert!(plan.contains("Task Count: 1\n"), "{text}\n{plan}");
    }
    drop(connection);
    pool.close().await;
    cluster.close().await;
}

#[tokio::test]
#[ignore = "needs CITUS_URL, the coordinator of a Citus cluster"]
async fn the_caller_reaches_the_workers_if_nothing_follows_set_local_in_its_message() {
    let (cluster, pool) = Cluster::open().await;
    let alice = user();
    pool.repository::<Task>(&alice).insert(new_task("hers")).await.unwrap();
    let mut raw = cluster.raw.acquire().await.unwrap();
    let owner = alice.user();
    let seen = format!(
        "SELECT current_setting('user_scope.user_id', true) AS caller FROM tasks WHERE user_id = '{owner}' LIMIT 1"
    );
    // As the library begins.
    run(&mut raw, &format!("BEGIN; SET LOCAL user_scope.user_id = '{owner}'")).await;
    let caller = sqlx::raw_sql(AssertSqlSafe(seen.clone())).fetch_one(&mut *raw).await.unwrap();
    assert_eq!(caller.get::<Option<String>, _>(0), Some(owner.to_string()));
    run(&mut raw, "COMMIT").await;
    let nobody = sqlx::raw_sql(AssertSqlSafe(seen)).fetch_one(&mut *raw).await.unwrap();
    assert_eq!(
        nobody.get::<Option<String>, _>(0).unwrap_or_default(),
        "",
        "it ends with the transaction, on the worker too"
    );
    drop(raw);
    pool.close().await;
    cluster.close().await;
}
