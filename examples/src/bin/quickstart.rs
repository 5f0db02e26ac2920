//! Two users, their tasks, an attempt to reach across, an administrator, and the trail that all of it leaves.
//!
//! `cargo run --bin quickstart` works on a SQLite file of its own, which it makes anew each time.

use chrono::{DateTime, NaiveDate, Utc};
use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use user_scope::audit::TrailRow;
use user_scope::{Change, Error, ScopedPool, UserContext, UserScoped, Uuid};

#[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
#[sqlx(rename_all = "lowercase")]
enum Status {
    Todo,
    Done,
}

#[derive(Debug, Clone, UserScoped)]
#[user_scoped(table = "tasks", new(derive(Debug)), changes(derive(Debug, Default)))]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
    status: Status,
    due_on: Option<NaiveDate>,
    #[user_scoped(created_at)]
    created_at: DateTime<Utc>,
    #[user_scoped(updated_at)]
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, UserScoped)]
#[user_scoped(table = "subtasks")]
struct Subtask {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(parent = Task)] // proven to belong to the same user, in the statement that writes it
    task_id: Uuid,
    title: String,
}

/// The application's own tables: an ordinary migration of its own.
const SCHEMA: &str = "
    CREATE TABLE tasks (
        id BLOB PRIMARY KEY, user_id BLOB NOT NULL, title TEXT NOT NULL, status TEXT NOT NULL, due_on TEXT,
        created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
    CREATE INDEX tasks_user_id ON tasks (user_id, created_at);
    CREATE TABLE subtasks (
        id BLOB PRIMARY KEY, user_id BLOB NOT NULL, task_id BLOB NOT NULL REFERENCES tasks, title TEXT NOT NULL);
    CREATE INDEX subtasks_user_id ON subtasks (user_id, task_id)";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pool = open().await?;

    heading("Two users, each with a context that comes from his login");
    let alice = UserContext::new(Uuid::now_v7())?;
    let bob = UserContext::new(Uuid::now_v7())?;
    println!("alice is {}\nbob   is {}", alice.user(), bob.user());

    heading("Alice works on her tasks");
    let tasks = pool.repository::<Task>(&alice);
    let ship = tasks.insert(NewTask { title: "Ship it".into(), status: Status::Todo, due_on: None }).await?;
    let due_on = NaiveDate::from_ymd_opt(2030, 1, 31);
    tasks.insert(NewTask { title: "Water the plants".into(), status: Status::Todo, due_on }).await?;

    let subtasks = pool.repository::<Subtask>(&alice);
    subtasks.insert(NewSubtask { task_id: ship.id, title: "Write the README".into() }).await?;

    let done = TaskChanges { status: Change::Set(Status::Done), ..Default::default() };
    tasks.update(&ship.id, done).await?;

    let all = tasks.query().order_by(Task::CREATED_AT.asc()).limit(50).all().await?;
    let steps = subtasks.query().filter(Subtask::TASK_ID.is_in(all.iter().map(|task| task.id))).all().await?;
    for task in &all {
        let mark = if task.status == Status::Done { "x" } else { " " };
        let due = task.due_on.map(|day| format!(", due on {day}")).unwrap_or_default();
        let changed = if task.updated_at > task.created_at { ", changed since" } else { "" };
        println!("  [{mark}] {}{due}{changed}", task.title);
        for step in steps.iter().filter(|step| step.task_id == task.id) {
            println!("        - {}", step.title);
        }
    }

    heading("Bob knows the id of her task, and tries");
    let his = pool.repository::<Task>(&bob);
    show("get", his.get(&ship.id).await);
    show("update", his.update(&ship.id, TaskChanges { title: Change::Set("Mine".into()), ..Default::default() }).await);
    show("delete", his.delete(&ship.id).await);
    let under_hers = NewSubtask { task_id: ship.id, title: "a step of mine under a task of hers".into() };
    show("insert below it", pool.repository::<Subtask>(&bob).insert(under_hers).await);
    println!("  he sees {} of {} tasks", his.query().count().await?, all.len());

    heading("An administrator may, if he says why");
    let admin = UserContext::new(Uuid::now_v7())?;
    let system = pool.system("support case 4711: who sees what").requested_by(&admin).await?;
    println!("  receipt {} is committed", system.receipt_id());
    println!("  he sees {} tasks of all users", system.repository::<Task>().query().count().await?);

    heading("The trail, as the administrator sees it");
    pool.flush_audit().await;
    let trail = system.audit_trail().limit(100).all().await?;
    print_trail(&trail, &[("alice", alice.user()), ("bob", bob.user()), ("admin", admin.user())]);
    let own = pool.audit_trail(&bob).all().await?;
    println!("Bob's own view of it is shorter ({}): what he was denied is not there.", own.len());

    pool.close().await;
    Ok(())
}

/// A fresh database file, with the tables of the application and those of the library.
async fn open() -> Result<ScopedPool<sqlx::Sqlite>, Box<dyn std::error::Error>> {
    let file = std::env::temp_dir().join("user-scope-quickstart.sqlite");
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let setup = SqlitePool::connect_with(options.clone()).await?;
    sqlx::raw_sql(SCHEMA).execute(&setup).await?;
    setup.close().await;

    let pool = ScopedPool::builder(options).build().await?;
    pool.migrate().await?;
    println!("Working on {}", file.display());
    Ok(pool)
}

fn heading(text: &str) {
    println!("\n{text}");
}

fn show<T>(attempt: &str, outcome: Result<T, Error>) {
    match outcome {
        Ok(_) => println!("  {attempt}: it worked, which must not be"),
        Err(error) => println!("  {attempt}: {error}"),
    }
}

fn print_trail(trail: &[TrailRow], names: &[(&str, &Uuid)]) {
    let name =
        |id: &str| names.iter().find(|(_, user)| user.to_string() == id).map_or("?", |(name, _)| name).to_owned();
    let end_of = |id: &str| id.get(id.len().saturating_sub(8)..).map(|end| format!("…{end}"));
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["time (UTC)", "user", "operation", "entity", "row", "details"]);
    for row in trail.iter().rev() {
        table.add_row([
            row.timestamp.get(11..23).unwrap_or_default().to_owned(),
            name(&row.user_id),
            row.operation.clone(),
            row.entity_type.clone(),
            row.entity_id.as_deref().and_then(end_of).unwrap_or_default(),
            row.details.clone().unwrap_or_default(),
        ]);
    }
    println!("{table}");
}
