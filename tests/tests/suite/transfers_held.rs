//! What keeps a row from being given to somebody else, and all that belongs to it with it.

use user_scope::{Change, Error, Stores, UserScoped, Uuid};

use super::databases::TestDb;
use super::entities::{NewSubtask, Subtask, Task};
use super::household::rows;
use super::shelf::{Album, Badge, BadgeChanges, Folder, Page, Review, Take, Track};
use super::transfers::{is_owned_by, owners};
use super::world::{World, user};

on_each_database_and_through_pgbouncer!(
    a_row_whose_parent_stays_behind_stays_too,
    a_row_below_whose_other_parent_stays_behind_holds_all,
    children_of_a_tree_hold_it_if_their_tree_or_parent_stays_behind,
    absent_rows_and_reserved_users_are_refused,
    a_key_that_the_new_owner_has_already_is_refused,
    a_refused_transfer_leaves_its_transaction_usable,
    a_child_that_nobody_lists_holds_its_parent,
);

async fn a_row_whose_parent_stays_behind_stays_too<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let album = world.album(&alice, "x").await;
    let track = world.track(&alice, album.id, "a").await;
    let take = world.take(&alice, track.id, 1).await;
    let review = world.review(&alice, album.id).await;
    let top = world.folder(&alice, None, "top").await;
    let inner = world.folder(&alice, Some(top.id), "inner").await;
    world.folder(&alice, Some(inner.id), "innermost").await;
    let page = world.page(&alice, inner.id, "a").await;
    let badge = world.badge(&alice, None, "b").await;
    let under = world.badge(&alice, Some(badge.id), "c").await;
    let system = world.system().await;
    let refused = [
        system.repository::<Track>().transfer(&track.id, bob.user()).await,
        system.repository::<Take>().transfer(&take.id, bob.user()).await,
        system.repository::<Review>().transfer(&review.id, bob.user()).await,
        system.repository::<Folder>().transfer(&inner.id, bob.user()).await,
        system.repository::<Page>().transfer(&page.id, bob.user()).await,
        system.repository::<Badge>().transfer(&under.id, bob.user()).await,
    ];
    for refused in refused {
        assert!(matches!(refused, Err(Error::ParentNotFound { source: None, .. })), "{refused:?}");
    }
    for table in ["albums", "tracks", "takes", "reviews", "folders", "pages"] {
        assert!(is_owned_by(&owners(&world, table).await, &alice), "{table}");
    }
    assert_eq!(world.pool.repository::<Badge>(&alice).query().count().await.unwrap(), 2);
    assert!(world.lines("transfer").await.is_empty());
    // A row without its parent can go.
    world.pool.repository::<Album>(&alice).delete(&world.album(&alice, "y").await.id).await.unwrap();
    let alone = BadgeChanges { under: Change::Set(None), ..Default::default() };
    world.pool.repository::<Badge>(&alice).update(&under.id, alone).await.unwrap();
    system.repository::<Badge>().transfer(&under.id, bob.user()).await.unwrap();
    assert_eq!(world.pool.repository::<Badge>(&bob).query().count().await.unwrap(), 1);
}

/// With two parents, both of which take it along.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "hands", children(Deal))]
pub struct Hand {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "deals", changes(derive(Default)))]
pub struct Deal {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Hand, on_delete = "cascade")]
    pub giver: Uuid,
    #[user_scoped(parent = Hand, on_delete = "cascade")]
    pub taker: Option<Uuid>,
}

/// A child that is a tree as well.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "boxes", children(Thing))]
pub struct Case {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "things")]
pub struct Thing {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Case, on_delete = "cascade")]
    pub box_id: Uuid,
    #[user_scoped(parent = Self, on_delete = "cascade")]
    pub inside: Option<Uuid>,
}

pub trait DealsDb: TestDb + Stores<Hand> + Stores<Deal> + Stores<Case> + Stores<Thing> {}
impl<DB: TestDb + Stores<Hand> + Stores<Deal> + Stores<Case> + Stores<Thing>> DealsDb for DB {}

/// Without any foreign key: what holds, holds by the library.
pub async fn keyless<DB: DealsDb>() -> World<DB> {
    let world = World::<DB>::open().await;
    let tables = "
        CREATE TABLE hands (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, name TEXT NOT NULL);
        CREATE TABLE deals (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, giver {uuid} NOT NULL, taker {uuid});
        CREATE TABLE boxes (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, name TEXT NOT NULL);
        CREATE TABLE things (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, box_id {uuid} NOT NULL, inside {uuid})";
    DB::run(&world.raw, &tables.replace("{uuid}", DB::UUID)).await.unwrap();
    world.open_to_the_application().await;
    world
}

async fn a_row_below_whose_other_parent_stays_behind_holds_all<DB: DealsDb>() {
    let (world, alice, bob) = (keyless::<DB>().await, user(), user());
    let (hands, deals) = (world.pool.repository::<Hand>(&alice), world.pool.repository::<Deal>(&alice));
    let [one, two] = ["one", "two"].map(|name| NewHand { name: name.into() });
    let (one, two) = (hands.insert(one).await.unwrap(), hands.insert(two).await.unwrap());
    let between = deals.insert(NewDeal { giver: one.id, taker: Some(two.id) }).await.unwrap();
    let system = world.system().await;
    for hand in [&one, &two] {
        let refused = system.repository::<Hand>().transfer(&hand.id, bob.user()).await;
        assert!(matches!(refused, Err(Error::ParentNotFound { entity: "hands", source: None })), "{refused:?}");
    }
    assert!(is_owned_by(&owners(&world, "hands").await, &alice) && is_owned_by(&owners(&world, "deals").await, &alice));
    deals.delete(&between.id).await.unwrap();
    // Reached by two ways it goes once.
    let own = deals.insert(NewDeal { giver: one.id, taker: Some(one.id) }).await.unwrap();
    system.repository::<Hand>().transfer(&one.id, bob.user()).await.unwrap();
    assert_eq!(world.recorded("transfer").await, rows([("hands", one.id), ("deals", own.id)]));
    assert!(is_owned_by(&owners(&world, "deals").await, &bob));
}

async fn children_of_a_tree_hold_it_if_their_tree_or_parent_stays_behind<DB: DealsDb>() {
    let (world, alice, bob) = (keyless::<DB>().await, user(), user());
    let (boxes, things) = (world.pool.repository::<Case>(&alice), world.pool.repository::<Thing>(&alice));
    let [one, two] = ["one", "two"].map(|name| NewCase { name: name.into() });
    let (one, two) = (boxes.insert(one).await.unwrap(), boxes.insert(two).await.unwrap());
    let outer = things.insert(NewThing { box_id: one.id, inside: None }).await.unwrap();
    let inner = things.insert(NewThing { box_id: two.id, inside: Some(outer.id) }).await.unwrap();
    let system = world.system().await;
    for id in [one.id, two.id] {
        let refused = system.repository::<Case>().transfer(&id, bob.user()).await;
        assert!(matches!(refused, Err(Error::ParentNotFound { entity: "boxes", source: None })), "{refused:?}");
        assert!(is_owned_by(&owners(&world, "boxes").await, &alice));
        assert!(is_owned_by(&owners(&world, "things").await, &alice));
    }
    things.delete(&inner.id).await.unwrap();
    let inner = things.insert(NewThing { box_id: one.id, inside: Some(outer.id) }).await.unwrap();
    system.repository::<Case>().transfer(&one.id, bob.user()).await.unwrap();
    let gone = [("boxes", one.id), ("things", outer.id), ("things", inner.id)];
    assert_eq!(world.recorded("transfer").await, rows(gone));
    assert!(is_owned_by(&owners(&world, "things").await, &bob));
    assert_eq!(boxes.query().all().await.unwrap(), [two]);
}

async fn absent_rows_and_reserved_users_are_refused<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let album = world.album(&alice, "x").await;
    let system = world.system().await;
    let albums = system.repository::<Album>();
    for id in [album.id, Uuid::now_v7()] {
        assert!(matches!(albums.transfer(&id, &Uuid::nil()).await, Err(Error::ReservedUser)));
    }
    let refused = albums.transfer(&Uuid::now_v7(), alice.user()).await;
    assert!(matches!(refused, Err(Error::NotFound { entity: "albums" })), "{refused:?}");
    assert_eq!(world.pool.repository::<Album>(&alice).get(&album.id).await.unwrap(), album);
    assert!(world.lines("transfer").await.is_empty());
}

async fn a_key_that_the_new_owner_has_already_is_refused<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (world.album(&alice, "x").await, world.album(&bob, "x").await);
    let track = world.track(&alice, hers.id, "a").await;
    let system = world.system().await;
    let refused = system.repository::<Album>().transfer(&hers.id, bob.user()).await;
    assert!(matches!(refused, Err(Error::Duplicate { entity: "albums", .. })), "{refused:?}");
    assert_eq!(world.pool.repository::<Track>(&alice).get(&track.id).await.unwrap(), track);
    assert_eq!(world.pool.repository::<Album>(&bob).query().all().await.unwrap(), [his]);
    assert!(world.lines("transfer").await.is_empty());
}

async fn a_refused_transfer_leaves_its_transaction_usable<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (album, other) = (world.album(&alice, "x").await, world.album(&alice, "y").await);
    let track = world.track(&alice, album.id, "a").await;
    let system = world.system().await;
    let tx = system.begin().await.unwrap();
    let refused = tx.repository::<Track>().transfer(&track.id, bob.user()).await;
    assert!(matches!(refused, Err(Error::ParentNotFound { .. })), "{refused:?}");
    let refused = tx.repository::<Album>().transfer(&Uuid::now_v7(), bob.user()).await;
    assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    tx.repository::<Album>().transfer(&other.id, bob.user()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.pool.repository::<Album>(&bob).query().count().await.unwrap(), 1);
    assert_eq!(world.pool.repository::<Track>(&alice).get(&track.id).await.unwrap(), track);
    assert_eq!(world.lines("transfer").await.len(), 1);
}

/// Tasks do not list their subtasks. The composite key refuses, at the latest when the transaction is to be committed.
async fn a_child_that_nobody_lists_holds_its_parent<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::with(Default::default(), 1).await, user(), user());
    let task = world.task(&alice, "t").await;
    let subtasks = world.pool.repository::<Subtask>(&alice);
    let subtask = subtasks.insert(NewSubtask { task_id: task.id, title: "s".into() }).await.unwrap();
    let system = world.system().await;
    let refused = system.repository::<Task>().transfer(&task.id, bob.user()).await;
    assert!(matches!(refused, Err(Error::ParentNotFound { entity: "tasks", .. })), "{refused:?}");
    let tx = system.begin().await.unwrap();
    let refused = match tx.repository::<Task>().transfer(&task.id, bob.user()).await {
        Ok(()) => tx.commit().await,
        refused => {
            drop(tx);
            refused
        }
    };
    assert!(matches!(refused, Err(Error::ParentNotFound { .. })), "{refused:?}");
    assert_eq!(world.pool.repository::<Task>(&alice).get(&task.id).await.unwrap(), task);
    assert_eq!(subtasks.get(&subtask.id).await.unwrap(), subtask);
    assert!(world.lines("transfer").await.is_empty());
    // The only connection is clean.
    subtasks.delete(&subtask.id).await.unwrap();
    system.repository::<Task>().transfer(&task.id, bob.user()).await.unwrap();
    assert_eq!(world.pool.repository::<Task>(&bob).query().count().await.unwrap(), 1);
}
