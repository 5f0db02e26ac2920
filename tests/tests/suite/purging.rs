//! Rows that are removed for good: by a system context alone, and only if they are marked.

use user_scope::{Error, Uuid};

use super::databases::TestDb;
use super::household::details;
use super::shelf::{Folder, Page};
use super::soft_deletion::{seen, shelves};
use super::world::{World, user};

on_each_database!(only_deleted_rows_are_purged_and_their_children_with_them, rows_are_purged_by_a_condition,);

async fn only_deleted_rows_are_purged_and_their_children_with_them<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (gone, _stays) = (shelves(&world, &alice).await, shelves(&world, &alice).await);
    let _his = shelves(&world, &bob).await;
    let system = world.system().await;
    let everyone = system.repository::<Folder>();
    for id in [gone.top, Uuid::now_v7()] {
        let refused = everyone.purge(&id).await;
        assert!(matches!(refused, Err(Error::NotFound { entity: "folders" })), "{refused:?}");
    }
    let folders = world.pool.repository::<Folder>(&alice);
    world.pool.repository::<Page>(&alice).delete(&gone.pages[1]).await.unwrap();
    folders.delete(&gone.bottom).await.unwrap();
    folders.delete(&gone.top).await.unwrap();
    everyone.purge(&gone.top).await.unwrap();
    assert_eq!((world.count("folders").await, world.count("pages").await), (6, 6));
    assert_eq!(world.recorded("purge").await, gone.all());
    for line in world.lines("purge").await {
        assert_eq!(line.user_id, system.requested_by().user().to_string());
        assert_eq!(details(&line)["owner"], alice.user().to_string());
        assert_eq!(details(&line)["receipt"], system.receipt_id().to_string());
    }
    assert_eq!((seen(&world, &alice).await, seen(&world, &bob).await), ((3, 3), (3, 3)));
    assert!(matches!(folders.restore(&gone.top).await, Err(Error::NotFound { .. })));
}

async fn rows_are_purged_by_a_condition<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (shelves(&world, &alice).await, shelves(&world, &bob).await);
    let _live = shelves(&world, &alice).await;
    world.pool.repository::<Folder>(&alice).delete(&hers.top).await.unwrap();
    world.pool.repository::<Folder>(&bob).delete(&his.top).await.unwrap();
    let system = world.system().await;
    let of_bob = system.owned_by(bob.user());
    of_bob.repository::<Folder>().purge_where(Folder::NAME.eq("top")).await.unwrap();
    assert_eq!(world.recorded("purge").await, his.all());
    assert_eq!((world.count("folders").await, world.count("pages").await), (6, 6));
    let purged = system.repository::<Page>().purge_where(Page::TEXT.like("of %")).await.unwrap();
    assert_eq!((purged, world.count("pages").await), (3, 3));
    assert_eq!(system.repository::<Folder>().purge_where(Folder::NAME.like("%")).await.unwrap(), 3);
    assert_eq!(system.repository::<Folder>().purge_where(Folder::NAME.like("%")).await.unwrap(), 0);
    assert_eq!(seen(&world, &alice).await, (3, 3));
    let mut purged = [hers.all(), his.all()].concat();
    purged.sort();
    assert_eq!(world.recorded("purge").await, purged);
}
