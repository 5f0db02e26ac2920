//! Raw SQL of every kind as the application's login on isolated tables: of PostgreSQL, and in `sqlite` of that. Each statement must see nothing, change
//! nothing, or fail, whoever is asking, and whatever was on the connection before.
//!
//! Alice has rows that hold a secret; the attacker is nobody, or bob. What he gets to read, errors and notices included, is
//! searched for the secret, and her rows are compared with what they were. That this would find a leak is seen where the wall
//! is taken away.

mod keys;
mod prepared;
mod reading;
mod sqlite;
mod states;
mod writing;

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Either, Postgres, Row as _, TypeInfo as _, ValueRef as _};
use user_scope::{UserContext, Uuid};

use super::databases::TestDb as _;
use super::entities::{NewSubtask, Subtask};
use super::shelf::{Album, NewAlbum};
use super::world::{World, user};

/// What stands in every row of alice's, and in none of anybody else's.
const SECRET: &str = "xyzzy";

struct Siege {
    world: World<Postgres>,
    alice: UserContext,
    bob: UserContext,
    hers: Uuid,
    his: Uuid,
    /// Her rows, as somebody sees them whom nothing stops.
    before: Vec<String>,
}

/// Who is asking, as the transaction says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    Bob,
}

/// What the attacker got: rows, or an error, as text.
struct Loot {
    text: String,
    failed: bool,
}

impl Siege {
    async fn begin() -> Self {
        let (world, alice, bob) = (World::<Postgres>::open().await, user(), user());
        let hers = world.task(&alice, &format!("{SECRET} task")).await.id;
        let subtasks = world.pool.repository::<Subtask>(&alice);
        subtasks.insert(NewSubtask { task_id: hers, title: format!("{SECRET} subtask") }).await.unwrap();
        let albums = world.pool.repository::<Album>(&alice);
        let album = NewAlbum { title: format!("{SECRET} album"), year: None, price: None };
        albums.insert(album).await.unwrap();
        let his = world.task(&bob, "his").await.id;
        world.pool.flush_audit().await;
        let mut siege = Self { world, alice, bob, hers, his, before: Vec::new() };
        siege.before = siege.her_rows().await;
        assert_eq!(siege.before.len(), 6, "three rows, and their lines in the log: {:?}", siege.before);
        siege
    }

    async fn connect(&self) -> PgConnection {
        PgConnection::connect_with(&self.world.home.app()).await.unwrap()
    }

    async fn her_rows(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for table in ["tasks", "subtasks", "albums", "user_access_log"] {
            let all = format!("SELECT t::text FROM {table} t WHERE user_id = '{}' ORDER BY 1", self.alice.user());
            rows.extend(Postgres::texts(&self.world.raw, &all).await.unwrap());
        }
        rows
    }

    /// The SQL, with the names of those whom it is about.
    fn told(&self, sql: &str) -> String {
        let Self { alice, bob, hers, his, .. } = self;
        [("{alice}", alice.user()), ("{bob}", bob.user()), ("{hers}", hers), ("{his}", his), ("{new}", &Uuid::now_v7())]
            .iter()
            .fold(sql.to_owned(), |sql, (name, id)| sql.replace(name, &id.to_string()))
    }

    fn beginning(&self, who: Who) -> String {
        match who {
            Who::Nobody => "BEGIN".to_owned(),
            Who::Bob => format!("BEGIN; SET LOCAL user_scope.user_id = '{}'", self.bob.user()),
        }
    }

    /// Runs an attack in a transaction of its own, commits it if it can, and gives what was got.
    async fn attack(&self, connection: &mut PgConnection, who: Who, sql: &str) -> Loot {
        let begin = self.beginning(who);
        run(connection, &begin).await.unwrap();
        let loot = self.shoot(connection, sql).await;
        run(connection, if loot.failed { "ROLLBACK" } else { "COMMIT" }).await.unwrap();
        loot
    }

    /// Runs an attack, and gives what was got.
    async fn shoot(&self, connection: &mut PgConnection, sql: &str) -> Loot {
        let sql = self.told(sql);
        if sql.ends_with("TO STDOUT") {
            return copied(connection, &sql).await;
        }
        let mut text = String::new();
        let mut failed = false;
        let mut rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_many(connection);
        loop {
            match rows.try_next().await {
                Ok(None) => break,
                Ok(Some(Either::Left(done))) => text.push_str(&format!("{} rows\n", done.rows_affected())),
                Ok(Some(Either::Right(row))) => {
                    for column in 0..row.len() {
                        let value = row.try_get_raw(column).unwrap();
                        let name = value.type_info().name().to_owned();
                        text.push_str(value.as_str().unwrap_or(&name));
                        text.push('|');
                    }
                    text.push('\n');
                }
                Err(error) => {
                    let detail = error.as_database_error().map(|error| format!("{error:?}"));
                    text.push_str(&format!("{error} {detail:?}"));
                    failed = true;
                    break;
                }
            }
        }
        Loot { text, failed }
    }

    /// Runs all attacks as nobody and as bob, and tells which of them got at something of alice's.
    async fn leaks(&self, attacks: &[&str]) -> Vec<String> {
        let mut leaks = Vec::new();
        for who in [Who::Nobody, Who::Bob] {
            let mut connection = self.connect().await;
            for sql in attacks {
                let loot = self.attack(&mut connection, who, sql).await;
                if self.is_hers(&loot.text) {
                    leaks.push(format!("{who:?} sees by: {sql}\n{}", loot.text));
                }
                if self.her_rows().await != self.before {
                    leaks.push(format!("{who:?} changes by: {sql}"));
                    return leaks;
                }
            }
        }
        leaks
    }

    fn is_hers(&self, text: &str) -> bool {
        text.contains(SECRET)
    }
}

/// What COPY gives, which sqlx takes by a call of its own.
async fn copied(connection: &mut PgConnection, sql: &str) -> Loot {
    let all = async {
        let parts = connection.copy_out_raw(sql).await?;
        parts.try_fold(String::new(), async |all, part| Ok(all + &String::from_utf8_lossy(&part))).await
    };
    match all.await {
        Ok(text) => Loot { text, failed: false },
        Err(error) => Loot { text: error.to_string(), failed: true },
    }
}

async fn run(connection: &mut PgConnection, sql: &str) -> sqlx::Result<u64> {
    Ok(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await?.rows_affected())
}

/// Runs statements one after the other on one connection of SQLite.
async fn run_on(pool: &sqlx::Pool<sqlx::Sqlite>, statements: &[&str]) -> sqlx::Result<()> {
    let mut connection = pool.acquire().await?;
    for sql in statements {
        sqlx::raw_sql(AssertSqlSafe((*sql).to_owned())).execute(&mut *connection).await?;
    }
    Ok(())
}
