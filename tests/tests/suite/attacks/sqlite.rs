//! The same on SQLite, which knows no caller: reading is not kept from raw SQL, and what it may not write is refused whoever
//! asks. Each attack is tried with and without recursive triggers; then the trigger that refused it is dropped, the attack is
//! seen to succeed, and the trigger is made again.

use sqlx::Sqlite;
use user_scope::{Error, UserContext, Uuid, isolation};

use super::run_on;
use crate::databases::{TestDb, guarded};
use crate::entities::{NewSubtask, Subtask, Task};
use crate::shelf::{Album, NewAlbum};
use crate::world::{World, user};

struct Siege {
    world: World<Sqlite>,
    /// Names, as literals of SQL.
    names: Vec<(&'static str, String)>,
}

fn literal(id: &Uuid) -> String {
    format!("x'{}'", id.simple())
}

impl Siege {
    async fn begin() -> Self {
        let (world, alice, bob): (_, UserContext, UserContext) = (World::<Sqlite>::open().await, user(), user());
        // A key that does not hold its owner, a table whose owner may be NULL, and one without a rowid.
        Sqlite::run(&world.raw, MORE).await.unwrap();
        let isolation = user_scope::Isolation::<Uuid>::default();
        let isolation = ["codes", "drafts", "tags", "numbers"]
            .into_iter()
            .fold(isolation, |all, name| all.with_table(name, "user_id"));
        let _ = isolation.apply(&world.raw).await.unwrap();
        let (hers, his) = (world.task(&alice, "hers").await.id, world.task(&bob, "his").await.id);
        let subtasks = world.pool.repository::<Subtask>(&alice);
        subtasks.insert(NewSubtask { task_id: hers, title: "hers".to_owned() }).await.unwrap();
        let albums = world.pool.repository::<Album>(&alice);
        let album = albums.insert(NewAlbum { title: "hers".to_owned(), year: None, price: None }).await.unwrap();
        let names = vec![
            ("{alice}", literal(alice.user())),
            ("{bob}", literal(bob.user())),
            ("{hers}", literal(&hers)),
            ("{his}", literal(&his)),
            ("{album}", literal(&album.id)),
        ];
        let siege = Self { world, names };
        let rows = "INSERT INTO codes VALUES (1, {alice}, 'secret'), (2, {bob}, 'open'); INSERT INTO drafts VALUES (1, {alice}); \
                    INSERT INTO tags VALUES ('a', {alice}, 'hers'), ('b', {bob}, 'his'); \
                    INSERT INTO numbers VALUES (1, {alice}, 'hers'), (2, {bob}, 'his')";
        Sqlite::run(&siege.world.raw, &siege.told(rows)).await.unwrap();
        siege
    }

    fn told(&self, sql: &str) -> String {
        let told = self.names.iter().fold(sql.to_owned(), |sql, (name, literal)| sql.replace(name, literal));
        told.replace("{new}", &literal(&Uuid::now_v7()))
    }

    /// Her rows.
    async fn hers(&self) -> Vec<String> {
        let all = "SELECT quote(id) || quote(title) FROM tasks WHERE user_id = {alice} UNION ALL \
                   SELECT quote(id) || quote(title) || quote(task_id) FROM subtasks WHERE user_id = {alice} UNION ALL \
                   SELECT quote(id) || quote(title) FROM albums WHERE user_id = {alice} UNION ALL \
                   SELECT quote(id) || code FROM codes WHERE user_id = {alice} UNION ALL \
                   SELECT quote(id) || name FROM tags WHERE user_id = {alice} UNION ALL \
                   SELECT quote(id) || name FROM numbers WHERE user_id = {alice}";
        Sqlite::texts(&self.world.raw, &self.told(all)).await.unwrap()
    }
}

const MORE: &str = "
    CREATE TABLE codes (id INTEGER PRIMARY KEY, user_id BLOB NOT NULL, code TEXT NOT NULL UNIQUE);
    CREATE TABLE drafts (id INTEGER PRIMARY KEY, user_id BLOB);
    CREATE TABLE tags (id TEXT PRIMARY KEY, user_id BLOB NOT NULL, name TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE numbers (id INTEGER PRIMARY KEY, user_id BLOB NOT NULL, name TEXT NOT NULL)";

const TASK: &str = "'x', 'todo', NULL, 'now', 'now'";

/// What is tried, and the triggers that stand before it, as the ends of their names.
const ATTACKS: [(&str, &[&str]); 25] = [
    ("UPDATE tasks SET user_id = {bob}", &["tasks_fixed_update"]),
    ("UPDATE tasks SET user_id = {alice} WHERE id = {his}", &["tasks_fixed_update"]),
    ("UPDATE OR REPLACE tasks SET user_id = {bob} WHERE id = {hers}", &["tasks_fixed_update"]),
    ("UPDATE OR IGNORE tasks SET user_id = {bob} WHERE id = {hers}", &["tasks_fixed_update"]),
    (
        "UPDATE tasks SET user_id = other.user_id FROM tasks AS other WHERE other.id = {his} AND tasks.id = {hers}",
        &["tasks_fixed_update"],
    ),
    (
        "WITH his AS (SELECT user_id FROM tasks WHERE id = {his}) UPDATE tasks SET user_id = (SELECT user_id FROM his)",
        &["tasks_fixed_update"],
    ),
    ("INSERT OR REPLACE INTO tasks VALUES ({hers}, {bob}, {task})", &["tasks_taken_0_insert"]),
    ("REPLACE INTO tasks VALUES ({hers}, {bob}, {task})", &["tasks_taken_0_insert"]),
    (
        "INSERT OR REPLACE INTO tasks SELECT {hers}, user_id, {task} FROM tasks WHERE id = {his}",
        &["tasks_taken_0_insert"],
    ),
    (
        "INSERT INTO tasks VALUES ({hers}, {bob}, {task}) ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id",
        &["tasks_taken_0_insert", "tasks_fixed_update"],
    ),
    (
        "INSERT INTO tasks VALUES ({hers}, {bob}, {task}) ON CONFLICT DO UPDATE SET title = 'mine'",
        &["tasks_taken_0_insert"],
    ),
    ("UPDATE OR REPLACE tasks SET id = {hers} WHERE id = {his}", &["tasks_taken_0_update"]),
    ("INSERT OR REPLACE INTO codes VALUES (9, {bob}, 'secret')", &["codes_taken_*_insert"]),
    ("UPDATE OR REPLACE codes SET code = 'secret' WHERE id = 2", &["codes_taken_*_update"]),
    ("INSERT OR REPLACE INTO codes VALUES (1, {bob}, 'new')", &["codes_taken_*_insert"]),
    ("UPDATE OR REPLACE codes SET id = 1 WHERE id = 2", &["codes_taken_*_update"]),
    ("UPDATE OR REPLACE numbers SET rowid = 1 WHERE id = 2", &["numbers_taken_*_update"]),
    ("UPDATE OR REPLACE numbers SET _rowid_ = 1 WHERE id = 2", &["numbers_taken_*_update"]),
    ("INSERT OR REPLACE INTO numbers (rowid, user_id, name) VALUES (1, {bob}, 'mine')", &["numbers_taken_*_insert"]),
    ("INSERT OR REPLACE INTO tags VALUES ('a', {bob}, 'mine')", &["tags_taken_*_insert"]),
    ("UPDATE OR REPLACE tags SET id = 'a' WHERE id = 'b'", &["tags_taken_*_update"]),
    ("INSERT INTO projects VALUES ({new}, 'nobody', 'x', {hers})", &["projects_parent_main_task_insert"]),
    ("INSERT INTO milestones VALUES ({new}, {bob}, {hers}, 'x')", &["milestones_parent_project_id_insert"]),
    ("INSERT INTO drafts VALUES (2, NULL)", &["drafts_owner_insert"]),
    ("UPDATE drafts SET user_id = NULL", &["drafts_owner_update", "drafts_fixed_update"]),
];

#[tokio::test]
async fn raw_sql_gives_no_row_away_and_takes_no_ones_place() {
    guarded(async {
        let siege = Siege::begin().await;
        let before = siege.hers().await;
        for recursive in ["ON", "OFF"] {
            for (sql, walls) in ATTACKS {
                let sql = siege.told(&sql.replace("{task}", TASK));
                let set = format!("PRAGMA recursive_triggers = {recursive}");
                let refused = run_on(&siege.world.raw, &[&set, &sql]).await;
                let refused = refused.expect_err(&sql).to_string();
                assert!(refused.contains("user_scope: "), "{sql}: {refused}");
                assert_eq!(siege.hers().await, before, "{sql}");
                // On one connection: another would not know yet that a trigger is gone.
                let (mut down, mut up) = (Vec::new(), Vec::new());
                for wall in walls {
                    let of = format!("FROM sqlite_schema WHERE type = 'trigger' AND name GLOB 'user_scope_{wall}'");
                    up.extend(Sqlite::texts(&siege.world.raw, &format!("SELECT sql {of}")).await.unwrap());
                    let drop = format!("SELECT 'DROP TRIGGER \"' || name || '\"' {of}");
                    down.extend(Sqlite::texts(&siege.world.raw, &drop).await.unwrap());
                }
                assert!(up.len() >= walls.len(), "{walls:?}");
                let tried = ["PRAGMA foreign_keys = OFF", "BEGIN", &sql, "ROLLBACK", "PRAGMA foreign_keys = ON"];
                let down_and_up: Vec<&str> =
                    down.iter().map(String::as_str).chain(tried).chain(up.iter().map(String::as_str)).collect();
                let done = run_on(&siege.world.raw, &down_and_up).await;
                assert!(done.is_ok(), "without {walls:?} it is done: {sql}: {done:?}");
            }
        }
    })
    .await;
}

/// What a transfer tells the triggers is gone with it.
#[tokio::test]
async fn raw_sql_does_not_profit_from_a_transfer_in_its_transaction() {
    guarded(async {
        let siege = Siege::begin().await;
        let (world, admin) = (&siege.world, user());
        let tasks: Vec<Task> = world.system().await.repository::<Task>().query().all().await.unwrap();
        let system = world.pool.system("a gift").requested_by(&admin).await.unwrap();
        let mut tx = system.begin().await.unwrap();
        let given = tasks.iter().find(|task| task.title == "his").unwrap();
        tx.repository::<Task>().transfer(&given.id, admin.user()).await.unwrap();
        let raw = tx.unscoped_connection().await.unwrap();
        let steal = sqlx::query("UPDATE tasks SET user_id = $1").bind(admin.user());
        let refused = steal.execute(raw).await.unwrap_err().to_string();
        assert!(refused.contains("is fixed"), "{refused}");
        tx.commit().await.unwrap();
        let left = Sqlite::number(&world.raw, "SELECT count(*) FROM user_scope_transfer").await;
        assert_eq!(left, 0);
        assert_eq!(world.pool.repository::<Task>(&admin).get(&given.id).await.unwrap().title, "his");
    })
    .await;
}

/// Without its table no transfer is told of, and the triggers refuse it: the wall is what lets it pass.
#[tokio::test]
async fn a_transfer_that_tells_nobody_is_refused() {
    guarded(async {
        let world = World::<Sqlite>::open().await;
        let (alice, bob) = (user(), user());
        let task = world.task(&alice, "hers").await;
        let system = world.system().await;
        let tell = "CREATE TRIGGER deaf AFTER INSERT ON user_scope_transfer BEGIN DELETE FROM user_scope_transfer; END";
        Sqlite::run(&world.raw, tell).await.unwrap();
        let refused = system.repository::<Task>().transfer(&task.id, bob.user()).await.unwrap_err();
        assert!(
            matches!(&refused, Error::Database { source, .. } if source.to_string().contains("is fixed")),
            "{refused:?}"
        );
        Sqlite::run(&world.raw, "DROP TRIGGER deaf").await.unwrap();
        system.repository::<Task>().transfer(&task.id, bob.user()).await.unwrap();
        assert!(isolation![Task].plan(&world.raw).await.unwrap().is_empty());
    })
    .await;
}
