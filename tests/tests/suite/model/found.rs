//! What the model has found, as small as it could be made.

use user_scope::{Change, Error, Uuid};

use crate::databases::TestDb;
use crate::shelf::{Folder, NewFolder, NewPage, Page, PageChanges};
use crate::world::{World, user};

on_each_database!(
    a_stale_version_of_32_bits_is_stale_and_not_absent,
    what_is_deleted_in_a_folder_is_transferred_with_it,
);

fn folder(inside: Option<Uuid>) -> NewFolder {
    NewFolder { inside, name: "f".into() }
}

async fn a_stale_version_of_32_bits_is_stale_and_not_absent<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let folder = world.pool.repository::<Folder>(&alice).insert(folder(None)).await.unwrap();
    let pages = world.pool.repository::<Page>(&alice);
    let page = pages.insert(NewPage { folder_id: folder.id, text: "a".into() }).await.unwrap();
    let changes = |version| PageChanges { text: Change::Set("b".into()), version, folder_id: Change::Keep };
    pages.update(&page.id, changes(1)).await.unwrap();
    let refused = pages.update(&page.id, changes(1)).await;
    assert!(matches!(refused, Err(Error::Stale { .. })), "{refused:?}");
}

async fn what_is_deleted_in_a_folder_is_transferred_with_it<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (folders, pages) = (world.pool.repository::<Folder>(&alice), world.pool.repository::<Page>(&alice));
    let outer = folders.insert(folder(None)).await.unwrap();
    let inner = folders.insert(folder(Some(outer.id))).await.unwrap();
    pages.insert(NewPage { folder_id: inner.id, text: "a".into() }).await.unwrap();
    folders.delete(&inner.id).await.unwrap();
    world.system().await.repository::<Folder>().transfer(&outer.id, bob.user()).await.unwrap();
    let his = world.pool.repository::<Folder>(&bob);
    assert_eq!(his.query().with_deleted().count().await.unwrap(), 2);
    his.restore(&inner.id).await.unwrap();
    assert_eq!(his.children::<Page>(&inner.id).count().await.unwrap(), 1);
}
