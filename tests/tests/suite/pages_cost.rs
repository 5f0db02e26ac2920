//! What a page costs: one round trip, and a scan of an index that begins where the page does.

use sqlx::{Pool, Postgres, Sqlite};
use user_scope::UserContext;
use user_scope::audit::AuditSettings;
use user_scope_tests::proxy::Proxy;

use super::captured::{captured, statements};
use super::databases::TestDb;
use super::entities::Task;
use super::pages::tasks;
use super::world::{World, user};

#[tokio::test]
async fn a_warm_page_is_one_round_trip_on_postgresql() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    tasks(&world, &alice, 6).await;
    let (proxy, options) = Proxy::start(&world.home.app()).await;
    let settings = AuditSettings::off();
    let pool = user_scope::ScopedPool::builder(options).max_connections(1).audit(settings).build().await.unwrap();
    let query = || pool.repository::<Task>(&alice).query().order_by(Task::DUE_ON.desc()).order_by(Task::TITLE.asc());
    for warm in [false, true] {
        let (page, first) = proxy.during(query().page(2, None)).await;
        let (_, second) = proxy.during(query().page(2, page.unwrap().next)).await;
        if warm {
            assert_eq!((first.round_trips, second.round_trips), (1, 1));
        }
    }
}

/// The second page's statement.
async fn second_page<DB: TestDb>(world: &World<DB>, user: &UserContext) -> String {
    let query = || world.pool.repository::<Task>(user).query().order_by(Task::CREATED_AT.desc());
    let next = query().page(2, None).await.unwrap().next;
    let (_, records) = captured(query().page(2, next)).await;
    statements(&records).into_iter().find(|text| text.contains("<=")).expect("a second page")
}

#[tokio::test]
async fn an_index_on_owner_and_order_is_used_on_postgresql() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    tasks(&world, &alice, 5).await;
    let text = second_page(&world, &alice).await;
    let mut connection = world.raw.acquire().await.unwrap();
    let prepare = format!(
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off; \
         PREPARE second_page AS {text}"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(prepare)).execute(&mut *connection).await.unwrap();
    let explain = "EXPLAIN EXECUTE second_page (NULL, NULL, NULL, NULL)";
    let plan: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut *connection).await.unwrap();
    let condition = plan.iter().find(|line| line.contains("Index Cond")).expect("an index");
    assert!(condition.contains("user_id") && condition.contains("created_at <= "), "{plan:#?}");
    assert!(plan.iter().any(|line| line.contains("Index Scan Backward using tasks_user_id")), "{plan:#?}");
}

#[tokio::test]
async fn an_index_that_ends_with_the_id_leaves_nothing_to_sort_on_postgresql() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    // First: where a row has changed before, an index is not used as long as anybody on the server looks back.
    Postgres::run(&world.raw, "CREATE INDEX tasks_in_order ON tasks (user_id, created_at, id)").await.unwrap();
    tasks(&world, &alice, 5).await;
    let text = second_page(&world, &alice).await;
    let mut connection = world.raw.acquire().await.unwrap();
    let prepare = format!(
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off; \
         SET enable_sort = off; SET enable_incremental_sort = off; PREPARE second_page AS {text}"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(prepare)).execute(&mut *connection).await.unwrap();
    let explain = "EXPLAIN EXECUTE second_page (NULL, NULL, NULL, NULL)";
    let plan: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut *connection).await.unwrap();
    assert!(plan.iter().any(|line| line.contains("Index Scan Backward using tasks_in_order")), "{plan:#?}");
    assert!(!plan.iter().any(|line| line.contains("Sort")), "{plan:#?}");
}

#[tokio::test]
async fn an_index_on_owner_and_order_is_used_on_sqlite() {
    let (world, alice) = (World::<Sqlite>::open().await, user());
    tasks(&world, &alice, 5).await;
    let text = format!("EXPLAIN QUERY PLAN {}", second_page(&world, &alice).await);
    let pool: &Pool<Sqlite> = &world.raw;
    let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_all(pool).await.unwrap();
    let uses = |line: &str| line.contains("USING INDEX tasks_user_id (user_id=? AND created_at<?)");
    assert!(plan.iter().any(|(.., line)| uses(line)), "{plan:#?}");
}
