//! Whatever was on a connection before, nobody is asking there who has not said so.

use std::pin::pin;

use sqlx::postgres::{PgConnection, PgPoolOptions};
use user_scope::{Enforcement, ScopedPool};
use user_scope_tests::postgres::server;

use super::{Siege, Who, run};
use crate::cancellation::cancelled_after;
use crate::databases::isolated;
use crate::entities::Task;
use crate::world::new_task;

/// What nobody may see or change.
const PROBES: [&str; 4] = [
    "SELECT title FROM tasks",
    "SELECT coalesce(current_setting('user_scope.user_id', true), '') || current_user",
    "UPDATE tasks SET title = 'mine'",
    "DELETE FROM subtasks",
];

async fn is_nobody(siege: &Siege, connection: &mut PgConnection, after: &str) {
    for probe in PROBES {
        let loot = siege.shoot(connection, probe).await;
        let is_clean = loot.text.starts_with("0 rows") || loot.text == format!("{}|\n1 rows\n", server().app_role());
        assert!(is_clean, "after {after}: {probe}: {}", loot.text);
    }
    assert_eq!(siege.her_rows().await, siege.before, "after {after}");
}

#[tokio::test]
async fn after_a_commit_a_rollback_or_an_error_nobody_is_asking() {
    isolated(async {
        let siege = Siege::begin().await;
        let mut connection = siege.connect().await;
        let alice = format!("BEGIN; SET LOCAL user_scope.user_id = '{}'", siege.alice.user());
        let system = format!("BEGIN; SET LOCAL ROLE {}", server().system_role());
        for begin in [alice, system] {
            for (what, end) in [
                ("a commit", "SELECT 1; COMMIT"),
                ("a rollback", "SELECT 1; ROLLBACK"),
                ("an error", "SELECT 1/0; ROLLBACK"),
                ("a savepoint", "SAVEPOINT s; SELECT 1; ROLLBACK TO s; COMMIT"),
            ] {
                run(&mut connection, &begin).await.unwrap();
                for statement in end.split("; ") {
                    let refused = run(&mut connection, statement).await.is_err();
                    assert_eq!(refused, statement == "SELECT 1/0");
                }
                is_nobody(&siege, &mut connection, what).await;
            }
        }
    })
    .await;
}

/// The library's connections as well, whatever was done on them, and wherever it was cancelled.
#[tokio::test]
async fn after_an_operation_that_was_cancelled_nobody_is_asking() {
    isolated(async {
        let siege = Siege::begin().await;
        let pool = PgPoolOptions::new().max_connections(1).connect_with(siege.world.home.app()).await.unwrap();
        let scoped = ScopedPool::builder(pool.clone()).enforcement(Enforcement::Database);
        let scoped = scoped.system_role(server().system_role()).build().await.unwrap();
        for polls in 0..200_u32 {
            let work = async {
                let tasks = scoped.repository::<Task>(&siege.alice);
                match polls % 4 {
                    0 => drop(tasks.get(&siege.hers).await),
                    1 => drop(tasks.query().all().await),
                    2 => {
                        let tx = scoped.begin(&siege.alice).await.unwrap();
                        drop(tx.repository::<Task>().insert(new_task("never")).await);
                        tx.rollback().await.unwrap();
                    }
                    _ => {
                        let tx = scoped.begin(&siege.alice).await.unwrap();
                        drop(tx.repository::<Task>().query().count().await);
                        drop(tx);
                    }
                }
            };
            cancelled_after(polls / 4 % 12 + 1, pin!(work)).await;
            let mut connection = pool.acquire().await.unwrap();
            let loot = siege.attack(&mut connection, Who::Bob, "SELECT title FROM tasks").await;
            assert_eq!(loot.text, "his|\n1 rows\n", "after {polls}");
            let loot = siege.shoot(&mut connection, PROBES[1]).await;
            assert_eq!(loot.text, format!("{}|\n1 rows\n", server().app_role()), "after {polls}");
            let loot = siege.shoot(&mut connection, PROBES[0]).await;
            assert_eq!(loot.text, "0 rows\n", "after {polls}");
        }
    })
    .await;
}
