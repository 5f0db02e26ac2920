//! Rows that are marked as deleted: gone from everywhere, until they are restored, or purged for good.

use futures_util::TryStreamExt;
use user_scope::{Change, Error, UserContext, Uuid};

use super::databases::TestDb;
use super::household::{details, literal, rows};
use super::shelf::{Folder, FolderChanges, NewFolder, NewPage, Page, PageChanges};
use super::world::{World, user};

on_each_database!(
    a_deleted_row_is_gone_from_everywhere,
    what_is_deleted_cannot_be_deleted_or_changed,
    a_deleted_row_is_no_parent,
    a_tree_is_marked_with_all_that_belongs_to_it,
    what_was_deleted_before_stays_deleted_when_its_parent_comes_back,
    a_row_whose_parent_is_still_deleted_is_not_restored,
    nobody_restores_the_rows_of_others,
    deleted_rows_are_found_if_they_are_asked_for,
    only_deleted_rows_are_purged_and_their_children_with_them,
    rows_are_purged_by_a_condition,
    marks_and_their_removal_are_undone_by_a_rollback,
    rows_of_others_are_neither_marked_nor_restored,
);

struct Shelves {
    top: Uuid,
    middle: Uuid,
    bottom: Uuid,
    pages: [Uuid; 3],
}

/// Three folders, one inside of the other, with a page each.
async fn shelves<DB: TestDb>(world: &World<DB>, user: &UserContext) -> Shelves {
    let top = world.folder(user, None, "top").await.id;
    let middle = world.folder(user, Some(top), "middle").await.id;
    let bottom = world.folder(user, Some(middle), "bottom").await.id;
    let pages = [
        world.page(user, top, "of top").await.id,
        world.page(user, middle, "of middle").await.id,
        world.page(user, bottom, "of bottom").await.id,
    ];
    Shelves { top, middle, bottom, pages }
}

impl Shelves {
    fn all(&self) -> Vec<(String, Uuid)> {
        let Self { top, middle, bottom, pages: [a, b, c] } = *self;
        rows([("folders", top), ("folders", middle), ("folders", bottom), ("pages", a), ("pages", b), ("pages", c)])
    }
}

/// How many folders and pages a user sees.
async fn seen<DB: TestDb>(world: &World<DB>, user: &UserContext) -> (u64, u64) {
    let folders = world.pool.repository::<Folder>(user).query().count().await.unwrap();
    (folders, world.pool.repository::<Page>(user).query().count().await.unwrap())
}

async fn a_deleted_row_is_gone_from_everywhere<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let folder = world.folder(&alice, None, "f").await;
    let (gone, stays) = (world.page(&alice, folder.id, "a").await, world.page(&alice, folder.id, "b").await);
    let pages = world.pool.repository::<Page>(&alice);
    let system = world.system().await;
    pages.delete(&gone.id).await.unwrap();
    assert_eq!(world.count("pages").await, 2, "it is only marked");
    for everyone in [false, true] {
        if everyone {
            let pages = system.repository::<Page>();
            assert!(matches!(pages.get(&gone.id).await, Err(Error::NotFound { .. })));
            assert!(!pages.exists(&gone.id).await.unwrap());
            assert_eq!(pages.query().all().await.unwrap(), std::slice::from_ref(&stays));
            assert_eq!(pages.query().count().await.unwrap(), 1);
            continue;
        }
        assert!(matches!(pages.get(&gone.id).await, Err(Error::NotFound { .. })));
        assert_eq!(pages.find(&gone.id).await.unwrap(), None);
        assert!(!pages.exists(&gone.id).await.unwrap());
        let all = || pages.query().order_by(Page::TEXT.asc());
        assert_eq!(all().all().await.unwrap(), std::slice::from_ref(&stays));
        assert_eq!(all().count().await.unwrap(), 1);
        assert_eq!(all().page(10, None).await.unwrap().rows, std::slice::from_ref(&stays));
        assert_eq!(all().stream().try_collect::<Vec<_>>().await.unwrap(), std::slice::from_ref(&stays));
        assert_eq!(pages.query().min(Page::TEXT).await.unwrap(), Some("b".to_owned()));
        let either = Page::TEXT.eq("a").or(Page::TEXT.eq("b"));
        assert_eq!(pages.query().filter(either).all().await.unwrap(), std::slice::from_ref(&stays));
        let folders = world.pool.repository::<Folder>(&alice);
        assert_eq!(folders.children::<Page>(&folder.id).all().await.unwrap(), std::slice::from_ref(&stays));
        let children = folders.children_of::<Page>(std::slice::from_ref(&folder)).await.unwrap();
        assert_eq!(children, [std::slice::from_ref(&stays)]);
    }
}

async fn what_is_deleted_cannot_be_deleted_or_changed<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let shelves = shelves(&world, &alice).await;
    let (folders, pages) = (world.pool.repository::<Folder>(&alice), world.pool.repository::<Page>(&alice));
    folders.delete(&shelves.top).await.unwrap();
    let before = world.log().await.len();
    let renamed = FolderChanges { name: Change::Set("x".into()), ..Default::default() };
    let worded = || PageChanges { text: Change::Set("x".into()), version: 2, ..Default::default() };
    for folder in [shelves.top, shelves.middle] {
        assert!(matches!(folders.delete(&folder).await, Err(Error::NotFound { entity: "folders" })));
        assert!(matches!(folders.update(&folder, renamed.clone()).await, Err(Error::NotFound { .. })));
    }
    assert!(matches!(pages.update(&shelves.pages[0], worded()).await, Err(Error::NotFound { entity: "pages" })));
    assert!(matches!(pages.delete(&shelves.pages[0]).await, Err(Error::NotFound { .. })));
    assert_eq!(folders.update_where(Folder::NAME.like("%"), renamed).await.unwrap(), 0);
    assert_eq!(pages.update_where(Page::TEXT.like("%"), worded()).await.unwrap(), 0);
    assert_eq!(folders.delete_where(Folder::NAME.like("%")).await.unwrap(), 0);
    let system = world.system().await;
    assert!(matches!(system.repository::<Folder>().delete(&shelves.top).await, Err(Error::NotFound { .. })));
    let owner = UserContext::new(Uuid::now_v7()).unwrap();
    let refused = system.repository::<Folder>().transfer(&shelves.top, owner.user()).await;
    assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    let log = world.log().await;
    assert!(log[before..].iter().all(|line| line.operation == "system_access"), "{:?}", &log[before..]);
}

async fn a_deleted_row_is_no_parent<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let (gone, stays) = (world.folder(&alice, None, "gone").await, world.folder(&alice, None, "stays").await);
    let page = world.page(&alice, stays.id, "a").await;
    let (folders, pages) = (world.pool.repository::<Folder>(&alice), world.pool.repository::<Page>(&alice));
    folders.delete(&gone.id).await.unwrap();
    let new = |folder_id| NewPage { folder_id, text: "x".into() };
    let refused = [
        pages.insert(new(gone.id)).await.map(drop),
        pages.insert_many([new(stays.id), new(gone.id)]).await.map(drop),
        pages
            .update_where(Page::ID.eq(page.id), PageChanges { folder_id: Change::Set(gone.id), ..Default::default() })
            .await
            .map(drop),
        folders.insert(NewFolder { inside: Some(gone.id), name: "x".into() }).await.map(drop),
        folders
            .update(&stays.id, FolderChanges { inside: Change::Set(Some(gone.id)), ..Default::default() })
            .await
            .map(drop),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(Error::ParentNotFound { source: None, .. })), "{refused:?}");
    }
    assert_eq!(seen(&world, &alice).await, (1, 1));
    folders.restore(&gone.id).await.unwrap();
    pages.insert(new(gone.id)).await.unwrap();
}

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

async fn deleted_rows_are_found_if_they_are_asked_for<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let folder = world.folder(&alice, None, "f").await;
    let (gone, stays) = (world.page(&alice, folder.id, "a").await, world.page(&alice, folder.id, "b").await);
    let pages = world.pool.repository::<Page>(&alice);
    pages.delete(&gone.id).await.unwrap();
    let ids = |rows: Vec<Page>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    let query = || pages.query().order_by(Page::TEXT.asc());
    assert_eq!(ids(query().with_deleted().all().await.unwrap()), [gone.id, stays.id]);
    let only = query().only_deleted().all().await.unwrap();
    assert!(only[0].deleted_at.is_some());
    assert_eq!(ids(only), [gone.id]);
    assert_eq!(query().only_deleted().count().await.unwrap(), 1);
    assert_eq!(query().with_deleted().filter(Page::TEXT.eq("b")).count().await.unwrap(), 1);
    let his = world.pool.repository::<Page>(&bob);
    assert_eq!(his.query().with_deleted().count().await.unwrap(), 0);
    assert_eq!(his.query().only_deleted().count().await.unwrap(), 0);
    let system = world.system().await;
    assert_eq!(system.repository::<Page>().query().with_deleted().count().await.unwrap(), 2);
    assert_eq!(ids(system.repository::<Page>().query().only_deleted().all().await.unwrap()), [gone.id]);
}

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
