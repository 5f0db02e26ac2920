//! To see what is somebody else's.

use sqlx::Postgres;

use super::Siege;
use crate::databases::{TestDb as _, isolated};

/// Each would show alice's secret to whom the tables show everything.
const READS: [&str; 36] = [
    "SELECT title FROM tasks",
    "TABLE tasks",
    "SELECT * FROM ONLY tasks",
    "SELECT title FROM tasks WHERE user_id = '{alice}'",
    "SELECT title FROM tasks WHERE id = '{hers}' OR true",
    "SELECT title FROM tasks WHERE ctid = '(0,1)'",
    "SELECT t FROM tasks t",
    "SELECT row_to_json(t) FROM tasks t",
    "SELECT string_agg(title, ',') FROM tasks",
    "SELECT max(title) FROM tasks",
    "SELECT title, count(*) OVER () FROM tasks",
    "SELECT t.title FROM tasks t JOIN subtasks s ON s.task_id = t.id",
    "SELECT s.title FROM tasks t RIGHT JOIN subtasks s ON s.task_id = t.id",
    "SELECT t.title FROM generate_series(1, 2) LEFT JOIN tasks t ON true",
    "SELECT x.title FROM subtasks s, LATERAL (SELECT title FROM tasks WHERE id = s.task_id) x",
    "WITH everything AS MATERIALIZED (SELECT * FROM tasks) SELECT title FROM everything",
    "WITH RECURSIVE r AS (SELECT title FROM tasks UNION SELECT title FROM subtasks) SELECT * FROM r",
    "SELECT 'nothing' UNION ALL SELECT title FROM albums",
    "SELECT 'xyzzy' WHERE EXISTS (SELECT FROM tasks WHERE id = '{hers}')",
    "SELECT 'xyzzy' FROM (SELECT count(*) AS all_rows FROM tasks WHERE user_id = '{alice}') c WHERE all_rows > 0",
    "SELECT (SELECT title FROM tasks WHERE id = '{hers}')",
    "SELECT ARRAY(SELECT title FROM tasks)",
    "SELECT title FROM tasks FOR UPDATE",
    "SELECT title FROM tasks TABLESAMPLE BERNOULLI (100)",
    "SELECT query_to_xml('SELECT * FROM tasks', true, true, '')",
    "SELECT table_to_xml('tasks', true, true, '')",
    "COPY tasks TO STDOUT",
    "COPY (SELECT title FROM tasks) TO STDOUT",
    "DECLARE c CURSOR FOR SELECT title FROM tasks; FETCH ALL FROM c",
    "PREPARE p AS SELECT title FROM tasks; EXECUTE p; DEALLOCATE p",
    "CREATE TEMP VIEW mine AS SELECT * FROM tasks; SELECT title FROM mine; DROP VIEW mine",
    "CREATE TEMP TABLE mine AS SELECT * FROM tasks; SELECT title FROM mine; DROP TABLE mine",
    "SELECT details::text || 'xyzzy' FROM user_access_log WHERE user_id = '{alice}'",
    "SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats WHERE tablename = 'tasks'",
    // A condition that tells what it looks at, and costs nothing, is asked before others unless the policy is a barrier.
    "CREATE FUNCTION pg_temp.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS \
     $$ BEGIN RAISE EXCEPTION 'seen: %', $1; END $$; SELECT 1 FROM tasks WHERE pg_temp.tell(title) AND title LIKE 'xyzzy%'",
    "SELECT 1 FROM tasks WHERE title::int > 0",
];

#[tokio::test]
async fn no_query_shows_what_is_somebody_elses() {
    isolated(async {
        let siege = Siege::begin().await;
        Postgres::run(&siege.world.raw, "ANALYZE").await.unwrap();
        let leaks = siege.leaks(&READS).await;
        assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    })
    .await;
}

/// Takes the wall away, sees each of them succeed, and puts it back.
#[tokio::test]
async fn each_of_these_queries_shows_it_where_the_wall_is_taken_away() {
    isolated(async {
        let siege = Siege::begin().await;
        let tables = ["tasks", "subtasks", "albums", "user_access_log"];
        for table in tables {
            Postgres::run(&siege.world.raw, &format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")).await.unwrap();
        }
        // The statistics show what is most common: that is now her title.
        let more = "INSERT INTO tasks SELECT gen_random_uuid(), user_id, title, status, due_on, created_at, updated_at \
                    FROM tasks, generate_series(1, 20) WHERE id = '{hers}'";
        let more = siege.told(more);
        Postgres::run(&siege.world.raw, &more).await.unwrap();
        Postgres::run(&siege.world.raw, "ANALYZE").await.unwrap();
        let siege = Siege { before: siege.her_rows().await, ..siege };
        let mut connection = siege.connect().await;
        for sql in READS {
            let loot = siege.attack(&mut connection, super::Who::Nobody, sql).await;
            assert!(siege.is_hers(&loot.text), "this attack finds nothing without a wall: {sql}\n{}", loot.text);
        }
        for table in tables {
            Postgres::run(&siege.world.raw, &format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")).await.unwrap();
        }
        let leaks = siege.leaks(&READS).await;
        assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    })
    .await;
}
