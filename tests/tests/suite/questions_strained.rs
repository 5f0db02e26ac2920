//! A log in SQLite that was written to by hand: what lies in it is read, and walked through, whatever it is.

use std::time::Duration;

use sqlx::Sqlite;
use user_scope::audit::{Thresholds, TrailRow, Window};

use super::databases::TestDb as _;
use super::world::{World, user};

fn month() -> Window {
    Window::last(Duration::from_secs(30 * 86_400))
}

/// Bytes that are no UTF-8, and values that are no text, in every column that should hold one.
async fn planted(world: &World<Sqlite>) {
    for (user, entity_type, entity_id, operation, details) in [
        ("'u'", "'tasks'", "CAST(X'61ff62' AS TEXT)", "'unauthorized_access'", "CAST(X'7bff' AS TEXT)"),
        ("'u'", "'tasks'", "X'ff00'", "'unauthorized_access'", "X'ff'"),
        ("CAST(X'ff' AS TEXT)", "CAST(X'ff' AS TEXT)", "'1'", "CAST(X'ff' AS TEXT)", "NULL"),
        ("X'ff'", "X'ff'", "NULL", "X'ff'", "X'ff'"),
        ("'u'", "'tasks'", "NULL", "'list'", "'no JSON'"),
        ("'u'", "'tasks'", "NULL", "'system_access'", "X'ff'"),
        ("X'ff'", "'tasks'", "X'ff'", "'unauthorized_access'", "NULL"),
    ] {
        let row = format!(
            "PRAGMA ignore_check_constraints = ON; \
             INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, details) \
             VALUES ({user}, {entity_type}, {entity_id}, {operation}, {details}); PRAGMA ignore_check_constraints = OFF"
        );
        Sqlite::run(&world.raw, &row).await.unwrap();
    }
    let no_time = "INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, timestamp) \
                   SELECT 'v', 'tasks', '1', 'unauthorized_access', substr(timestamp, 1, 10) || 'T' FROM user_access_log LIMIT 1";
    Sqlite::run(&world.raw, no_time).await.unwrap();
}

#[tokio::test]
async fn what_is_no_text_is_shown_as_near_to_it_as_can_be_and_ends_no_question() {
    let world = World::<Sqlite>::open().await;
    let system = world.system().await;
    let log = system.audit();
    let mut follower = log.follow();
    follower.next().await.unwrap();
    world.pool.flush_audit().await;
    follower.next().await.unwrap();
    planted(&world).await;

    let shown = |rows: &[TrailRow]| {
        let of_them = rows.iter().filter(|row| row.user_id == "u" && row.operation == "unauthorized_access");
        let mut shown: Vec<_> = of_them.map(|row| (row.entity_id.clone(), row.details.clone())).collect();
        shown.sort();
        shown
    };
    let text = |text: &str| Some(text.to_owned());
    let expected = [(text("X'FF00'"), text("X'FF'")), (text("a\u{fffd}b"), text("{\u{fffd}"))];
    let followed = follower.next().await.unwrap();
    assert_eq!((followed.len(), shown(&followed)), (8, expected.to_vec()));
    assert_eq!(follower.next().await.unwrap(), []);
    assert_eq!(shown(&log.rows().all().await.unwrap()), expected);
    let mut export = log.export(month());
    assert_eq!(shown(&export.next().await.unwrap().unwrap()), expected);
    assert_eq!(shown(&system.audit_trail().all().await.unwrap()), expected);

    let patterns = log.patterns(month()).all().await.unwrap();
    assert!(
        patterns.iter().any(|pattern| pattern.user_id == "X'FF'" && pattern.entity_type == "X'FF'"),
        "{patterns:?}"
    );
    assert!(patterns.iter().any(|pattern| pattern.user_id == "\u{fffd}"), "{patterns:?}");
    assert!(!log.activity(month()).by_user().await.unwrap().is_empty());
    let all = Thresholds::default().denials(1).distinct_rows(1).probing_users(1);
    let found = log.suspicious(month()).thresholds(all).all().await.unwrap();
    assert!(found.iter().any(|found| found.user_id.as_deref() == Some("X'FF'")), "{found:?}");
}

/// An id that somebody has set far ahead leaves a gap that nobody could walk through.
#[tokio::test]
async fn a_wide_gap_between_ids_is_not_walked_through() {
    let (world, alice) = (World::<Sqlite>::open().await, user());
    let row = |id: i64| {
        format!(
            "INSERT INTO user_access_log (id, user_id, entity_type, operation) VALUES ({id}, '{}', 'tasks', 'list')",
            alice.user()
        )
    };
    for id in [100_000_000_000, 100_000_000_001, 4_000_000_000_000_000_000] {
        Sqlite::run(&world.raw, &row(id)).await.unwrap();
    }
    world.task(&alice, "x").await;
    let system = world.system().await;
    let patterns = system.audit().patterns(month()).of_user(alice.user()).all().await.unwrap();
    let counted: Vec<_> = patterns.iter().map(|found| (found.operation.as_str(), found.accesses)).collect();
    assert_eq!(counted, [("list", 3), ("create", 1)]);
}

/// More rows than are added up in one transaction.
#[tokio::test]
async fn a_roll_up_in_several_parts_counts_each_row_once() {
    let (world, alice) = (World::<Sqlite>::open().await, user());
    let rows = format!(
        "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 120001) \
         INSERT INTO user_access_log (id, user_id, entity_type, operation) SELECT n * 3, '{}', 'tasks', 'list' FROM r",
        alice.user()
    );
    Sqlite::run(&world.raw, &rows).await.unwrap();
    let system = world.system().await;
    system.audit().roll_up().await.unwrap();
    let rolled_up = "SELECT sum(accesses) FROM user_access_daily WHERE operation = 'list' AND entity_type = 'tasks'";
    assert_eq!(Sqlite::number(&world.raw, rolled_up).await, 120_001);
    let at = "SELECT position FROM user_access_rolled_up";
    let end = "SELECT seq + 1 FROM sqlite_sequence WHERE name = 'user_access_log'";
    assert_eq!(Sqlite::number(&world.raw, at).await, Sqlite::number(&world.raw, end).await);
}
