//! One prepared statement, and one plan, for many users: who is asking is read each time.

use sqlx::{Connection as _, Postgres};

use super::{Siege, run};
use crate::databases::{TestDb as _, isolated};
use crate::entities::Task;
use crate::world::new_task;

/// No owner is in this statement; the policy alone keeps them apart.
const STATEMENT: &str = "SELECT title FROM tasks WHERE status = $1";

#[tokio::test]
async fn one_generic_plan_serves_users_in_turn_and_mixes_none() {
    isolated(async {
        let siege = Siege::begin().await;
        let mut connection = siege.connect().await;
        run(&mut connection, "SET plan_cache_mode = force_generic_plan").await.unwrap();
        for turn in 0..3_000 {
            let (who, expected) = match turn % 3 {
                0 => (Some(siege.alice.user()), &["xyzzy task"][..]),
                1 => (Some(siege.bob.user()), &["his"][..]),
                _ => (None, &[][..]),
            };
            let begin = who.map_or("BEGIN".to_owned(), |who| format!("BEGIN; SET LOCAL user_scope.user_id = '{who}'"));
            run(&mut connection, &begin).await.unwrap();
            let seen: Vec<String> =
                sqlx::query_scalar(STATEMENT).bind("todo").fetch_all(&mut connection).await.unwrap();
            assert_eq!(seen, expected, "turn {turn}");
            run(&mut connection, "ROLLBACK").await.unwrap();
        }
        assert_eq!(connection.cached_statements_size(), 1, "it was one statement");
        let generic = "SELECT generic_plans FROM pg_prepared_statements WHERE statement = 'SELECT title FROM tasks WHERE status = $1'";
        let generic: i64 = sqlx::query_scalar(generic).fetch_one(&mut connection).await.unwrap();
        assert_eq!(generic, 3_000, "by one plan");
    })
    .await;
}

/// As above, by the library, where the server chooses when a plan becomes generic.
#[tokio::test]
async fn the_librarys_statements_serve_users_in_turn_and_mix_none() {
    isolated(async {
        let siege = Siege::begin().await;
        for user in [&siege.alice, &siege.bob] {
            siege.world.pool.repository::<Task>(user).insert(new_task("second")).await.unwrap();
        }
        for turn in 0..500 {
            let user = if turn % 2 == 0 { &siege.alice } else { &siege.bob };
            let seen = siege.world.pool.repository::<Task>(user).query().all().await.unwrap();
            assert_eq!(seen.len(), 2);
            assert!(seen.iter().all(|task| task.user_id == *user.user()), "turn {turn}: {seen:?}");
        }
        Postgres::run(&siege.world.raw, "ALTER TABLE tasks DISABLE ROW LEVEL SECURITY").await.unwrap();
        let seen = siege.world.pool.repository::<Task>(&siege.alice).query().all().await.unwrap();
        assert_eq!(seen.len(), 2, "the first wall stands without the second");
        Postgres::run(&siege.world.raw, "ALTER TABLE tasks ENABLE ROW LEVEL SECURITY").await.unwrap();
    })
    .await;
}
