//! Whether it stays as fast as the data grow: 10,000 rows of 100 users beside 10,000,000 rows of 100,000, on PostgreSQL, in
//! turn. Each user has a hundred tasks in both, and as many users are at work on their newest, so that all that grows is
//! what is not theirs; and what they work on is in the server's cache in both.

use std::time::Instant;

use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Postgres};
use user_scope::audit::AuditSettings;
use user_scope::{Enforcement, Uuid};
use user_scope_tests::postgres::Database;

use crate::contestants::{Contestant as _, Reaches, Scoped};
use crate::databases::Arena;
use crate::figures::{Race, Report};
use crate::{machine, world};

const FEW: u64 = 100;
const MANY: u64 = 100_000;
const TASKS: u64 = 100;
const ROUNDS: usize = 41;
const GETS: usize = 200;
const LISTS: usize = 40;

pub(crate) fn measure(report: &mut Report) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let few = Place::of(FEW).await;
        println!("{} rows are there; making {}", FEW * TASKS, MANY * TASKS);
        let begun = Instant::now();
        let many = Place::of(MANY).await;
        println!("made in {:.0} s", begun.elapsed().as_secs_f64());
        report.databases.push(<Postgres as Arena>::version(&<Postgres as Arena>::address(&few.home)).await);
        let names = vec!["10,000 rows of 100 users", "10,000,000 rows of 100,000 users"];
        let mut gets = Race::new("scale", "get", names.clone());
        let mut lists = Race::new("scale", "list50", names);
        for round in 0..=ROUNDS {
            let (mut get, mut list) = (Vec::new(), Vec::new());
            for place in [&few, &many] {
                get.push(place.get(round).await);
                list.push(place.list(round).await);
            }
            // The first is to warm up.
            if round > 0 {
                gets.add(get);
                lists.add(list);
            }
        }
        report.races.extend([gets, lists]);
        few.scoped.0.close().await;
        many.scoped.0.close().await;
    });
    report.machine = machine::describe(&[]);
}

struct Place {
    home: Database,
    scoped: Scoped<Postgres>,
    /// The newest tasks of those who are at work, with their owners. The others lie between them.
    tasks: Vec<(Uuid, Uuid)>,
}

impl Place {
    async fn of(users: u64) -> Self {
        let home = Database::create("bench").await;
        let owner = PgPoolOptions::new().connect_with(home.owner()).await.expect("the owner connects");
        fill(&owner, users).await;
        let tasks = sqlx::query_as(
            "SELECT id, user_id FROM (SELECT id, user_id, row_number() OVER (PARTITION BY user_id ORDER BY created_at DESC) AS age \
             FROM tasks WHERE user_id IN (SELECT md5('user' || n)::uuid FROM generate_series(0, 99) AS n)) AS t \
             WHERE age <= 10 ORDER BY md5(id::text)",
        );
        let tasks = tasks.fetch_all(&owner).await.expect("the owner sees all");
        owner.close().await;
        home.grant().await;
        // What was filled in is on the disk before anything is measured, and not written meanwhile.
        let superuser = PgPoolOptions::new().connect_with(home.superuser()).await.expect("the server is ours");
        sqlx::raw_sql("CHECKPOINT").execute(&superuser).await.expect("a superuser may");
        superuser.close().await;
        let address = <Postgres as Arena>::address(&home);
        let reaches = Reaches { audit: AuditSettings::default(), enforcement: Enforcement::Predicate };
        let scoped = Scoped::connect(&address, reaches).await;
        Self { home, scoped, tasks }
    }

    fn task(&self, step: usize) -> (Uuid, Uuid) {
        self.tasks[step % self.tasks.len()]
    }

    async fn get(&self, round: usize) -> std::time::Duration {
        let begun = Instant::now();
        for step in 0..GETS {
            let (task, user) = self.task(round * GETS + step);
            self.scoped.get(user, task).await;
        }
        begun.elapsed() / GETS as u32
    }

    async fn list(&self, round: usize) -> std::time::Duration {
        let begun = Instant::now();
        for step in 0..LISTS {
            let (_, user) = self.task(round * LISTS + step);
            assert_eq!(self.scoped.newest(user, 50).await.len(), 50);
        }
        begun.elapsed() / LISTS as u32
    }
}

/// The rows first, and what finds them afterwards: so it takes a minute, and not an hour.
async fn fill(owner: &PgPool, users: u64) {
    let run = async |sql: String| {
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(owner).await;
        done.expect("the owner may do this");
    };
    run(world::table(["UUID", "DATE", "TIMESTAMPTZ"])).await;
    // As an application makes them: now for one user, now for another, the newest last.
    run(format!(
        "INSERT INTO tasks SELECT md5('task' || n)::uuid, md5('user' || n % {users})::uuid, 'Task ' || n || ', with a title of ordinary length', \
         CASE WHEN n % 3 = 0 THEN 'done' ELSE 'todo' END, NULL, \
         '2025-01-01Z'::timestamptz + n * interval '1 second', '2025-01-01Z'::timestamptz + n * interval '1 second' \
         FROM generate_series(1, {}) AS n",
        users * TASKS
    ))
    .await;
    run(world::indexes()).await;
    run("VACUUM ANALYZE tasks".to_owned()).await;
    user_scope::ScopedPool::<Postgres>::new(owner.clone()).migrate().await.expect("the log's table is new");
}
