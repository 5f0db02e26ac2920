//! What comes in between on PostgreSQL: a child that somebody else inserts while a delete, a mark or a transfer waits for him,
//! or he for it. SQLite has one writer at a time.

use std::future::Future;

use sqlx::Postgres;
use tokio::task::JoinHandle;
use user_scope::{Change, Error, ScopedPool, ScopedTransaction, Stores, UserContext, UserScoped, Uuid};

use super::databases::TestDb;
use super::household::rows;
use super::kinship::insert;
use super::shelf::{Album, Folder, FolderChanges, NewFolder, NewPage, NewTrack, Page, Track};
use super::transfers_held::{Deal, Hand, NewDeal, NewHand, keyless};
use super::world::{World, user};

/// Starts `work`, and comes back once it waits for somebody.
pub async fn waiting<R: Send + 'static>(
    world: &World<Postgres>,
    work: impl Future<Output = R> + Send + 'static,
) -> JoinHandle<R> {
    let work = tokio::spawn(work);
    let waits = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) \
                 WHERE NOT granted AND datname = current_database()";
    while Postgres::number(&world.raw, waits).await == 0 {
        assert!(!work.is_finished(), "it has waited for nobody");
        tokio::task::yield_now().await;
    }
    work
}

pub fn delete<T: UserScoped<Owner = Uuid, Id = Uuid>>(
    world: &World<Postgres>,
    user: &UserContext,
    id: Uuid,
) -> impl Future<Output = user_scope::Result<()>> + Send + 'static
where
    Postgres: Stores<T>,
{
    let (pool, user): (ScopedPool<Postgres>, _) = (world.pool.clone(), user.clone());
    async move { pool.repository::<T>(&user).delete(&id).await }
}

pub async fn begin(world: &World<Postgres>, user: &UserContext) -> ScopedTransaction<Postgres> {
    world.pool.begin(user).await.unwrap()
}

#[tokio::test]
async fn a_child_that_came_before_a_mark_is_marked_with_its_parent() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let top = world.folder(&alice, None, "top").await.id;
    let tx = begin(&world, &alice).await;
    let new = NewPage { folder_id: top, text: "x".into() };
    let page = tx.repository::<Page>().insert(new).await.unwrap();
    let deleted = waiting(&world, delete::<Folder>(&world, &alice, top)).await;
    tx.commit().await.unwrap();
    deleted.await.unwrap().unwrap();
    assert_eq!(world.recorded("delete").await, rows([("folders", top), ("pages", page.id)]));
    world.pool.repository::<Folder>(&alice).restore(&top).await.unwrap();
    assert_eq!(world.pool.repository::<Page>(&alice).query().count().await.unwrap(), 1);
}

#[tokio::test]
async fn children_of_children_that_came_before_a_mark_are_marked_too() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let top = world.folder(&alice, None, "top").await.id;
    let middle = world.folder(&alice, Some(top), "middle").await.id;
    let tx = begin(&world, &alice).await;
    let new = NewFolder { inside: Some(middle), name: "bottom".into() };
    let bottom = tx.repository::<Folder>().insert(new).await.unwrap().id;
    let new = NewPage { folder_id: bottom, text: "x".into() };
    let page = tx.repository::<Page>().insert(new).await.unwrap().id;
    let deleted = waiting(&world, delete::<Folder>(&world, &alice, top)).await;
    tx.commit().await.unwrap();
    deleted.await.unwrap().unwrap();
    let gone = [("folders", top), ("folders", middle), ("folders", bottom), ("pages", page)];
    assert_eq!(world.recorded("delete").await, rows(gone));
}

#[tokio::test]
async fn a_child_that_comes_after_a_mark_is_refused() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let top = world.folder(&alice, None, "top").await.id;
    let tx = begin(&world, &alice).await;
    tx.repository::<Folder>().delete(&top).await.unwrap();
    let (pool, hers) = (world.pool.clone(), alice.clone());
    let inserted = waiting(&world, async move {
        pool.repository::<Page>(&hers).insert(NewPage { folder_id: top, text: "x".into() }).await
    });
    let inserted = inserted.await;
    tx.commit().await.unwrap();
    let refused = inserted.await.unwrap();
    assert!(matches!(refused, Err(Error::ParentNotFound { .. })), "{refused:?}");
    assert_eq!(world.count("pages").await, 0);
}

/// Marked, and it does not know of its bottles.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "cellars", changes(derive(Default)))]
pub struct Cellar {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    pub name: String,
    #[user_scoped(deleted_at)]
    pub deleted_at: Option<chrono::DateTime<chrono::Utc>>,
}

#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "bottles", changes(derive(Default)))]
pub struct Bottle {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Cellar)]
    pub cellar_id: Uuid,
}

#[tokio::test]
async fn a_child_is_refused_by_a_mark_that_takes_nobody_along_as_well() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let tables = "CREATE TABLE cellars (id UUID PRIMARY KEY, user_id UUID NOT NULL, name TEXT NOT NULL, \
                  deleted_at TIMESTAMPTZ); \
                  CREATE TABLE bottles (id UUID PRIMARY KEY, user_id UUID NOT NULL, cellar_id UUID NOT NULL)";
    Postgres::run(&world.raw, tables).await.unwrap();
    world.open_to_the_application().await;
    let cellar = insert::<Postgres, Cellar>(&world, &alice, NewCellar { name: "x".into() }).await;
    let tx = begin(&world, &alice).await;
    tx.repository::<Cellar>().delete(&cellar).await.unwrap();
    let (pool, hers) = (world.pool.clone(), alice.clone());
    let inserted =
        waiting(&world, async move { pool.repository::<Bottle>(&hers).insert(NewBottle { cellar_id: cellar }).await });
    let inserted = inserted.await;
    tx.commit().await.unwrap();
    let refused = inserted.await.unwrap();
    assert!(matches!(refused, Err(Error::ParentNotFound { .. })), "{refused:?}");
}

/// Whoever changes a parent does not wait for those who insert its children.
#[tokio::test]
async fn a_parent_is_changed_while_children_come() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let top = world.folder(&alice, None, "top").await.id;
    let tx = begin(&world, &alice).await;
    tx.repository::<Page>().insert(NewPage { folder_id: top, text: "x".into() }).await.unwrap();
    let changes = FolderChanges { name: Change::Set("new".into()), ..Default::default() };
    world.pool.repository::<Folder>(&alice).update(&top, changes).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_child_that_came_before_a_delete_goes_with_its_parent() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    for by_condition in [false, true] {
        let album = world.album(&alice, "x").await.id;
        let tx = begin(&world, &alice).await;
        tx.repository::<Track>().insert(NewTrack { album_id: album, title: "t".into() }).await.unwrap();
        let (pool, hers) = (world.pool.clone(), alice.clone());
        let deleted = waiting(&world, async move {
            let albums = pool.repository::<Album>(&hers);
            if by_condition {
                albums.delete_where(Album::TITLE.eq("x")).await.map(drop)
            } else {
                albums.delete(&album).await
            }
        });
        let deleted = deleted.await;
        tx.commit().await.unwrap();
        deleted.await.unwrap().unwrap();
        assert_eq!((world.count("albums").await, world.count("tracks").await), (0, 0));
    }
    assert_eq!(world.lines("delete").await.len(), 4);
}

/// A transaction cannot go on after the foreign key has refused: whoever began it does it again.
#[tokio::test]
async fn a_child_that_came_before_a_delete_is_told_to_a_transaction() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let album = world.album(&alice, "x").await.id;
    let tx = begin(&world, &alice).await;
    tx.repository::<Track>().insert(NewTrack { album_id: album, title: "t".into() }).await.unwrap();
    let (pool, hers) = (world.pool.clone(), alice.clone());
    let deleted = waiting(&world, async move {
        let tx = pool.begin(&hers).await.unwrap();
        tx.repository::<Album>().delete(&album).await
    });
    let deleted = deleted.await;
    tx.commit().await.unwrap();
    let refused = deleted.await.unwrap();
    assert!(matches!(refused, Err(Error::Referenced { source: Some(_), .. })), "{refused:?}");
    assert_eq!((world.count("albums").await, world.count("tracks").await), (1, 1));
}

/// There is no foreign key that could refuse.
#[tokio::test]
async fn a_child_that_came_before_a_transfer_goes_along_or_holds_its_parent() {
    let (world, alice, bob) = (keyless::<Postgres>().await, user(), user());
    let one = insert::<Postgres, Hand>(&world, &alice, NewHand { name: "one".into() }).await;
    let two = insert::<Postgres, Hand>(&world, &alice, NewHand { name: "two".into() }).await;
    for (taker, goes) in [(Some(two), false), (None, true)] {
        let tx = begin(&world, &alice).await;
        let deal = tx.repository::<Deal>().insert(NewDeal { giver: one, taker }).await.unwrap().id;
        let (system, to) = (world.system().await, *bob.user());
        let given = waiting(&world, async move { system.repository::<Hand>().transfer(&one, &to).await }).await;
        tx.commit().await.unwrap();
        let given = given.await.unwrap();
        if goes {
            given.unwrap();
            assert_eq!(world.recorded("transfer").await, rows([("hands", one), ("deals", deal)]));
        } else {
            assert!(matches!(given, Err(Error::ParentNotFound { source: None, .. })), "{given:?}");
            world.pool.repository::<Deal>(&alice).delete(&deal).await.unwrap();
        }
    }
}
