//! What an application waits for its compiler: one of 30 entities with user-scope's derive beside the same with sqlx's `FromRow` alone,
//! each with a function that gets a row of each. What both rest on is compiled before; the application itself is compiled in turn.

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
    package(root, "plain", "", &plain());
    let ours = format!("user-scope = {{ path = \"{library}\", features = [\"postgres\", \"chrono\"] }}\n");
    package(root, "scoped", &ours, &scoped());
    println!("compiling what both rest on");
    for name in ["plain", "scoped"] {
        build(root, name);
    }
    let mut race = Race::new("compile", "entities30", WHO.to_vec());
    for _ in 0..ROUNDS {
        race.add(["plain", "scoped"].map(|name| build(root, name)).to_vec());
    }
    report.races.push(race);
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

fn plain() -> String {
    let mut source = String::from("use chrono::{DateTime, Utc};\nuse uuid::Uuid;\n");
    for number in 0..ENTITIES {
        let _ = write!(
            source,
            "\n#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]\npub struct Thing{number} {{\n    pub id: Uuid,\n    pub user_id: Uuid,\n{FIELDS}    \
             pub created_at: DateTime<Utc>,\n}}\n\npub async fn thing{number}(pool: &sqlx::PgPool, user: Uuid, id: Uuid) -> sqlx::Result<Thing{number}> {{\n    \
             let thing = sqlx::query_as(\"SELECT id, user_id, title, done, weight, note, created_at FROM thing{number} WHERE id = $1 AND user_id = $2\");\n    \
             thing.bind(id).bind(user).fetch_one(pool).await\n}}\n"
        );
    }
    source
}

fn scoped() -> String {
    let mut source = String::from(
        "use chrono::{DateTime, Utc};\nuse user_scope::{ScopedPool, UserContext, UserScoped};\nuse uuid::Uuid;\n",
    );
    for number in 0..ENTITIES {
        let _ = write!(
            source,
            "\n#[derive(Debug, Clone, PartialEq, UserScoped)]\n#[user_scoped(table = \"thing{number}\")]\npub struct Thing{number} {{\n    #[user_scoped(id)]\n    pub id: Uuid,\n    \
             #[user_scoped(owner)]\n    pub user_id: Uuid,\n{FIELDS}    #[user_scoped(created_at)]\n    pub created_at: DateTime<Utc>,\n}}\n\n\
             pub async fn thing{number}(pool: &ScopedPool<sqlx::Postgres>, caller: &UserContext, id: Uuid) -> user_scope::Result<Thing{number}> {{\n    \
             pool.repository::<Thing{number}>(caller).get(&id).await\n}}\n"
        );
    }
    source
}
