//! Work that a user asks for and a worker does later, as that user: how a caller goes into a queue and comes out of it.
//!
//! `cargo run -p user-scope-examples --bin background_job` works on a SQLite file of its own, which it makes anew each
//! time. The queue is a table beside the others; a broker would do as well, since it carries no more than texts.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use user_scope::{ContextKey, ScopedPool, UserContext, UserScoped, Uuid};

#[derive(Debug, Clone, UserScoped)]
#[user_scoped(table = "notes")]
struct Note {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    text: String,
    expired: bool,
}

const SCHEMA: &str = "
    CREATE TABLE notes (id BLOB PRIMARY KEY, user_id BLOB NOT NULL, text TEXT NOT NULL, expired INTEGER NOT NULL);
    CREATE INDEX notes_user_id ON notes (user_id);
    CREATE TABLE jobs (id BLOB PRIMARY KEY, queue TEXT NOT NULL, payload TEXT NOT NULL, caller TEXT NOT NULL)";

/// The queues, each with one kind of work.
const DIGESTS: &str = "digests";
const PURGES: &str = "purges";

type Fault = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let (pool, queue) = open().await?;
    // In an application: from where it keeps its secrets, and with the key before it while jobs of that one are about.
    let key: ContextKey = match std::env::var("CONTEXT_KEY") {
        Ok(text) => text.parse()?,
        Err(_) => ContextKey::generate()?,
    };
    let [alice, bob, admin] = [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()].map(UserContext::new);
    let (alice, bob, admin) = (alice?, bob?, admin?);
    for (user, text, expired) in [(&alice, "Ship it", false), (&alice, "Old news", true), (&bob, "Bob's own", true)] {
        pool.repository::<Note>(user).insert(NewNote { text: text.into(), expired }).await?;
    }

    let administrators = vec![*admin.user()];
    let worker = Worker { pool: pool.clone(), queue: queue.clone(), key: key.clone(), administrators };

    println!("\nAlice asks for a digest of her notes; the request puts a job into the queue, with her in a seal");
    let digest = enqueue(&queue, &key, &alice, DIGESTS, "Digest").await?;
    let sealed = caller_of(&queue, digest).await?;
    println!("  the queue holds {}… ({} characters)", sealed.get(..24).unwrap_or_default(), sealed.len());
    println!("The worker opens it, and can do what she could");
    worker.work_off().await?;
    for note in pool.repository::<Note>(&alice).query().order_by(Note::ID.asc()).all().await? {
        println!("  Alice has: {}{}", note.text, if note.expired { " (expired)" } else { "" });
    }

    println!("\nWhat comes out of the queue otherwise than it went in is refused, and not done");
    let tampered = enqueue(&queue, &key, &bob, DIGESTS, "with a letter changed").await?;
    set_caller(&queue, tampered, &with_a_letter_changed(&caller_of(&queue, tampered).await?)).await?;
    let moved = enqueue(&queue, &key, &bob, DIGESTS, "Bob's job, with the caller of hers").await?;
    set_caller(&queue, moved, &sealed).await?;
    let other = enqueue(&queue, &key, &admin, PURGES, "moved to another queue").await?;
    sqlx::query("UPDATE jobs SET queue = ? WHERE id = ?").bind(DIGESTS).bind(other).execute(&queue).await?;
    let late = Uuid::now_v7();
    let too_short = key.seal(&bob, &purpose(DIGESTS, late), Duration::ZERO)?.to_string();
    insert(&queue, late, DIGESTS, "too late", &too_short).await?;
    worker.work_off().await?;

    println!(
        "\nAn administrator asks for a purge: he is sealed like anybody, and the worker asks for system mode itself"
    );
    enqueue(&queue, &key, &admin, PURGES, "purge of expired notes, case 4711").await?;
    enqueue(&queue, &key, &bob, PURGES, "purge that Bob would like").await?;
    worker.work_off().await?;

    println!("\nThe trail: whoever asked answers for it, and the receipt was written when the work was done");
    pool.flush_audit().await;
    let system = pool.system("the example prints the whole trail").requested_by(&admin).await?;
    let names = [("alice", alice.user()), ("bob", bob.user()), ("admin", admin.user())];
    for row in system.audit_trail().limit(100).all().await?.iter().rev() {
        let name = names.iter().find(|(_, id)| id.to_string() == row.user_id).map_or("?", |(name, _)| name);
        let details = row.details.as_deref().unwrap_or_default();
        println!("  {name:5} {:13} {:14} {details}", row.operation, row.entity_type);
    }
    pool.close().await;
    Ok(())
}

/// What a seal is for: one queue, and in it one job. So it cannot be moved to another job, even in the same queue.
fn purpose(queue: &str, job: Uuid) -> String {
    format!("{queue}/{job}")
}

/// In the request, with the caller who was authenticated there.
async fn enqueue(
    queue: &SqlitePool,
    key: &ContextKey,
    caller: &UserContext,
    name: &str,
    payload: &str,
) -> Result<Uuid, Fault> {
    let job = Uuid::now_v7();
    let sealed = key.seal(caller, &purpose(name, job), Duration::from_secs(24 * 3_600))?;
    insert(queue, job, name, payload, &sealed.to_string()).await?;
    Ok(job)
}

struct Worker {
    pool: ScopedPool<sqlx::Sqlite>,
    queue: SqlitePool,
    key: ContextKey,
    administrators: Vec<Uuid>,
}

impl Worker {
    /// Takes every job, and does it in the name of whoever asked.
    async fn work_off(&self) -> Result<(), Fault> {
        let jobs: Vec<(Uuid, String, String, String)> =
            sqlx::query_as("SELECT id, queue, payload, caller FROM jobs ORDER BY id").fetch_all(&self.queue).await?;
        for (job, name, payload, caller) in jobs {
            match self.work(job, &name, &payload, &caller).await {
                Ok(done) => println!("  {name}, {payload}: {done}"),
                Err(error) => println!("  {name}, {payload}: {error}"),
            }
            sqlx::query("DELETE FROM jobs WHERE id = ?").bind(job).execute(&self.queue).await?;
        }
        Ok(())
    }

    async fn work(&self, job: Uuid, name: &str, payload: &str, caller: &str) -> Result<&'static str, Fault> {
        let caller = self.key.open(&caller.parse()?, &purpose(name, job))?;
        match name {
            DIGESTS => self.write_digest(&caller, payload).await,
            PURGES => self.purge(&caller, payload).await,
            _ => Err("nobody works on this queue".into()),
        }
    }

    async fn write_digest(&self, caller: &UserContext, title: &str) -> Result<&'static str, Fault> {
        let notes = self.pool.repository::<Note>(caller);
        let texts: Vec<String> = notes.query().all().await?.into_iter().map(|note| note.text).collect();
        notes.insert(NewNote { text: format!("{title}: {}", texts.join(", ")), expired: false }).await?;
        Ok("done, as the user who asked")
    }

    /// A system context is never in a queue. That this person may have one is checked when it is made, which is now: what
    /// he was allowed to do when he asked is of no account.
    async fn purge(&self, caller: &UserContext, reason: &str) -> Result<&'static str, Fault> {
        if !self.administrators.contains(caller.user()) {
            return Err("only an administrator may have that done".into());
        }
        let system = self.pool.system(reason).requested_by(caller).await?;
        let notes = system.repository::<Note>();
        for note in notes.query().filter(Note::EXPIRED.eq(true)).all().await? {
            notes.delete(&note.id).await?;
        }
        Ok("done, in system mode")
    }
}

async fn insert(queue: &SqlitePool, job: Uuid, name: &str, payload: &str, caller: &str) -> sqlx::Result<()> {
    let statement = sqlx::query("INSERT INTO jobs (id, queue, payload, caller) VALUES (?, ?, ?, ?)");
    statement.bind(job).bind(name).bind(payload).bind(caller).execute(queue).await.map(drop)
}

async fn caller_of(queue: &SqlitePool, job: Uuid) -> sqlx::Result<String> {
    sqlx::query_scalar("SELECT caller FROM jobs WHERE id = ?").bind(job).fetch_one(queue).await
}

async fn set_caller(queue: &SqlitePool, job: Uuid, caller: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE jobs SET caller = ? WHERE id = ?").bind(caller).bind(job).execute(queue).await.map(drop)
}

fn with_a_letter_changed(text: &str) -> String {
    let change = |(position, letter)| match (position, letter) {
        (60, 'A') => 'B',
        (60, _) => 'A',
        _ => letter,
    };
    text.chars().enumerate().map(change).collect()
}

/// A fresh database file, and two ways to it: through the library, and the plain pool of the queue.
async fn open() -> Result<(ScopedPool<sqlx::Sqlite>, SqlitePool), Fault> {
    let file = std::env::temp_dir().join("user-scope-background-job.sqlite");
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let queue = SqlitePool::connect_with(options.clone()).await?;
    sqlx::raw_sql(SCHEMA).execute(&queue).await?;
    let pool = ScopedPool::builder(options).build().await?;
    pool.migrate().await?;
    println!("Working on {}", file.display());
    Ok((pool, queue))
}
