//! Rows that are marked together, and restored together.

use user_scope::{Error, Uuid};

use super::databases::TestDb;
use super::household::{details, literal};
use super::shelf::{Folder, Page};
use super::soft_deletion::{seen, shelves};
use super::world::{World, user};

on_each_database!(
    a_tree_is_marked_with_all_that_belongs_to_it,
    what_was_deleted_before_stays_deleted_when_its_parent_comes_back,
    a_row_whose_parent_is_still_deleted_is_not_restored,
    nobody_restores_the_rows_of_others,
    marks_and_their_removal_are_undone_by_a_rollback,
    rows_of_others_are_neither_marked_nor_restored,
);

async fn a_tree_is_marked_with_all_that_belongs_to_it<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (gone, _stays) = (shelves(&world, &alice).await, shelves(&world, &alice).await);
    let _his = shelves(&world, &bob).await;
    let folders = world.pool.repository::<Folder>(&alice);
    folders.delete(&gone.top).await.unwrap();
    assert_eq!((seen(&world, &alice).await, seen(&world, &bob).await), ((3, 3), (3, 3)));
    assert_eq!(world.recorded("delete").await, gone.all());
    folders.restore(&gone.top).await.unwrap();
    assert_eq!((seen(&world, &alice).await, seen(&world, &bob).await), ((6, 6), (3, 3)));
    assert_eq!(world.recorded("restore").await, gone.all());
    let pages = world.pool.repository::<Page>(&alice);
    assert_eq!(pages.get(&gone.pages[2]).await.unwrap().version, 3, "both are writes");
    assert_eq!(pages.get(&gone.pages[2]).await.unwrap().deleted_at, None);
    let refused = folders.restore(&gone.top).await;
    assert!(matches!(refused, Err(Error::NotFound { entity: "folders" })), "{refused:?}");
}

async fn what_was_deleted_before_stays_deleted_when_its_parent_comes_back<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let shelves = shelves(&world, &alice).await;
    let (folders, pages) = (world.pool.repository::<Folder>(&alice), world.pool.repository::<Page>(&alice));
    let early = world.page(&alice, shelves.top, "early").await;
    pages.delete(&early.id).await.unwrap();
    folders.delete(&shelves.bottom).await.unwrap();
    assert_eq!(seen(&world, &alice).await, (2, 2));
    folders.delete(&shelves.top).await.unwrap();
    assert_eq!(seen(&world, &alice).await, (0, 0));
    // Nothing is marked, or recorded, twice.
    assert_eq!(world.lines("delete").await.len(), 7);
    folders.restore(&shelves.top).await.unwrap();
    assert_eq!(seen(&world, &alice).await, (2, 2));
    assert!(!pages.exists(&early.id).await.unwrap() && !folders.exists(&shelves.bottom).await.unwrap());
    pages.restore(&early.id).await.unwrap();
    folders.restore(&shelves.bottom).await.unwrap();
    assert_eq!(seen(&world, &alice).await, (3, 4));
}

async fn a_row_whose_parent_is_still_deleted_is_not_restored<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let shelves = shelves(&world, &alice).await;
    let (folders, pages) = (world.pool.repository::<Folder>(&alice), world.pool.repository::<Page>(&alice));
    folders.delete(&shelves.top).await.unwrap();
    let before = world.log().await.len();
    let refused = [
        folders.restore(&shelves.middle).await,
        folders.restore(&shelves.bottom).await,
        pages.restore(&shelves.pages[0]).await,
        world.system().await.repository::<Page>().restore(&shelves.pages[2]).await,
    ];
    for refused in refused {
        assert!(matches!(refused, Err(Error::ParentNotFound { source: None, .. })), "{refused:?}");
    }
    let tx = world.pool.begin(&alice).await.unwrap();
    let refused = tx.repository::<Folder>().restore(&shelves.middle).await;
    assert!(matches!(refused, Err(Error::ParentNotFound { .. })), "{refused:?}");
    assert_eq!(tx.repository::<Page>().query().count().await.unwrap(), 0);
    tx.commit().await.unwrap();
    let log = world.log().await;
    assert!(log[before..].iter().all(|line| line.operation != "restore"), "{log:?}");
    assert_eq!(seen(&world, &alice).await, (0, 0));
    folders.restore(&shelves.top).await.unwrap();
    assert_eq!(seen(&world, &alice).await, (3, 3));
}

async fn nobody_restores_the_rows_of_others<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let hers = shelves(&world, &alice).await;
    world.pool.repository::<Folder>(&alice).delete(&hers.top).await.unwrap();
    for id in [hers.top, Uuid::now_v7()] {
        let refused = world.pool.repository::<Folder>(&bob).restore(&id).await;
        assert!(matches!(refused, Err(Error::NotFound { entity: "folders" })), "{refused:?}");
    }
    let refused = world.pool.repository::<Page>(&bob).restore(&hers.pages[0]).await;
    assert!(matches!(refused, Err(Error::NotFound { entity: "pages" })), "{refused:?}");
    assert_eq!(seen(&world, &alice).await, (0, 0));
    let denied = world.lines("unauthorized_access").await;
    assert_eq!(denied.len(), 2, "{denied:?}");
    assert!(denied.iter().all(|line| details(line)["attempted"] == "restore"), "{denied:?}");
    let system = world.system().await;
    system.repository::<Folder>().restore(&hers.top).await.unwrap();
    assert_eq!(seen(&world, &alice).await, (3, 3));
    let restored = world.lines("restore").await;
    assert_eq!(restored.len(), 6);
    assert!(restored.iter().all(|line| details(line)["owner"] == alice.user().to_string()), "{restored:?}");
}

async fn marks_and_their_removal_are_undone_by_a_rollback<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let shelves = shelves(&world, &alice).await;
    let tx = world.pool.begin(&alice).await.unwrap();
    tx.repository::<Folder>().delete(&shelves.top).await.unwrap();
    assert_eq!(tx.repository::<Page>().query().count().await.unwrap(), 0);
    tx.repository::<Folder>().restore(&shelves.top).await.unwrap();
    assert_eq!(tx.repository::<Page>().query().count().await.unwrap(), 3);
    tx.repository::<Folder>().delete(&shelves.middle).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(seen(&world, &alice).await, (3, 3));
    assert!(world.lines("delete").await.is_empty() && world.lines("restore").await.is_empty());
}

/// Somebody else's rows name hers as their parents, which only raw SQL can bring about.
async fn rows_of_others_are_neither_marked_nor_restored<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (shelves(&world, &alice).await, shelves(&world, &bob).await);
    let top = literal::<DB>(&hers.top);
    for (table, column, id) in [("folders", "inside", his.middle), ("pages", "folder_id", his.pages[0])] {
        let id = literal::<DB>(&id);
        world.against_the_keys(table, &format!("UPDATE {table} SET {column} = {top} WHERE id = {id}")).await;
    }
    let folders = world.pool.repository::<Folder>(&alice);
    folders.delete(&hers.top).await.unwrap();
    assert_eq!((seen(&world, &alice).await, seen(&world, &bob).await), ((0, 0), (3, 3)));
    // As if they had been marked in the same instant.
    for table in ["folders", "pages"] {
        let owner = literal::<DB>(bob.user());
        let marks =
            format!("UPDATE {table} SET deleted_at = (SELECT max(deleted_at) FROM folders) WHERE user_id = {owner}");
        world.against_the_keys(table, &marks).await;
    }
    folders.restore(&hers.top).await.unwrap();
    assert_eq!((seen(&world, &alice).await, seen(&world, &bob).await), ((3, 3), (0, 0)));
    folders.delete(&hers.top).await.unwrap();
    world.system().await.repository::<Folder>().purge(&hers.top).await.unwrap();
    assert_eq!((world.count("folders").await, world.count("pages").await), (3, 3));
}
