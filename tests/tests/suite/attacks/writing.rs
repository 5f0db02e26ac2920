//! To change what is somebody else's, or to be let off by the wall.

use sqlx::Postgres;

use super::{SECRET, Siege, Who};
use crate::databases::{TestDb as _, isolated};

/// Each would change a row of alice's, or give her one, or take the wall away.
const WRITES: [&str; 42] = [
    "UPDATE tasks SET title = 'mine'",
    "UPDATE tasks SET title = 'mine' WHERE id = '{hers}'",
    "UPDATE tasks SET title = 'mine' WHERE ctid = '(0,1)'",
    "UPDATE tasks t SET title = 'mine' FROM subtasks s WHERE s.task_id = t.id",
    "UPDATE tasks SET user_id = '{bob}'",
    "UPDATE tasks SET user_id = '{alice}'",
    "UPDATE tasks SET user_id = '{alice}', title = 'a gift' WHERE id = '{his}'",
    "UPDATE user_access_log SET operation = 'read'",
    "DELETE FROM tasks",
    "DELETE FROM subtasks USING tasks",
    "DELETE FROM user_access_log",
    "WITH gone AS (DELETE FROM subtasks RETURNING *) SELECT * FROM gone",
    "INSERT INTO tasks VALUES ('{new}', '{alice}', 'a gift', 'todo', NULL, now(), now())",
    "INSERT INTO tasks VALUES ('{hers}', '{bob}', 'mine', 'todo', NULL, now(), now())",
    "INSERT INTO tasks VALUES ('{hers}', '{bob}', 'mine', 'todo', NULL, now(), now()) ON CONFLICT DO NOTHING",
    "INSERT INTO tasks VALUES ('{hers}', '{bob}', 'mine', 'todo', NULL, now(), now()) ON CONFLICT (id) DO UPDATE SET title = 'mine'",
    "INSERT INTO tasks VALUES ('{hers}', '{alice}', 'mine', 'todo', NULL, now(), now()) ON CONFLICT (id) DO UPDATE SET user_id = '{bob}'",
    "INSERT INTO tasks VALUES ('{his}', '{bob}', 'x', 'todo', NULL, now(), now()) ON CONFLICT (id) DO UPDATE SET user_id = '{alice}'",
    "INSERT INTO subtasks VALUES ('{new}', '{bob}', '{hers}', 'below hers')",
    "INSERT INTO subtasks SELECT '{new}', user_id, id, 'below hers' FROM tasks WHERE id = '{hers}'",
    "INSERT INTO user_access_log (user_id, entity_type, operation, id) OVERRIDING SYSTEM VALUE VALUES ('{alice}', 'task', 'read', 1)",
    "MERGE INTO tasks t USING (SELECT 1) s ON t.id = '{hers}' WHEN MATCHED THEN UPDATE SET title = 'mine'",
    "MERGE INTO tasks t USING (SELECT 1) s ON t.id = '{hers}' WHEN MATCHED THEN DELETE",
    "TRUNCATE tasks CASCADE",
    "SET row_security = off; UPDATE tasks SET title = 'mine'",
    "SET LOCAL session_replication_role = replica; UPDATE tasks SET user_id = '{alice}'",
    "SET CONSTRAINTS ALL DEFERRED; UPDATE tasks SET title = 'mine' WHERE id = '{hers}'",
    "ALTER TABLE tasks DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE tasks DISABLE TRIGGER ALL",
    "DROP POLICY user_scope_owner ON tasks",
    "CREATE POLICY open ON tasks USING (true)",
    "CREATE RULE open AS ON UPDATE TO tasks DO ALSO DELETE FROM subtasks",
    "CREATE TRIGGER open BEFORE UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION user_scope_owner_is_fixed('x')",
    "CREATE OR REPLACE FUNCTION user_scope_owner_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "GRANT ALL ON tasks TO PUBLIC",
    "INSERT INTO user_scope_isolation (object, change, undo) VALUES ('x', 'x', 'DROP TABLE tasks')",
    "UPDATE user_scope_isolation SET undo = 'DROP TABLE tasks'",
    "SELECT lo_import('/etc/passwd')",
    "CREATE TEMP TABLE below (task_id uuid REFERENCES tasks (id))",
    "SET LOCAL user_scope.user_id = 'not a uuid'; UPDATE tasks SET title = 'mine'",
    "SET LOCAL user_scope.user_id = ''; UPDATE tasks SET title = 'mine'",
];

#[tokio::test]
async fn no_statement_changes_what_is_somebody_elses() {
    isolated(async {
        let siege = Siege::begin().await;
        let leaks = siege.leaks(&WRITES).await;
        assert!(leaks.is_empty(), "{}", leaks.join("\n"));
        let mut connection = siege.connect().await;
        let loot = siege.attack(&mut connection, Who::Bob, "COPY tasks FROM STDIN").await;
        assert!(loot.text.contains("COPY FROM not supported with row-level security"), "{}", loot.text);
        // And the wall stands as it stood.
        let loot = siege.attack(&mut connection, Who::Bob, "SELECT title FROM tasks").await;
        assert!(!loot.text.contains(SECRET), "{}", loot.text);
    })
    .await;
}

/// Takes each wall away that stands before a change of hers, and sees that the next one, or none, stops it.
#[tokio::test]
async fn her_rows_are_changed_where_the_walls_are_taken_away() {
    isolated(async {
        let siege = Siege::begin().await;
        let raw = &siege.world.raw;
        let mut connection = siege.connect().await;
        let gift = "UPDATE tasks SET user_id = '{alice}' WHERE id = '{his}'";
        let loot = siege.attack(&mut connection, Who::Bob, gift).await;
        assert!(loot.failed, "{}", loot.text);
        Postgres::run(raw, "ALTER TABLE tasks DISABLE ROW LEVEL SECURITY").await.unwrap();
        let loot = siege.attack(&mut connection, Who::Bob, gift).await;
        assert!(loot.failed && loot.text.contains("is fixed"), "the trigger still stands: {}", loot.text);
        Postgres::run(raw, "ALTER TABLE tasks DISABLE TRIGGER user_scope_owner_is_fixed").await.unwrap();
        let loot = siege.attack(&mut connection, Who::Bob, gift).await;
        assert!(!loot.failed, "with neither it is given away: {}", loot.text);
        assert_ne!(siege.her_rows().await, siege.before, "and is hers");
        let back = siege.told("UPDATE tasks SET user_id = '{bob}' WHERE id = '{his}'");
        Postgres::run(raw, &back).await.unwrap();
        Postgres::run(raw, "ALTER TABLE tasks ENABLE ROW LEVEL SECURITY").await.unwrap();
        Postgres::run(raw, "ALTER TABLE tasks ENABLE TRIGGER user_scope_owner_is_fixed").await.unwrap();
        let loot = siege.attack(&mut connection, Who::Bob, gift).await;
        assert!(loot.failed, "{}", loot.text);
    })
    .await;
}
