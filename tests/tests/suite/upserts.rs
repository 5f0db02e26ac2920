//! Rows that are inserted or changed: by a key that holds the owner, and by the id alone.

use user_scope::{Error, Uuid};

use super::databases::TestDb;
use super::entities::{NewSubtask, NewTask, Status, Subtask, Task};
use super::shelf::{Album, NewAlbum, NewSetting, Setting};
use super::world::{World, new_task, user};

on_each_database_and_through_pgbouncer!(
    a_row_is_inserted_and_then_changed_by_its_key,
    the_same_key_of_two_users_is_two_rows,
    a_row_is_inserted_and_then_changed_by_its_id,
    an_id_that_is_anothers_is_refused_and_changes_nothing,
    a_row_under_a_foreign_parent_is_not_upserted,
    an_upsert_records_the_new_values,
    an_upsert_in_system_mode_is_for_one_user,
    of_many_upserts_at_once_one_inserts,
);

fn album(title: &str, year: i32) -> NewAlbum {
    NewAlbum { title: title.into(), year: Some(year), price: Some(7) }
}

fn setting(id: &str, value: &str) -> NewSetting {
    NewSetting { id: id.into(), value: value.into() }
}

async fn a_row_is_inserted_and_then_changed_by_its_key<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let albums = world.pool.repository::<Album>(&alice);
    let first = albums.upsert_by(Album::BY_TITLE, album("Blue", 1970)).await.unwrap();
    let second = albums.upsert_by(Album::BY_TITLE, album("Blue", 1971)).await.unwrap();
    assert_eq!((second.id, second.year, second.version), (first.id, Some(1971), 2));
    assert_eq!(albums.query().all().await.unwrap(), [second]);
    let lines: Vec<_> = world.log().await.into_iter().filter(|line| line.entity_type == "albums").collect();
    assert_eq!(lines.iter().filter(|line| line.operation == "upsert").count(), 2, "{lines:?}");
}

async fn the_same_key_of_two_users_is_two_rows<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    for (owner, value) in [(&alice, "dark"), (&bob, "light"), (&alice, "darker")] {
        let settings = world.pool.repository::<Setting>(owner);
        assert_eq!(settings.upsert_by(Setting::BY_ID, setting("theme", value)).await.unwrap().value, value);
    }
    for (owner, value) in [(&alice, "darker"), (&bob, "light")] {
        let settings = world.pool.repository::<Setting>(owner);
        assert_eq!(settings.get(&"theme".to_owned()).await.unwrap().value, value);
    }
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM settings").await, 2);
}

async fn a_row_is_inserted_and_then_changed_by_its_id<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let (tasks, id) = (world.pool.repository::<Task>(&alice), Uuid::now_v7());
    let first = tasks.upsert(&id, new_task("first")).await.unwrap();
    let second = NewTask { title: "second".into(), status: Status::Done, due_on: None };
    let second = tasks.upsert(&id, second).await.unwrap();
    assert_eq!((first.id, second.id, second.title.as_str()), (id, id, "second"));
    assert_eq!(second.created_at, first.created_at, "it was made once");
    assert!(second.updated_at > first.updated_at);
    assert_eq!(tasks.query().all().await.unwrap(), [second]);
}

async fn an_id_that_is_anothers_is_refused_and_changes_nothing<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let task = world.task(&alice, "hers").await;
    let refused = world.pool.repository::<Task>(&bob).upsert(&task.id, new_task("his")).await;
    assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    assert_eq!(world.pool.repository::<Task>(&alice).query().all().await.unwrap(), [task]);
    let log = world.log().await;
    let denied: Vec<_> = log.iter().filter(|line| line.operation == "unauthorized_access").collect();
    assert_eq!(denied.len(), 1);
    assert!(denied[0].user_id == bob.user().to_string() && denied[0].details.contains("upsert"), "{denied:?}");
    assert!(!log.iter().any(|line| line.operation == "upsert"));
}

async fn a_row_under_a_foreign_parent_is_not_upserted<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (world.task(&alice, "hers").await, world.task(&bob, "his").await);
    let subtasks = world.pool.repository::<Subtask>(&alice);
    let new = |task_id| NewSubtask { task_id, title: "x".into() };
    let id = Uuid::now_v7();
    let refused = subtasks.upsert(&id, new(his.id)).await;
    assert!(matches!(refused, Err(Error::ParentNotFound { .. })), "{refused:?}");
    let there = subtasks.upsert(&id, new(hers.id)).await.unwrap();
    for stranger in [his.id, Uuid::now_v7()] {
        let refused = subtasks.upsert(&id, new(stranger)).await;
        assert!(matches!(refused, Err(Error::ParentNotFound { .. })), "{refused:?}");
    }
    let refused = world.pool.repository::<Subtask>(&bob).upsert(&id, new(his.id)).await;
    assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    assert_eq!(subtasks.query().all().await.unwrap(), [there]);
}

async fn an_upsert_records_the_new_values<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    world.pool.repository::<Album>(&alice).upsert_by(Album::BY_TITLE, album("Blue", 1971)).await.unwrap();
    let log = world.log().await;
    let details = &log.first().unwrap().details;
    for part in ["\"new\":{", "\"title\":\"Blue\"", "\"price\":\"[redacted]\"", "\"year\":1971"] {
        assert!(details.contains(part), "{part} in {details}");
    }
    assert!(!details.contains("\"old\""), "{details}");
}

async fn an_upsert_in_system_mode_is_for_one_user<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let system = world.system().await;
    let hers = system.owned_by(alice.user());
    hers.repository::<Setting>().upsert_by(Setting::BY_ID, setting("theme", "dark")).await.unwrap();
    assert_eq!(world.pool.repository::<Setting>(&alice).get(&"theme".to_owned()).await.unwrap().value, "dark");
    let log = world.log().await;
    let line = log.iter().find(|line| line.operation == "upsert").unwrap();
    assert_eq!(line.user_id, system.requested_by().user().to_string());
    assert!(line.details.contains(&format!("\"owner\":\"{}\"", alice.user())), "{line:?}");
    assert!(line.details.contains("\"receipt\""), "{line:?}");
}

async fn of_many_upserts_at_once_one_inserts<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let upserts = (0..40).map(|year| {
        let (pool, alice) = (world.pool.clone(), alice.clone());
        async move { pool.repository::<Album>(&alice).upsert_by(Album::BY_TITLE, album("Blue", year)).await.unwrap() }
    });
    let rows = futures_util::future::join_all(upserts).await;
    assert!(rows.iter().all(|row| row.id == rows[0].id));
    let mut versions: Vec<_> = rows.iter().map(|row| row.version).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=40).collect::<Vec<_>>(), "none is lost");
}

/// Alice's row is locked by a transaction that is still open; where the key holds the owner Bob does not even wait.
#[tokio::test]
async fn an_upsert_by_a_key_with_the_owner_waits_for_nobody_elses_row() {
    let (world, alice, bob) = (World::<sqlx::Postgres>::open().await, user(), user());
    let tx = world.pool.begin(&alice).await.unwrap();
    tx.repository::<Setting>().upsert_by(Setting::BY_ID, setting("theme", "dark")).await.unwrap();
    let his = world.pool.repository::<Setting>(&bob);
    let upsert = his.upsert_by(Setting::BY_ID, setting("theme", "light"));
    tokio::time::timeout(std::time::Duration::from_secs(10), upsert).await.expect("he does not wait").unwrap();
    tx.commit().await.unwrap();
}
