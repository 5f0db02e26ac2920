//! Who goes with a row that is deleted, who stays without it, and who keeps it.

use sqlx::Postgres;
use user_scope::audit::{AuditSettings, MemorySink, WriteAudit};
use user_scope::{Error, UserContext, Uuid};

use super::captured::{captured, statements};
use super::databases::TestDb;
use super::household::{details, literal, rows};
use super::shelf::{Album, Loan, Review, Take, Track};
use super::world::{World, user};

on_each_database_and_in_partitions!(
    a_deleted_row_takes_its_children_and_theirs_along,
    rows_deleted_by_a_condition_take_their_children_along,
    a_system_context_records_whose_rows_went_along,
    who_went_along_is_recorded_in_the_background_as_well,
    without_any_audit_the_same_rows_go,
    a_rollback_brings_the_whole_family_back,
    a_child_that_survives_loses_its_parent,
    a_child_that_keeps_its_parent_is_told_and_nothing_is_changed,
    rows_of_others_neither_go_nor_lose_nor_keep_anything,
);

struct Collection {
    album: Uuid,
    tracks: [Uuid; 2],
    takes: [Uuid; 3],
    review: Uuid,
}

async fn collect<DB: TestDb>(world: &World<DB>, user: &UserContext, title: &str) -> Collection {
    let album = world.album(user, title).await.id;
    let tracks = [world.track(user, album, "a").await.id, world.track(user, album, "b").await.id];
    let takes = [
        world.take(user, tracks[0], 1).await.id,
        world.take(user, tracks[0], 2).await.id,
        world.take(user, tracks[1], 3).await.id,
    ];
    Collection { album, tracks, takes, review: world.review(user, album).await.id }
}

impl Collection {
    /// The rows that are deleted with the album.
    fn deleted(&self) -> Vec<(String, Uuid)> {
        let Self { album, tracks: [a, b], takes: [one, two, three], .. } = *self;
        rows([("albums", album), ("tracks", a), ("tracks", b), ("takes", one), ("takes", two), ("takes", three)])
    }
}

/// How many rows there are of albums, tracks, takes, reviews and loans.
async fn counts<DB: TestDb>(world: &World<DB>) -> [i64; 5] {
    let mut counts = [0; 5];
    for (count, table) in counts.iter_mut().zip(["albums", "tracks", "takes", "reviews", "loans"]) {
        *count = world.count(table).await;
    }
    counts
}

async fn a_deleted_row_takes_its_children_and_theirs_along<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (gone, stays) = (collect(&world, &alice, "gone").await, collect(&world, &alice, "stays").await);
    let his = collect(&world, &bob, "gone").await;
    let albums = world.pool.repository::<Album>(&alice);
    for id in [his.album, Uuid::now_v7()] {
        let refused = albums.delete(&id).await;
        assert!(matches!(refused, Err(Error::NotFound { entity: "albums" })), "{refused:?}");
    }
    assert_eq!(counts(&world).await, [3, 6, 9, 3, 0]);
    albums.delete(&gone.album).await.unwrap();
    assert_eq!(counts(&world).await, [2, 4, 6, 3, 0]);
    assert_eq!(world.recorded("delete").await, gone.deleted());
    assert_eq!(world.recorded("update").await, rows([("reviews", gone.review)]));
    assert!(world.lines("delete").await.iter().all(|line| line.user_id == alice.user().to_string()));
    let mut left = [stays, his].map(|left| left.takes).concat();
    left.sort();
    let system = world.system().await;
    let takes = system.repository::<Take>().query().order_by(Take::ID.asc()).all().await.unwrap();
    assert_eq!(takes.iter().map(|take| take.id).collect::<Vec<_>>(), left);
    let refused = albums.delete(&gone.album).await;
    assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
}

async fn rows_deleted_by_a_condition_take_their_children_along<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (one, two) = (collect(&world, &alice, "old 1").await, collect(&world, &alice, "old 2").await);
    collect(&world, &alice, "new").await;
    collect(&world, &bob, "old 1").await;
    let albums = world.pool.repository::<Album>(&alice);
    assert_eq!(albums.delete_where(Album::TITLE.like("old%")).await.unwrap(), 2);
    assert_eq!(counts(&world).await, [2, 4, 6, 4, 0]);
    let mut deleted = [one.deleted(), two.deleted()].concat();
    deleted.sort();
    assert_eq!(world.recorded("delete").await, deleted);
    assert_eq!(world.recorded("update").await, rows([("reviews", one.review), ("reviews", two.review)]));
    for line in world.lines("delete").await {
        let rows = (line.entity_type == "albums").then_some(2);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&line.details).ok().and_then(|d| d["rows"].as_u64()),
            rows
        );
    }
    assert_eq!(albums.delete_where(Album::TITLE.like("old%")).await.unwrap(), 0);
}

async fn a_system_context_records_whose_rows_went_along<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (collect(&world, &alice, "x").await, collect(&world, &bob, "x").await);
    let third = collect(&world, &bob, "y").await;
    let system = world.system().await;
    assert_eq!(system.repository::<Album>().delete_where(Album::TITLE.eq("x")).await.unwrap(), 2);
    system.repository::<Album>().delete(&third.album).await.unwrap();
    assert_eq!(counts(&world).await, [0, 0, 0, 3, 0]);
    let log = world.log().await;
    for (collection, owner) in [(hers, &alice), (his, &bob), (third, &bob)] {
        let mut expected = collection.deleted();
        expected.push(("reviews".into(), collection.review));
        for (entity, id) in expected {
            let lines: Vec<_> =
                log.iter().filter(|line| line.entity_id == id.to_string() && line.operation != "create").collect();
            let [line] = &lines[..] else { panic!("{entity}: {lines:?}") };
            assert_eq!(line.user_id, system.requested_by().user().to_string());
            assert_eq!(details(line)["owner"], owner.user().to_string(), "{entity}");
            assert_eq!(details(line)["receipt"], system.receipt_id().to_string());
        }
    }
}

async fn who_went_along_is_recorded_in_the_background_as_well<DB: TestDb>() {
    let sink = MemorySink::new();
    let audit = AuditSettings::default().writes(WriteAudit::Background).sink(sink.clone());
    let (world, alice) = (World::<DB>::with(audit, 2).await, user());
    let gone = collect(&world, &alice, "gone").await;
    world.pool.repository::<Album>(&alice).delete(&gone.album).await.unwrap();
    world.pool.flush_audit().await;
    let events = sink.events();
    let of = |operation: &str| {
        let events = events.iter().filter(|event| event.operation.as_str() == operation);
        let mut rows: Vec<(String, Uuid)> = events
            .map(|event| (event.entity_type.to_owned(), event.entity_id.as_deref().unwrap().parse().unwrap()))
            .collect();
        rows.sort();
        rows
    };
    assert_eq!(of("delete"), gone.deleted());
    assert_eq!(of("update"), rows([("reviews", gone.review)]));
    let update = events.iter().find(|event| event.operation.as_str() == "update").unwrap();
    assert_eq!(update.details.changed, ["album_id"]);
}

async fn without_any_audit_the_same_rows_go<DB: TestDb>() {
    let (world, alice) = (World::<DB>::with(AuditSettings::off(), 2).await, user());
    let (gone, _stays) = (collect(&world, &alice, "gone").await, collect(&world, &alice, "stays").await);
    world.pool.repository::<Album>(&alice).delete(&gone.album).await.unwrap();
    assert_eq!(counts(&world).await, [1, 2, 3, 2, 0]);
    assert_eq!(world.pool.repository::<Review>(&alice).get(&gone.review).await.unwrap().album_id, None);
    assert_eq!(world.pool.repository::<Album>(&alice).delete_where(Album::TITLE.like("%")).await.unwrap(), 1);
    assert_eq!(counts(&world).await, [0, 0, 0, 2, 0]);
    assert!(world.log().await.is_empty());
}

async fn a_rollback_brings_the_whole_family_back<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let collection = collect(&world, &alice, "x").await;
    for commit in [false, true] {
        let tx = world.pool.begin(&alice).await.unwrap();
        tx.repository::<Album>().delete(&collection.album).await.unwrap();
        assert_eq!(tx.repository::<Take>().query().count().await.unwrap(), 0);
        let refused = tx.repository::<Album>().delete(&collection.album).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
        if commit {
            tx.commit().await.unwrap()
        } else {
            tx.rollback().await.unwrap()
        }
        let expected = if commit { [0, 0, 0, 1, 0] } else { [1, 2, 3, 1, 0] };
        assert_eq!(counts(&world).await, expected);
        assert_eq!(world.lines("delete").await.len(), if commit { 6 } else { 0 });
    }
    assert_eq!(world.recorded("delete").await, collection.deleted());
}

async fn a_child_that_survives_loses_its_parent<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let (album, other) = (world.album(&alice, "x").await, world.album(&alice, "y").await);
    let (review, untouched) = (world.review(&alice, album.id).await, world.review(&alice, other.id).await);
    world.pool.repository::<Album>(&alice).delete(&album.id).await.unwrap();
    let reviews = world.pool.repository::<Review>(&alice);
    assert_eq!(reviews.get(&review.id).await.unwrap(), Review { album_id: None, ..review });
    assert_eq!(reviews.get(&untouched.id).await.unwrap(), untouched);
    let lines = world.lines("update").await;
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((line.entity_type.as_str(), line.details.as_str()), ("reviews", r#"{"changed":["album_id"]}"#));
}

async fn a_child_that_keeps_its_parent_is_told_and_nothing_is_changed<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (kept, free) = (collect(&world, &alice, "kept").await, collect(&world, &alice, "free").await);
    let loan = world.loan(&alice, kept.album).await;
    let before = world.log().await.len();
    let (albums, system) = (world.pool.repository::<Album>(&alice), world.system().await);
    let refused = [
        albums.delete(&kept.album).await,
        albums.delete_where(Album::TITLE.like("%")).await.map(drop),
        system.repository::<Album>().delete(&kept.album).await,
        system.repository::<Album>().delete_where(Album::TITLE.like("%")).await.map(drop),
        system.owned_by(alice.user()).repository::<Album>().delete(&kept.album).await,
    ];
    for refused in refused {
        assert!(matches!(refused, Err(Error::Referenced { entity: "albums", source: None })), "{refused:?}");
    }
    // To anybody else it is not there.
    let refused = world.pool.repository::<Album>(&bob).delete(&kept.album).await;
    assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    let all = [2, 4, 6, 2, 1];
    assert_eq!(counts(&world).await, all);
    let log = world.log().await;
    let written = log[before..].iter().filter(|line| !line.operation.contains("access"));
    assert_eq!(written.count(), 0, "{log:?}");

    // In a transaction nothing half-done is left behind either, and it can go on.
    let tx = world.pool.begin(&alice).await.unwrap();
    let albums = tx.repository::<Album>();
    for refused in [albums.delete(&kept.album).await, albums.delete_where(Album::TITLE.like("%")).await.map(drop)] {
        assert!(matches!(refused, Err(Error::Referenced { source: None, .. })), "{refused:?}");
    }
    assert_eq!(tx.repository::<Track>().query().count().await.unwrap(), 4);
    assert_eq!(tx.repository::<Review>().query().filter(Review::ALBUM_ID.is_null()).count().await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert_eq!(counts(&world).await, all);

    let albums = world.pool.repository::<Album>(&alice);
    assert_eq!(albums.delete_where(Album::TITLE.eq("free")).await.unwrap(), 1);
    world.pool.repository::<Loan>(&alice).delete(&loan.id).await.unwrap();
    albums.delete(&kept.album).await.unwrap();
    assert_eq!(counts(&world).await, [0, 0, 0, 2, 0]);
    let mut deleted = [kept.deleted(), free.deleted(), rows([("loans", loan.id)])].concat();
    deleted.sort();
    assert_eq!(world.recorded("delete").await, deleted);
}

/// Somebody else's row names hers as its parent, which only raw SQL can bring about.
async fn rows_of_others_neither_go_nor_lose_nor_keep_anything<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (collect(&world, &alice, "hers").await, collect(&world, &bob, "his").await);
    let loan = world.loan(&bob, his.album).await;
    let (album, track) = (literal::<DB>(&hers.album), literal::<DB>(&hers.tracks[0]));
    let strays = [
        ("tracks", "album_id", &album, his.tracks[0]),
        ("takes", "track_id", &track, his.takes[2]),
        ("reviews", "album_id", &album, his.review),
        ("loans", "album_id", &album, loan.id),
    ];
    for (table, column, parent, id) in strays {
        let sql = format!("UPDATE {table} SET {column} = {parent} WHERE id = {}", literal::<DB>(&id));
        world.against_the_keys(table, &sql).await;
    }
    world.pool.repository::<Album>(&alice).delete(&hers.album).await.unwrap();
    assert_eq!(world.recorded("delete").await, hers.deleted());
    assert_eq!(world.recorded("update").await, rows([("reviews", hers.review)]));
    assert_eq!(counts(&world).await, [1, 2, 3, 2, 1]);
    let lost = "SELECT count(*) FROM reviews WHERE album_id IS NULL";
    assert_eq!(DB::number(&world.raw, lost).await, 1);
}

#[tokio::test]
async fn a_family_goes_in_one_statement_on_postgresql() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let collection = collect(&world, &alice, "x").await;
    let (deleted, records) = captured(world.pool.repository::<Album>(&alice).delete(&collection.album)).await;
    deleted.unwrap();
    assert_eq!(statements(&records).len(), 1, "{:#?}", statements(&records));
}
