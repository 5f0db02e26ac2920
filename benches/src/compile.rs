//! What an application waits for its compiler: one of 30 entities with user-scope's derive beside the same with sqlx's `FromRow` alone,
//! each with a function that gets a row of each; and then with four more, which list, insert, change and delete. What both rest on is
//! compiled before; the application itself is compiled in turn.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use user_scope_tests::directory::Directory;

use crate::figures::{Figure, Race, Report};
use crate::machine;

const ENTITIES: usize = 30;
const ROUNDS: usize = 7;
const WHO: [&str; 2] = ["FromRow alone", "UserScoped"];

pub(crate) fn measure(report: &mut Report) {
    let directory = Directory::create("compile");
    let root = directory.path();
    write(&root.join("Cargo.toml"), "[workspace]\nmembers = [\"plain\", \"scoped\"]\nresolver = \"3\"\n");
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
    std::fs::copy(lock, root.join("Cargo.lock")).expect("the workspace has a lock");
    let library = concat!(env!("CARGO_MANIFEST_DIR"), "/../user-scope");
    let ours = format!("user-scope = {{ path = \"{library}\", features = [\"postgres\", \"chrono\"] }}\n");
    package(root, "plain", "", &plain(false));
    package(root, "scoped", &ours, &scoped(false));
    println!("compiling what both rest on");
    for (figure, writes) in [("entities30", false), ("entities30.writes", true)] {
        package(root, "plain", "", &plain(writes));
        package(root, "scoped", &ours, &scoped(writes));
        let mut race = Race::new("compile", figure, WHO.to_vec());
        for round in 0..=ROUNDS {
            let took = ["plain", "scoped"].map(|name| build(root, name)).to_vec();
            // The first compiles what both rest on.
            if round > 0 {
                race.add(took);
            }
        }
        report.races.push(race);
    }
    let [plain, ours] = ["plain", "scoped"].map(|name| crates(root, name));
    let beyond = (ours - plain) as f64;
    report.extra.push(Figure { name: "crates.beyond_sqlx".to_owned(), beside: plain, ours, ratio: beyond });
    report.machine = machine::describe(&[]);
}

fn write(file: &Path, text: &str) {
    std::fs::write(file, text).expect("the directory is ours");
}

fn package(root: &Path, name: &str, dependency: &str, source: &str) {
    std::fs::create_dir_all(root.join(name).join("src")).expect("the directory is ours");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         chrono = {{ version = \"0.4\", default-features = false }}\n\
         sqlx = {{ version = \"0.9\", default-features = false, features = [\"runtime-tokio\", \"postgres\", \"derive\", \"chrono\", \"uuid\"] }}\n\
         uuid = \"1\"\n{dependency}"
    );
    write(&root.join(name).join("Cargo.toml"), &manifest);
    write(&root.join(name).join("src/lib.rs"), source);
}

/// How long the compiler takes for the package alone, from the start.
fn build(root: &Path, name: &str) -> Duration {
    let cargo = |arguments: &[&str]| {
        let done = Command::new("cargo").args(arguments).current_dir(root).env("CARGO_INCREMENTAL", "0").output();
        let done = done.expect("cargo is there");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    cargo(&["clean", "--quiet", "-p", name]);
    let begun = Instant::now();
    cargo(&["build", "--quiet", "--offline", "-p", name]);
    begun.elapsed()
}

/// How many crates are compiled for the package.
fn crates(root: &Path, name: &str) -> u64 {
    let tree = ["tree", "--offline", "--prefix", "none", "--no-dedupe", "--edges", "normal,build", "-p", name];
    let tree = Command::new("cargo").args(tree).current_dir(root).output().expect("cargo is there");
    let tree = String::from_utf8_lossy(&tree.stdout);
    let crates: HashSet<&str> = tree.lines().filter_map(|line| line.split(" (").next()).collect();
    crates.len() as u64
}

const FIELDS: &str =
    "    pub title: String,\n    pub done: bool,\n    pub weight: i64,\n    pub note: Option<String>,\n";

const WRITTEN_BY_HAND: &str = "
pub async fn thingN_list(pool: &sqlx::PgPool, user: Uuid) -> sqlx::Result<Vec<ThingN>> {
    sqlx::query_as(\"SELECT id, user_id, title, done, weight, note, created_at FROM thingN WHERE user_id = $1 AND NOT done ORDER BY created_at DESC LIMIT 50\").bind(user).fetch_all(pool).await
}

pub async fn thingN_insert(pool: &sqlx::PgPool, user: Uuid, title: String) -> sqlx::Result<ThingN> {
    let thing = sqlx::query_as(\"INSERT INTO thingN (id, user_id, title, done, weight, note, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id, user_id, title, done, weight, note, created_at\");
    thing.bind(Uuid::nil()).bind(user).bind(title).bind(false).bind(7_i64).bind(None::<String>).bind(DateTime::<Utc>::MIN_UTC).fetch_one(pool).await
}

pub async fn thingN_update(pool: &sqlx::PgPool, user: Uuid, id: Uuid, title: String) -> sqlx::Result<ThingN> {
    let thing = sqlx::query_as(\"UPDATE thingN SET title = $3 WHERE id = $1 AND user_id = $2 RETURNING id, user_id, title, done, weight, note, created_at\");
    thing.bind(id).bind(user).bind(title).fetch_one(pool).await
}

pub async fn thingN_delete(pool: &sqlx::PgPool, user: Uuid, id: Uuid) -> sqlx::Result<u64> {
    let gone = sqlx::query(\"DELETE FROM thingN WHERE id = $1 AND user_id = $2\").bind(id).bind(user).execute(pool).await?;
    Ok(gone.rows_affected())
}
";

fn plain(writes: bool) -> String {
    let mut source = String::from("use chrono::{DateTime, Utc};\nuse uuid::Uuid;\n");
    for number in 0..ENTITIES {
        let _ = write!(
            source,
            "\n#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]\npub struct Thing{number} {{\n    pub id: Uuid,\n    pub user_id: Uuid,\n{FIELDS}    \
             pub created_at: DateTime<Utc>,\n}}\n\npub async fn thing{number}(pool: &sqlx::PgPool, user: Uuid, id: Uuid) -> sqlx::Result<Thing{number}> {{\n    \
             let thing = sqlx::query_as(\"SELECT id, user_id, title, done, weight, note, created_at FROM thing{number} WHERE id = $1 AND user_id = $2\");\n    \
             thing.bind(id).bind(user).fetch_one(pool).await\n}}\n"
        );
        if writes {
            source.push_str(
                &WRITTEN_BY_HAND
                    .replace("thingN", &format!("thing{number}"))
                    .replace("ThingN", &format!("Thing{number}")),
            );
        }
    }
    source
}

const WRITTEN: &str = "
pub async fn thingN_list(pool: &ScopedPool<sqlx::Postgres>, caller: &UserContext) -> user_scope::Result<Vec<ThingN>> {
    pool.repository::<ThingN>(caller).query().filter(ThingN::DONE.eq(false)).order_by(ThingN::CREATED_AT.desc()).limit(50).all().await
}

pub async fn thingN_insert(pool: &ScopedPool<sqlx::Postgres>, caller: &UserContext, title: String) -> user_scope::Result<ThingN> {
    pool.repository::<ThingN>(caller).insert(NewThingN { title, done: false, weight: 7, note: None }).await
}

pub async fn thingN_update(pool: &ScopedPool<sqlx::Postgres>, caller: &UserContext, id: Uuid, title: String) -> user_scope::Result<ThingN> {
    pool.repository::<ThingN>(caller).update(&id, ThingNChanges { title: user_scope::Change::Set(title), ..Default::default() }).await
}

pub async fn thingN_delete(pool: &ScopedPool<sqlx::Postgres>, caller: &UserContext, id: Uuid) -> user_scope::Result<()> {
    pool.repository::<ThingN>(caller).delete(&id).await
}
";

fn scoped(writes: bool) -> String {
    let mut source = String::from(
        "use chrono::{DateTime, Utc};\nuse user_scope::{ScopedPool, UserContext, UserScoped};\nuse uuid::Uuid;\n",
    );
    for number in 0..ENTITIES {
        let _ = write!(
            source,
            "\n#[derive(Debug, Clone, PartialEq, UserScoped)]\n#[user_scoped(table = \"thing{number}\", changes(derive(Default)))]\npub struct Thing{number} {{\n    #[user_scoped(id)]\n    pub id: Uuid,\n    \
             #[user_scoped(owner)]\n    pub user_id: Uuid,\n{FIELDS}    #[user_scoped(created_at)]\n    pub created_at: DateTime<Utc>,\n}}\n\n\
             pub async fn thing{number}(pool: &ScopedPool<sqlx::Postgres>, caller: &UserContext, id: Uuid) -> user_scope::Result<Thing{number}> {{\n    \
             pool.repository::<Thing{number}>(caller).get(&id).await\n}}\n"
        );
        if writes {
            source.push_str(
                &WRITTEN.replace("thingN", &format!("thing{number}")).replace("ThingN", &format!("Thing{number}")),
            );
        }
    }
    source
}
