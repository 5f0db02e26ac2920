//! Rows that are marked as deleted: gone from everywhere, unless they are asked for.

use futures_util::TryStreamExt;
use user_scope::{Change, Error, UserContext, Uuid};

use super::databases::TestDb;
use super::household::rows;
use super::shelf::{Folder, FolderChanges, NewFolder, NewPage, Page, PageChanges};
use super::world::{World, user};

on_each_database_and_in_partitions!(
    a_deleted_row_is_gone_from_everywhere,
    what_is_deleted_cannot_be_deleted_or_changed,
    a_deleted_row_is_no_parent,
    deleted_rows_are_found_if_they_are_asked_for,
);

pub struct Shelves {
    pub top: Uuid,
    pub middle: Uuid,
    pub bottom: Uuid,
    pub pages: [Uuid; 3],
}

/// Three folders, one inside of the other, with a page each.
pub async fn shelves<DB: TestDb>(world: &World<DB>, user: &UserContext) -> Shelves {
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
    pub fn all(&self) -> Vec<(String, Uuid)> {
        let Self { top, middle, bottom, pages: [a, b, c] } = *self;
        rows([("folders", top), ("folders", middle), ("folders", bottom), ("pages", a), ("pages", b), ("pages", c)])
    }
}

/// How many folders and pages a user sees.
pub async fn seen<DB: TestDb>(world: &World<DB>, user: &UserContext) -> (u64, u64) {
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
