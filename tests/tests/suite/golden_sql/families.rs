//! Rows that take others along, or are kept by them; versions, and values before and after; and what only a system context
//! may do.

use user_scope::{Change, UserContext};

use super::Golden;
use crate::databases::TestDb;
use crate::shelf::{
    Album, AlbumChanges, Badge, Folder, NewAlbum, NewBadge, NewFolder, NewPage, NewTrack, Page, PageChanges, Track,
};
use crate::world::{World, user};

pub async fn add<DB: TestDb>(golden: &mut Golden, world: &World<DB>, alice: &UserContext) {
    let albums = world.pool.repository::<Album>(alice);
    let new = |title: &str| NewAlbum { title: title.into(), year: None, price: Some(7) };
    let album = golden.add("albums.insert(…): the values are recorded", true, albums.insert(new("Blue"))).await;
    let to = |title: &str, version| AlbumChanges { title: Change::Set(title.into()), version, ..Default::default() };
    let update = albums.update(&album.id, to("Red", album.version));
    golden.add("albums.update(&id, title): the version is checked, the old value recorded", true, update).await;
    let update = albums.update_where(Album::TITLE.eq("Red"), to("Green", 0));
    golden.add("albums.update_where(TITLE.eq(…), title)", true, update).await;
    golden
        .add("albums.delete(&id): tracks and takes go too, reviews stay, loans keep it", true, albums.delete(&album.id))
        .await;
    let album = albums.insert(new("Blue")).await.unwrap();
    let track = NewTrack { album_id: album.id, title: "x".into() };
    world.pool.repository::<Track>(alice).insert(track).await.unwrap();
    let delete = albums.delete_where(Album::TITLE.eq("Blue"));
    golden.add("albums.delete_where(TITLE.eq(…))", true, delete).await;

    let (folders, pages) = (world.pool.repository::<Folder>(alice), world.pool.repository::<Page>(alice));
    let folder = folders.insert(NewFolder { inside: None, name: "x".into() }).await.unwrap();
    let new = NewPage { folder_id: folder.id, text: "x".into() };
    let page = golden.add("pages.insert(…): its folder must not be marked as deleted", true, pages.insert(new)).await;
    golden.add("pages.get(&id): not one that is marked", true, pages.get(&page.id)).await;
    let changes = PageChanges { folder_id: Change::Set(folder.id), version: page.version, ..Default::default() };
    golden.add("pages.update(&id, folder_id): the version is checked", true, pages.update(&page.id, changes)).await;
    golden.add("pages.query().with_deleted().all()", true, pages.query().with_deleted().all()).await;
    golden.add("folders.delete(&id): a tree, and its pages, are marked", true, folders.delete(&folder.id)).await;
    golden.add("folders.restore(&id): with those that were marked together", true, folders.restore(&folder.id)).await;
    let badges = world.pool.repository::<Badge>(alice);
    let badge = badges.insert(NewBadge { under: None, name: "x".into() }).await.unwrap();
    golden.add("badges.delete(&id): a tree, with ids and owners as text", true, badges.delete(&badge.id)).await;

    let (system, bob) = (world.system().await, user());
    let (everyones, folders_of_all) = (system.repository::<Page>(), system.repository::<Folder>());
    pages.delete(&page.id).await.unwrap();
    golden.add("system: pages.purge(&id)", false, everyones.purge(&page.id)).await;
    golden
        .add("system: folders.purge_where(NAME.eq(…))", false, folders_of_all.purge_where(Folder::NAME.eq("y")))
        .await;
    let track = system.repository::<Track>();
    let many = track.insert_many_for(alice.user(), []);
    golden.add("system: tracks.insert_many_for(&user, none)", false, many).await;
    let transfer = folders_of_all.transfer(&folder.id, bob.user());
    golden.add("system: folders.transfer(&id, &to): the tree and its pages", false, transfer).await;
    let album = albums.insert(NewAlbum { title: "Blue".into(), year: None, price: None }).await.unwrap();
    let hers = system.owned_by(alice.user());
    let her_albums = hers.repository::<Album>();
    golden.add("system.owned_by(&user): albums.get(&id)", true, her_albums.get(&album.id)).await;
    let transfer = her_albums.transfer(&album.id, bob.user());
    golden.add("system.owned_by(&user): albums.transfer(&id, &to): all children", true, transfer).await;
}
