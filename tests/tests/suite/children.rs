//! The children of a row, and of a page of rows.

use futures_util::TryStreamExt;
use user_scope::audit::{AuditSettings, MemorySink};

use user_scope::{Stores, UserScoped, Uuid};

use super::captured::{captured, statements};
use super::databases::TestDb;
use super::household::literal;
use super::shelf::{Album, Folder, Page, Review, Track};
use super::world::{World, user};

on_each_database_and_in_partitions!(
    the_children_of_a_row_are_narrowed_and_ordered_as_any_rows,
    a_foreign_parent_has_no_children,
    the_children_of_many_rows_come_in_their_order,
    a_page_of_parents_costs_one_statement_and_none_costs_none,
    the_children_of_thousands_of_rows_are_read_at_once,
    children_are_read_in_a_transaction_and_in_system_mode,
    children_of_two_parents_of_the_same_id_are_kept_apart,
);

/// Named by owner and id together, with a child.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "palettes", children(Colour))]
pub struct Palette {
    #[user_scoped(id, key = "owner")]
    pub id: String,
    #[user_scoped(owner)]
    pub user_id: Uuid,
}

#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "colours")]
pub struct Colour {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Palette, on_delete = "cascade")]
    pub palette: String,
}

async fn the_children_of_a_row_are_narrowed_and_ordered_as_any_rows<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let (album, other) = (world.album(&alice, "x").await, world.album(&alice, "y").await);
    for title in ["b", "a", "c"] {
        world.track(&alice, album.id, title).await;
        world.track(&alice, other.id, title).await;
    }
    let albums = world.pool.repository::<Album>(&alice);
    let tracks = || albums.children::<Track>(&album.id).order_by(Track::TITLE.desc());
    let titles = |tracks: Vec<Track>| tracks.into_iter().map(|track| track.title).collect::<Vec<_>>();
    assert_eq!(titles(tracks().all().await.unwrap()), ["c", "b", "a"]);
    assert_eq!(titles(tracks().filter(Track::TITLE.ne("b")).limit(1).all().await.unwrap()), ["c"]);
    assert_eq!(titles(tracks().stream().try_collect().await.unwrap()), ["c", "b", "a"]);
    assert_eq!(tracks().count().await.unwrap(), 3);
    // What the application adds narrows, and never widens.
    let any = Track::TITLE.eq("a").or(Track::ALBUM_ID.eq(other.id));
    assert_eq!(titles(tracks().filter(any).all().await.unwrap()), ["a"]);
    let top = world.folder(&alice, None, "top").await;
    let inner = world.folder(&alice, Some(top.id), "inner").await;
    world.folder(&alice, Some(inner.id), "innermost").await;
    assert_eq!(world.pool.repository::<Folder>(&alice).children::<Folder>(&top.id).all().await.unwrap(), [inner]);
}

async fn a_foreign_parent_has_no_children<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (world.album(&alice, "x").await, world.album(&bob, "y").await);
    world.track(&alice, hers.id, "hers").await;
    let stray = world.track(&bob, his.id, "his").await;
    let (parent, id) = (literal::<DB>(&hers.id), literal::<DB>(&stray.id));
    world.against_the_keys("tracks", &format!("UPDATE tracks SET album_id = {parent} WHERE id = {id}")).await;
    let (of_alice, of_bob) = (world.pool.repository::<Album>(&alice), world.pool.repository::<Album>(&bob));
    assert_eq!(of_alice.children::<Track>(&his.id).count().await.unwrap(), 0);
    let hers_alone = of_alice.children::<Track>(&hers.id).all().await.unwrap();
    assert_eq!(hers_alone.iter().map(|track| track.title.as_str()).collect::<Vec<_>>(), ["hers"]);
    // A row that he has got hold of somehow gives him no children of hers.
    let children = of_bob.children_of::<Track>(std::slice::from_ref(&hers)).await.unwrap();
    assert!(children[0].iter().all(|track| track.user_id == *bob.user()), "{children:?}");
    assert_eq!(of_alice.children_of::<Track>(&[his]).await.unwrap(), [[]]);
}

async fn the_children_of_many_rows_come_in_their_order<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let mut rows = Vec::new();
    for (title, tracks) in [("x", 2), ("none", 0), ("y", 3)] {
        let album = world.album(&alice, title).await;
        let mut expected = Vec::new();
        for number in 0..tracks {
            expected.push(world.track(&alice, album.id, &format!("{title} {}", 9 - number)).await);
        }
        rows.push((album, expected));
    }
    rows.reverse();
    let (albums, expected): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let repository = world.pool.repository::<Album>(&alice);
    assert_eq!(repository.children_of::<Track>(&albums).await.unwrap(), expected);
    // A child need not have a parent.
    let review = world.review(&alice, albums[0].id).await;
    world.review(&alice, albums[1].id).await;
    repository.delete(&albums[1].id).await.unwrap();
    assert_eq!(repository.children_of::<Review>(&albums).await.unwrap(), [vec![review], vec![], vec![]]);
}

async fn a_page_of_parents_costs_one_statement_and_none_costs_none<DB: TestDb>() {
    let audit = AuditSettings::default().sink(MemorySink::new());
    let (world, alice) = (World::<DB>::with(audit, 1).await, user());
    for title in ["a", "b", "c"] {
        let album = world.album(&alice, title).await;
        world.track(&alice, album.id, title).await;
    }
    let albums = world.pool.repository::<Album>(&alice);
    let page = albums.query().order_by(Album::TITLE.asc()).page(2, None).await.unwrap();
    let (tracks, records) = captured(albums.children_of::<Track>(&page.rows)).await;
    let titles: Vec<_> = tracks.unwrap().into_iter().flatten().map(|track| track.title).collect();
    assert_eq!((titles, statements(&records).len()), (vec!["a".to_owned(), "b".to_owned()], 1));
    let (none, records) = captured(albums.children_of::<Track>(&[])).await;
    assert_eq!((none.unwrap().len(), statements(&records).len()), (0, 0));
}

async fn the_children_of_thousands_of_rows_are_read_at_once<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let albums = world.pool.repository::<Album>(&alice);
    let new = (0..5_000).map(|number| super::household::new_album(&number.to_string()));
    let rows = albums.insert_many(new).await.unwrap();
    let track = world.track(&alice, rows[4_321].id, "the only one").await;
    let children = albums.children_of::<Track>(&rows).await.unwrap();
    assert_eq!((children.len(), &children[4_321]), (5_000, &vec![track]));
    assert_eq!(children.iter().flatten().count(), 1);
}

async fn children_are_read_in_a_transaction_and_in_system_mode<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (world.folder(&alice, None, "f").await, world.folder(&bob, None, "f").await);
    let (page, other) = (world.page(&alice, hers.id, "a").await, world.page(&bob, his.id, "b").await);
    let tx = world.pool.begin(&alice).await.unwrap();
    let folders = tx.repository::<Folder>();
    folders.delete(&hers.id).await.unwrap();
    assert_eq!(folders.children_of::<Page>(std::slice::from_ref(&hers)).await.unwrap(), [[]]);
    tx.rollback().await.unwrap();
    let system = world.system().await;
    let everyone = system.repository::<Folder>();
    assert_eq!(everyone.children_of::<Page>(&[his.clone(), hers.clone()]).await.unwrap(), [[other.clone()], [page]]);
    let of_bob = system.owned_by(bob.user());
    assert_eq!(of_bob.repository::<Folder>().children_of::<Page>(&[his, hers]).await.unwrap(), [vec![other], vec![]]);
}

async fn children_of_two_parents_of_the_same_id_are_kept_apart<DB: TestDb + Stores<Palette> + Stores<Colour>>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let tables = "CREATE TABLE palettes (id TEXT NOT NULL, user_id {uuid} NOT NULL, PRIMARY KEY (user_id, id)); \
                  CREATE TABLE colours (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, palette TEXT NOT NULL)";
    DB::run(&world.raw, &tables.replace("{uuid}", DB::UUID)).await.unwrap();
    world.open_to_the_application().await;
    let (mut palettes, mut expected) = (Vec::new(), Vec::new());
    for owner in [&alice, &bob] {
        let new = NewPalette { id: "warm".into() };
        palettes.push(world.pool.repository::<Palette>(owner).insert(new).await.unwrap());
        let new = NewColour { palette: "warm".into() };
        expected.push(vec![world.pool.repository::<Colour>(owner).insert(new).await.unwrap()]);
    }
    let system = world.system().await;
    assert_eq!(system.repository::<Palette>().children_of::<Colour>(&palettes).await.unwrap(), expected);
    // And they go with their own parent alone.
    world.pool.repository::<Palette>(&alice).delete(&"warm".to_owned()).await.unwrap();
    let left = system.repository::<Palette>().children_of::<Colour>(&palettes).await.unwrap();
    assert_eq!(left, [vec![], expected[1].clone()]);
}
