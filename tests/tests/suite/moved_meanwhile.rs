//! Rows that are moved or given away on PostgreSQL while a delete or a transfer waits for them: what they were when it began
//! does not count. SQLite has one writer at a time.

use sqlx::Postgres;
use user_scope::{Change, Error, ScopedTransaction, UserContext, Uuid};

use super::household::rows;
use super::kinship::{self, Message, MessageChanges, NewMessage, Person, insert, person};
use super::meanwhile::{begin, delete, waiting};
use super::shelf::{Album, Badge, BadgeChanges, Take, Track, TrackChanges};
use super::transfers_held::{Deal, DealChanges, Hand, NewDeal, NewHand, keyless};
use super::world::{World, user};

/// The tree `a` with `b` and `c` below it, of which `b` is moved to `d` by the transaction.
async fn moved(world: &World<Postgres>, alice: &UserContext) -> ([Uuid; 4], ScopedTransaction<Postgres>) {
    let a = world.badge(alice, None, "a").await.id;
    let b = world.badge(alice, Some(a), "b").await.id;
    let c = world.badge(alice, Some(b), "c").await.id;
    let d = world.badge(alice, None, "d").await.id;
    let tx = begin(world, alice).await;
    let changes = BadgeChanges { under: Change::Set(Some(d)), ..Default::default() };
    tx.repository::<Badge>().update(&b, changes).await.unwrap();
    ([a, b, c, d], tx)
}

#[tokio::test]
async fn a_branch_that_was_moved_to_another_tree_is_left_alone() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let ([a, b, c, d], tx) = moved(&world, &alice).await;
    let deleted = waiting(&world, delete::<Badge>(&world, &alice, a)).await;
    tx.commit().await.unwrap();
    deleted.await.unwrap().unwrap();
    assert_eq!(world.recorded("delete").await, rows([("badges", a)]));
    let left = world.pool.repository::<Badge>(&alice).query().order_by(Badge::ID.asc()).all().await.unwrap();
    assert_eq!(left.iter().map(|badge| badge.id).collect::<Vec<_>>(), [b, c, d]);
}

#[tokio::test]
async fn a_branch_that_was_moved_to_another_tree_is_not_given_away() {
    let (world, alice, bob) = (World::<Postgres>::open().await, user(), user());
    let ([a, b, c, d], tx) = moved(&world, &alice).await;
    let (system, to) = (world.system().await, *bob.user());
    let given = waiting(&world, async move { system.repository::<Badge>().transfer(&a, &to).await }).await;
    tx.commit().await.unwrap();
    given.await.unwrap().unwrap();
    assert_eq!(world.recorded("transfer").await, rows([("badges", a)]));
    let left = world.pool.repository::<Badge>(&alice).query().order_by(Badge::ID.asc()).all().await.unwrap();
    assert_eq!(left.iter().map(|badge| badge.id).collect::<Vec<_>>(), [b, c, d]);
}

#[tokio::test]
async fn a_child_that_was_moved_to_another_parent_is_left_alone() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let (one, two) = (world.album(&alice, "x").await.id, world.album(&alice, "y").await.id);
    let track = world.track(&alice, one, "t").await.id;
    let take = world.take(&alice, track, 1).await.id;
    let tx = begin(&world, &alice).await;
    let changes = TrackChanges { album_id: Change::Set(two), ..Default::default() };
    tx.repository::<Track>().update(&track, changes).await.unwrap();
    let deleted = waiting(&world, delete::<Album>(&world, &alice, one)).await;
    tx.commit().await.unwrap();
    deleted.await.unwrap().unwrap();
    assert_eq!(world.recorded("delete").await, rows([("albums", one)]));
    assert_eq!(world.pool.repository::<Track>(&alice).get(&track).await.unwrap().album_id, two);
    assert!(world.pool.repository::<Take>(&alice).exists(&take).await.unwrap());
}

#[tokio::test]
async fn a_child_that_was_given_another_parent_holds_a_transfer() {
    let (world, alice, bob) = (keyless::<Postgres>().await, user(), user());
    let one = insert::<Postgres, Hand>(&world, &alice, NewHand { name: "one".into() }).await;
    let two = insert::<Postgres, Hand>(&world, &alice, NewHand { name: "two".into() }).await;
    let deal = insert::<Postgres, Deal>(&world, &alice, NewDeal { giver: one, taker: None }).await;
    let tx = begin(&world, &alice).await;
    let changes = DealChanges { taker: Change::Set(Some(two)), ..Default::default() };
    tx.repository::<Deal>().update(&deal, changes).await.unwrap();
    let (system, to) = (world.system().await, *bob.user());
    let given = waiting(&world, async move { system.repository::<Hand>().transfer(&one, &to).await }).await;
    tx.commit().await.unwrap();
    let refused = given.await.unwrap();
    assert!(matches!(refused, Err(Error::ParentNotFound { source: None, .. })), "{refused:?}");
    assert!(world.lines("transfer").await.is_empty());
}

#[tokio::test]
async fn who_gives_away_a_row_that_is_given_away_already_does_not_find_it() {
    let (world, alice, bob) = (World::<Postgres>::open().await, user(), user());
    let album = world.album(&alice, "x").await.id;
    world.track(&alice, album, "t").await;
    let system = world.system().await;
    let tx = system.owned_by(alice.user()).begin().await.unwrap();
    tx.repository::<Album>().transfer(&album, bob.user()).await.unwrap();
    let (second, owner, to) = (world.system().await, *alice.user(), *user().user());
    let second =
        waiting(&world, async move { second.owned_by(&owner).repository::<Album>().transfer(&album, &to).await }).await;
    tx.commit().await.unwrap();
    let refused = second.await.unwrap();
    assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    assert_eq!(world.pool.repository::<Track>(&bob).query().count().await.unwrap(), 1);
}

#[tokio::test]
async fn who_has_another_parent_by_now_does_not_lose_it() {
    let (world, alice) = (kinship::open::<Postgres>().await, user());
    let (one, two, three) =
        (person(&world, &alice, "1").await, person(&world, &alice, "2").await, person(&world, &alice, "3").await);
    let new = NewMessage { sender: Some(one), receiver: Some(two) };
    let message = insert::<Postgres, Message>(&world, &alice, new).await;
    let tx = begin(&world, &alice).await;
    let changes = MessageChanges { sender: Change::Set(Some(three)), ..Default::default() };
    tx.repository::<Message>().update(&message, changes).await.unwrap();
    let deleted = waiting(&world, delete::<Person>(&world, &alice, one)).await;
    tx.commit().await.unwrap();
    deleted.await.unwrap().unwrap();
    let message = world.pool.repository::<Message>(&alice).get(&message).await.unwrap();
    assert_eq!((message.sender, message.receiver), (Some(three), Some(two)));
    assert_eq!(world.lines("update").await.len(), 1);
}

/// He who sees all owners gives it away from the first one's heir.
#[tokio::test]
async fn a_row_is_given_away_twice_by_one_who_sees_all_owners() {
    let (world, alice, bob, carol) = (World::<Postgres>::open().await, user(), user(), user());
    let album = world.album(&alice, "x").await.id;
    world.track(&alice, album, "t").await;
    let system = world.system().await;
    let tx = system.begin().await.unwrap();
    tx.repository::<Album>().transfer(&album, bob.user()).await.unwrap();
    let (second, to) = (world.system().await, *carol.user());
    let second = waiting(&world, async move { second.repository::<Album>().transfer(&album, &to).await }).await;
    tx.commit().await.unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(world.pool.repository::<Album>(&carol).query().count().await.unwrap(), 1);
    assert_eq!(world.pool.repository::<Track>(&carol).query().count().await.unwrap(), 1);
}
