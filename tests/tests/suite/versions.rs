//! Versions: a write that rests on what is no more is refused, and told from one that finds nothing.

use sqlx::Postgres;
use user_scope::audit::{AuditSettings, ReadAudit, WriteAudit};
use user_scope::{Change, Error, ScopedPool, Uuid};
use user_scope_tests::proxy::Proxy;

use super::databases::TestDb;
use super::household::new_album;
use super::shelf::{Album, AlbumChanges, Page, PageChanges};
use super::world::{World, user};

on_each_database_and_in_partitions!(
    an_update_on_the_version_that_was_read_counts_it,
    an_update_on_an_older_version_is_stale_and_leaves_no_trace,
    absent_and_foreign_rows_are_not_found_and_never_stale,
    of_many_updates_of_one_version_one_wins,
    an_update_by_a_condition_counts_the_version,
    a_stale_update_leaves_its_transaction_usable,
    a_versioned_child_is_refused_a_foreign_parent,
    changes_that_set_nothing_are_stale_as_well,
    versions_hold_without_any_audit,
    a_delete_leaves_the_version_that_was_last_seen_behind,
    changes_that_name_no_version_are_told_so,
    no_row_is_counted_beyond_what_its_field_can_hold,
);

fn titled(title: &str, version: i64) -> AlbumChanges {
    AlbumChanges { title: Change::Set(title.into()), version, ..Default::default() }
}

fn worded(text: &str, version: i32) -> PageChanges {
    PageChanges { text: Change::Set(text.into()), version, ..Default::default() }
}

async fn an_update_on_the_version_that_was_read_counts_it<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let albums = world.pool.repository::<Album>(&alice);
    let mut album = world.album(&alice, "one").await;
    assert_eq!(album.version, 1);
    for version in 2..5 {
        album = albums.update(&album.id, titled(&format!("title {version}"), album.version)).await.unwrap();
        assert_eq!(album.version, version);
    }
    let folder = world.folder(&alice, None, "f").await;
    let page = world.page(&alice, folder.id, "a").await;
    assert_eq!(page.version, 1);
    let page = world.pool.repository::<Page>(&alice).update(&page.id, worded("b", 1)).await.unwrap();
    assert_eq!((page.version, page.text.as_str()), (2, "b"));
}

async fn an_update_on_an_older_version_is_stale_and_leaves_no_trace<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let albums = world.pool.repository::<Album>(&alice);
    let album = world.album(&alice, "one").await;
    let now = albums.update(&album.id, titled("two", 1)).await.unwrap();
    let folder = world.folder(&alice, None, "f").await;
    let pages = world.pool.repository::<Page>(&alice);
    let page = world.page(&alice, folder.id, "a").await;
    let before = world.log().await.len();
    for version in [1, 3, -1, i64::MAX] {
        let refused = albums.update(&album.id, titled("three", version)).await;
        assert!(matches!(refused, Err(Error::Stale { entity: "albums" })), "{refused:?}");
    }
    for version in [2, i32::MAX] {
        let refused = pages.update(&page.id, worded("b", version)).await;
        assert!(matches!(refused, Err(Error::Stale { entity: "pages" })), "{refused:?}");
    }
    // A system context is no exception.
    let system = world.system().await;
    let refused = system.repository::<Album>().update(&album.id, titled("three", 1)).await;
    assert!(matches!(refused, Err(Error::Stale { .. })), "{refused:?}");
    let log = world.log().await;
    assert!(log[before..].iter().all(|line| line.operation == "system_access"), "{:?}", &log[before..]);
    assert_eq!(albums.get(&album.id).await.unwrap(), now);
    assert_eq!(pages.get(&page.id).await.unwrap(), page);
}

async fn absent_and_foreign_rows_are_not_found_and_never_stale<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let hers = world.album(&alice, "hers").await;
    let his = world.pool.repository::<Album>(&bob);
    for id in [hers.id, Uuid::now_v7()] {
        for version in [0, 1, 2] {
            let refused = his.update(&id, titled("mine", version)).await;
            assert!(matches!(refused, Err(Error::NotFound { entity: "albums" })), "{refused:?}");
        }
    }
    let folder = world.folder(&alice, None, "f").await;
    let page = world.page(&alice, folder.id, "a").await;
    let pages = world.pool.repository::<Page>(&alice);
    pages.delete(&page.id).await.unwrap();
    for version in [1, 2] {
        let refused = pages.update(&page.id, worded("b", version)).await;
        assert!(matches!(refused, Err(Error::NotFound { entity: "pages" })), "{refused:?}");
    }
    assert_eq!(world.pool.repository::<Album>(&alice).get(&hers.id).await.unwrap(), hers);
    // Each of his tries is on record, and says nothing of a version.
    assert_eq!(world.lines("unauthorized_access").await.len(), 3);
}

async fn of_many_updates_of_one_version_one_wins<DB: TestDb>() {
    let (world, alice) = (World::<DB>::with(AuditSettings::default(), 10).await, user());
    let album = world.album(&alice, "one").await;
    for round in 1..6_i64 {
        let tries = (0..20).map(|number| {
            let (pool, alice, id) = (world.pool.clone(), alice.clone(), album.id);
            tokio::spawn(async move {
                let title = format!("round {round}, try {number}");
                pool.repository::<Album>(&alice).update(&id, titled(&title, round)).await
            })
        });
        let mut won = Vec::new();
        for attempt in tries.collect::<Vec<_>>() {
            match attempt.await.unwrap() {
                Ok(album) => won.push(album),
                Err(error) => assert!(matches!(error, Error::Stale { .. }), "{error:?}"),
            }
        }
        let now = world.pool.repository::<Album>(&alice).get(&album.id).await.unwrap();
        assert_eq!((won.len(), now.version), (1, round + 1));
        assert_eq!(won[0], now);
    }
    assert_eq!(world.lines("update").await.len(), 5);
}

async fn an_update_by_a_condition_counts_the_version<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let albums = world.pool.repository::<Album>(&alice);
    let (one, two) = (world.album(&alice, "one").await, world.album(&alice, "two").await);
    let foreign = world.album(&bob, "one").await;
    albums.update(&two.id, titled("two!", 1)).await.unwrap();
    let year = AlbumChanges { year: Change::Set(Some(1999)), version: 77, ..Default::default() };
    assert_eq!(albums.update_where(Album::TITLE.like("%"), year).await.unwrap(), 2);
    assert_eq!(albums.get(&one.id).await.unwrap().version, 2);
    assert_eq!(albums.get(&two.id).await.unwrap().version, 3);
    assert_eq!(world.pool.repository::<Album>(&bob).get(&foreign.id).await.unwrap(), foreign);
    // Who has read it before is behind.
    let refused = albums.update(&one.id, titled("x", 1)).await;
    assert!(matches!(refused, Err(Error::Stale { .. })), "{refused:?}");
    let (folder, pages) = (world.folder(&alice, None, "f").await, world.pool.repository::<Page>(&alice));
    let page = world.page(&alice, folder.id, "a").await;
    assert_eq!(pages.update_where(Page::TEXT.eq("a"), worded("b", 0)).await.unwrap(), 1);
    assert_eq!(pages.get(&page.id).await.unwrap().version, 2);
}

async fn a_stale_update_leaves_its_transaction_usable<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let album = world.album(&alice, "one").await;
    let tx = world.pool.begin(&alice).await.unwrap();
    let albums = tx.repository::<Album>();
    albums.update(&album.id, titled("two", 1)).await.unwrap();
    let refused = albums.update(&album.id, titled("three", 1)).await;
    assert!(matches!(refused, Err(Error::Stale { .. })), "{refused:?}");
    let refused = albums.update(&Uuid::now_v7(), titled("three", 1)).await;
    assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    let other = albums.insert(new_album("other")).await.unwrap();
    tx.commit().await.unwrap();
    let albums = world.pool.repository::<Album>(&alice);
    assert_eq!(albums.get(&album.id).await.unwrap().title, "two");
    assert_eq!(albums.get(&other.id).await.unwrap(), other);
    assert_eq!(world.lines("update").await.len(), 1);
}

async fn a_versioned_child_is_refused_a_foreign_parent<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let own = world.folder(&alice, None, "own").await;
    let foreign = world.folder(&bob, None, "foreign").await;
    let deleted = world.folder(&alice, None, "deleted").await;
    world.pool.repository::<super::shelf::Folder>(&alice).delete(&deleted.id).await.unwrap();
    let page = world.page(&alice, own.id, "a").await;
    let pages = world.pool.repository::<Page>(&alice);
    let under = |folder, version| PageChanges { folder_id: Change::Set(folder), version, ..Default::default() };
    for folder in [foreign.id, deleted.id, Uuid::now_v7()] {
        let refused = pages.update(&page.id, under(folder, 1)).await;
        assert!(matches!(refused, Err(Error::ParentNotFound { entity: "pages", source: None })), "{refused:?}");
        // What the row itself says comes first.
        let refused = pages.update(&page.id, under(folder, 9)).await;
        assert!(matches!(refused, Err(Error::Stale { .. })), "{refused:?}");
        let refused = pages.update(&Uuid::now_v7(), under(folder, 1)).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    }
    assert_eq!(pages.get(&page.id).await.unwrap(), page);
    assert_eq!(pages.update(&page.id, under(own.id, 1)).await.unwrap().version, 2);
}

async fn changes_that_set_nothing_are_stale_as_well<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let albums = world.pool.repository::<Album>(&alice);
    let album = world.album(&alice, "one").await;
    let nothing = |version| AlbumChanges { version, ..Default::default() };
    assert_eq!(albums.update(&album.id, nothing(1)).await.unwrap(), album);
    let refused = albums.update(&album.id, nothing(2)).await;
    assert!(matches!(refused, Err(Error::Stale { .. })), "{refused:?}");
    assert!(world.lines("update").await.is_empty());
}

async fn versions_hold_without_any_audit<DB: TestDb>() {
    for audit in [AuditSettings::off(), AuditSettings::default().writes(WriteAudit::Background)] {
        let (world, alice) = (World::<DB>::with(audit, 2).await, user());
        let albums = world.pool.repository::<Album>(&alice);
        let album = world.album(&alice, "one").await;
        let two = albums.update(&album.id, titled("two", 1)).await.unwrap();
        assert_eq!((two.title.as_str(), two.version), ("two", 2));
        let refused = albums.update(&album.id, titled("three", 1)).await;
        assert!(matches!(refused, Err(Error::Stale { .. })), "{refused:?}");
        let refused = albums.update(&Uuid::now_v7(), titled("three", 1)).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
        assert_eq!(world.pool.audit_stats().dropped, 0);
    }
}

/// Nothing that a mark, its removal or a transfer writes can be overwritten by who does not know of it.
async fn a_delete_leaves_the_version_that_was_last_seen_behind<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let folder = world.folder(&alice, None, "f").await;
    let page = world.page(&alice, folder.id, "a").await;
    let pages = world.pool.repository::<Page>(&alice);
    pages.delete(&page.id).await.unwrap();
    pages.restore(&page.id).await.unwrap();
    assert_eq!(pages.get(&page.id).await.unwrap().version, 3);
    let refused = pages.update(&page.id, worded("b", 1)).await;
    assert!(matches!(refused, Err(Error::Stale { .. })), "{refused:?}");
    world.system().await.repository::<super::shelf::Folder>().transfer(&folder.id, bob.user()).await.unwrap();
    assert_eq!(world.pool.repository::<Page>(&bob).get(&page.id).await.unwrap().version, 4);
}

#[tokio::test]
async fn a_warm_update_with_a_version_is_one_round_trip_stale_or_not() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let (proxy, options) = Proxy::start(&world.home.app()).await;
    let settings = AuditSettings::default().denials(ReadAudit::Off).reads(ReadAudit::Off);
    let pool = ScopedPool::builder(options).max_connections(1).audit(settings).build().await.unwrap();
    let albums = pool.repository::<Album>(&alice);
    let album = albums.insert(new_album("one")).await.unwrap();
    for warm in [false, true] {
        let version = if warm { 2 } else { 1 };
        let (updated, counts) = proxy.during(albums.update(&album.id, titled("x", version))).await;
        updated.unwrap();
        let (refused, stale) = proxy.during(albums.update(&album.id, titled("x", version))).await;
        assert!(matches!(refused, Err(Error::Stale { .. })), "{refused:?}");
        let (refused, absent) = proxy.during(albums.update(&Uuid::now_v7(), titled("x", 1))).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
        if warm {
            assert_eq!([counts.round_trips, stale.round_trips, absent.round_trips], [1; 3]);
        }
    }
}

async fn changes_that_name_no_version_are_told_so<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let albums = world.pool.repository::<Album>(&alice);
    let album = world.album(&alice, "one").await;
    let forgotten = || AlbumChanges { title: Change::Set("two".into()), ..Default::default() };
    for changes in [forgotten(), AlbumChanges::default()] {
        let error = albums.update(&album.id, changes).await.unwrap_err();
        assert!(matches!(error, Error::NoVersion { entity: "albums" }), "{error:?}");
        assert!(error.to_string().contains("name no version; set it"), "{error}");
    }
    assert_eq!(albums.get(&album.id).await.unwrap(), album);
    // A row that another program made may have it.
    DB::run(&world.raw, "UPDATE albums SET version = 0").await.unwrap();
    assert_eq!(albums.update(&album.id, forgotten()).await.unwrap().version, 1);
}

async fn no_row_is_counted_beyond_what_its_field_can_hold<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let (albums, pages) = (world.pool.repository::<Album>(&alice), world.pool.repository::<Page>(&alice));
    let album = world.album(&alice, "one").await;
    let folder = world.folder(&alice, None, "f").await;
    let page = world.page(&alice, folder.id, "a").await;
    DB::run(&world.raw, "UPDATE albums SET version = 9223372036854775806").await.unwrap();
    DB::run(&world.raw, "UPDATE pages SET version = 2147483646").await.unwrap();
    let album = albums.update(&album.id, titled("last", i64::MAX - 1)).await.unwrap();
    let page = pages.update(&page.id, worded("last", i32::MAX - 1)).await.unwrap();
    assert_eq!((album.version, page.version), (i64::MAX, i32::MAX));
    let before = world.log().await.len();
    for refused in [
        albums.update(&album.id, titled("more", i64::MAX)).await.map(drop),
        albums.update_where(Album::TITLE.eq("last"), titled("more", 0)).await.map(drop),
        albums.upsert_by(Album::BY_TITLE, new_album("last")).await.map(drop),
        pages.update(&page.id, worded("more", i32::MAX)).await.map(drop),
        pages.update_where(Page::TEXT.eq("last"), worded("more", 0)).await.map(drop),
        pages.delete(&page.id).await,
        world.pool.repository::<super::shelf::Folder>(&alice).delete(&folder.id).await,
    ] {
        assert!(matches!(refused, Err(Error::Rejected { .. })), "{refused:?}");
    }
    assert_eq!(albums.get(&album.id).await.unwrap(), album);
    assert_eq!(pages.get(&page.id).await.unwrap(), page);
    assert_eq!(world.log().await[before..].iter().filter(|line| line.operation != "read").count(), 0);
}
