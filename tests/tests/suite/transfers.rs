//! A row that is given to somebody else: with all that belongs to it, or not at all.

use user_scope::{Change, Error, Stores, UserContext, UserScoped, Uuid};

use super::databases::TestDb;
use super::entities::{NewProject, NewSubtask, Project, Subtask, Task};
use super::household::{details, literal, new_album, rows};
use super::shelf::{
    Album, Badge, BadgeChanges, Folder, Loan, NewTrack, Page, Review, Setting, Take, Track, TrackChanges,
};
use super::world::{World, user};

on_each_database!(
    a_row_goes_with_children_and_grandchildren,
    a_tree_goes_with_all_that_belongs_to_it_deleted_rows_too,
    every_row_is_recorded_with_both_owners,
    a_row_whose_parent_stays_behind_stays_too,
    a_row_below_whose_other_parent_stays_behind_holds_all,
    children_of_a_tree_hold_it_if_their_tree_or_parent_stays_behind,
    absent_rows_and_reserved_users_are_refused,
    a_key_that_the_new_owner_has_already_is_refused,
    identifiers_that_are_stored_as_text_go_as_well,
    a_refused_transfer_leaves_its_transaction_usable,
    a_transfer_in_a_transaction_is_undone_by_its_rollback,
    a_child_that_nobody_lists_holds_its_parent,
    rows_of_others_do_not_go_along,
    a_row_can_be_given_back,
    an_administrator_gives_away_what_belongs_to_one_user,
    a_child_that_is_inserted_meanwhile_goes_along_or_is_refused,
);

/// The owners of the rows of a table, each once, as text.
async fn owners<DB: TestDb>(world: &World<DB>, table: &str) -> Vec<String> {
    let text = if DB::UUID == "UUID" { "CAST(user_id AS TEXT)" } else { "lower(hex(user_id))" };
    DB::texts(&world.raw, &format!("SELECT DISTINCT {text} FROM {table} ORDER BY 1")).await.unwrap()
}

fn is_owned_by(owners: &[String], user: &UserContext) -> bool {
    let [owner] = owners else { return false };
    owner.parse::<Uuid>().unwrap() == *user.user()
}

/// Each child has the owner of its parent.
async fn assert_families<DB: TestDb>(world: &World<DB>) {
    let links = [
        ("tracks", "album_id", "albums"),
        ("takes", "track_id", "tracks"),
        ("reviews", "album_id", "albums"),
        ("loans", "album_id", "albums"),
        ("folders", "inside", "folders"),
        ("pages", "folder_id", "folders"),
        ("badges", "under", "badges"),
    ];
    for (child, link, parent) in links {
        let sql = format!(
            "SELECT count(*) FROM {child} AS c LEFT JOIN {parent} AS p ON p.id = c.{link} AND p.user_id = c.user_id \
             WHERE c.{link} IS NOT NULL AND p.id IS NULL"
        );
        assert_eq!(DB::number(&world.raw, &sql).await, 0, "{child}");
    }
}

async fn a_row_goes_with_children_and_grandchildren<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (album, stays) = (world.album(&alice, "x").await, world.album(&alice, "stays").await);
    let track = world.track(&alice, album.id, "a").await;
    let take = world.take(&alice, track.id, 1).await;
    let (review, loan) = (world.review(&alice, album.id).await, world.loan(&alice, album.id).await);
    world.track(&alice, stays.id, "b").await;
    let system = world.system().await;
    system.repository::<Album>().transfer(&album.id, bob.user()).await.unwrap();
    let (pool, owner) = (&world.pool, *bob.user());
    assert_eq!(
        pool.repository::<Album>(&bob).query().all().await.unwrap(),
        [Album { user_id: owner, version: 2, ..album.clone() }]
    );
    assert_eq!(
        pool.repository::<Track>(&bob).query().all().await.unwrap(),
        [Track { user_id: owner, ..track.clone() }]
    );
    assert_eq!(pool.repository::<Take>(&bob).query().all().await.unwrap(), [Take { user_id: owner, ..take.clone() }]);
    assert_eq!(
        pool.repository::<Review>(&bob).query().all().await.unwrap(),
        [Review { user_id: owner, ..review.clone() }]
    );
    assert_eq!(pool.repository::<Loan>(&bob).query().all().await.unwrap(), [Loan { user_id: owner, ..loan.clone() }]);
    assert_eq!(pool.repository::<Album>(&alice).query().all().await.unwrap(), [stays]);
    assert_eq!(pool.repository::<Track>(&alice).query().count().await.unwrap(), 1);
    assert_eq!(pool.repository::<Take>(&alice).query().count().await.unwrap(), 0);
    assert!(matches!(pool.repository::<Album>(&alice).get(&album.id).await, Err(Error::NotFound { .. })));
    assert_families(&world).await;
    let gone =
        [("albums", album.id), ("tracks", track.id), ("takes", take.id), ("reviews", review.id), ("loans", loan.id)];
    assert_eq!(world.recorded("transfer").await, rows(gone));
}

async fn a_tree_goes_with_all_that_belongs_to_it_deleted_rows_too<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let top = world.folder(&alice, None, "top").await;
    let (live, deleted) =
        (world.folder(&alice, Some(top.id), "live").await, world.folder(&alice, Some(top.id), "deleted").await);
    let page = world.page(&alice, live.id, "a").await;
    let marked = world.page(&alice, live.id, "b").await;
    let below = world.page(&alice, deleted.id, "c").await;
    world.pool.repository::<Page>(&alice).delete(&marked.id).await.unwrap();
    world.pool.repository::<Folder>(&alice).delete(&deleted.id).await.unwrap();
    world.system().await.repository::<Folder>().transfer(&top.id, bob.user()).await.unwrap();
    assert_families(&world).await;
    assert!(is_owned_by(&owners(&world, "folders").await, &bob));
    assert!(is_owned_by(&owners(&world, "pages").await, &bob));
    let folders = world.pool.repository::<Folder>(&bob);
    assert_eq!(folders.query().count().await.unwrap(), 2);
    let (f, p) = ("folders", "pages");
    let gone = [(f, top.id), (f, live.id), (f, deleted.id), (p, page.id), (p, marked.id), (p, below.id)];
    assert_eq!(world.recorded("transfer").await, rows(gone));
    // What was deleted is the new owner's to restore.
    folders.restore(&deleted.id).await.unwrap();
    world.pool.repository::<Page>(&bob).restore(&marked.id).await.unwrap();
    assert_eq!(world.pool.repository::<Page>(&bob).query().count().await.unwrap(), 3);
}

async fn every_row_is_recorded_with_both_owners<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let album = world.album(&alice, "x").await;
    let track = world.track(&alice, album.id, "a").await;
    world.take(&alice, track.id, 1).await;
    let top = world.folder(&alice, None, "top").await;
    let inner = world.folder(&alice, Some(top.id), "inner").await;
    world.page(&alice, inner.id, "a").await;
    let badge = world.badge(&alice, None, "b").await;
    world.badge(&alice, Some(badge.id), "c").await;
    let system = world.system().await;
    system.repository::<Album>().transfer(&album.id, bob.user()).await.unwrap();
    system.repository::<Folder>().transfer(&top.id, bob.user()).await.unwrap();
    system.repository::<Badge>().transfer(&badge.id, bob.user()).await.unwrap();
    let lines = world.lines("transfer").await;
    assert_eq!(lines.len(), 8);
    for line in lines {
        assert_eq!(line.user_id, system.requested_by().user().to_string());
        let expected = serde_json::json!({
            "owner": alice.user().to_string(), "to": bob.user().to_string(), "receipt": system.receipt_id().to_string(),
        });
        assert_eq!(details(&line), expected, "{line:?}");
    }
    // The old owner's own trail does not tell to whom it went: it is not his any more.
    assert!(world.pool.audit_trail(&alice).all().await.unwrap().iter().all(|row| row.operation != "transfer"));
}

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

async fn identifiers_that_are_stored_as_text_go_as_well<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let root = world.badge(&alice, None, "root").await;
    let leaf = world.badge(&alice, Some(root.id), "leaf").await;
    let deep = world.badge(&alice, Some(leaf.id), "deep").await;
    let system = world.system().await;
    system.repository::<Badge>().transfer(&root.id, bob.user()).await.unwrap();
    let badges = world.pool.repository::<Badge>(&bob);
    assert_eq!(badges.get(&deep.id).await.unwrap(), Badge { user_id: *bob.user(), ..deep });
    assert_eq!(badges.query().count().await.unwrap(), 3);
    let task = world.task(&alice, "t").await;
    let projects = world.pool.repository::<Project>(&alice);
    let with = projects.insert(NewProject { name: "p".into(), main_task: Some(task.id) }).await.unwrap();
    let without = projects.insert(NewProject { name: "q".into(), main_task: None }).await.unwrap();
    let refused = system.repository::<Project>().transfer(&with.id, bob.user()).await;
    assert!(matches!(refused, Err(Error::ParentNotFound { entity: "projects", source: None })), "{refused:?}");
    system.repository::<Project>().transfer(&without.id, bob.user()).await.unwrap();
    assert_eq!(projects.query().all().await.unwrap(), [with]);
    assert_eq!(world.pool.repository::<Project>(&bob).get(&without.id).await.unwrap().user_id, *bob.user());
    assert_families(&world).await;
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

async fn a_transfer_in_a_transaction_is_undone_by_its_rollback<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let top = world.folder(&alice, None, "top").await;
    let page = world.page(&alice, top.id, "a").await;
    let system = world.system().await;
    let tx = system.begin().await.unwrap();
    tx.repository::<Folder>().transfer(&top.id, bob.user()).await.unwrap();
    assert_eq!(tx.repository::<Page>().get(&page.id).await.unwrap().user_id, *bob.user());
    tx.rollback().await.unwrap();
    assert_eq!(world.pool.repository::<Page>(&alice).get(&page.id).await.unwrap(), page);
    assert!(world.lines("transfer").await.is_empty());
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

/// Somebody else's rows name hers as their parents, which only raw SQL can bring about.
async fn rows_of_others_do_not_go_along<DB: TestDb>() {
    let (world, alice, bob, carol) = (World::<DB>::open().await, user(), user(), user());
    let (hers, his) = (world.album(&alice, "x").await, world.album(&bob, "y").await);
    let (track, stray) = (world.track(&alice, hers.id, "a").await, world.track(&bob, his.id, "b").await);
    let (album, id) = (literal::<DB>(&hers.id), literal::<DB>(&stray.id));
    world.against_the_keys("tracks", &format!("UPDATE tracks SET album_id = {album} WHERE id = {id}")).await;
    world.system().await.repository::<Album>().transfer(&hers.id, carol.user()).await.unwrap();
    assert_eq!(world.recorded("transfer").await, rows([("albums", hers.id), ("tracks", track.id)]));
    assert_eq!(world.pool.repository::<Track>(&bob).get(&stray.id).await.unwrap().user_id, *bob.user());
    assert_eq!(world.pool.repository::<Track>(&carol).query().count().await.unwrap(), 1);
}

async fn a_row_can_be_given_back<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let album = world.album(&alice, "x").await;
    let track = world.track(&alice, album.id, "a").await;
    let system = world.system().await;
    let albums = system.repository::<Album>();
    for owner in [&bob, &alice, &alice, &bob, &alice] {
        albums.transfer(&album.id, owner.user()).await.unwrap();
        assert!(is_owned_by(&owners(&world, "tracks").await, owner));
    }
    let album = world.pool.repository::<Album>(&alice).get(&album.id).await.unwrap();
    assert_eq!(album.version, 6);
    let renamed = TrackChanges { title: Change::Set("b".into()), ..Default::default() };
    world.pool.repository::<Track>(&alice).update(&track.id, renamed).await.unwrap();
}

async fn an_administrator_gives_away_what_belongs_to_one_user<DB: TestDb>() {
    let (world, alice, bob, carol) = (World::<DB>::open().await, user(), user(), user());
    for (owner, value) in [(&alice, "dark"), (&bob, "light")] {
        let new = super::shelf::NewSetting { id: "theme".into(), value: value.into() };
        world.pool.repository::<Setting>(owner).insert(new).await.unwrap();
    }
    let system = world.system().await;
    let theme = "theme".to_owned();
    let of_alice = system.owned_by(alice.user());
    let refused = of_alice.repository::<Setting>().transfer(&theme, bob.user()).await;
    assert!(matches!(refused, Err(Error::Duplicate { entity: "settings", .. })), "{refused:?}");
    of_alice.repository::<Setting>().transfer(&theme, carol.user()).await.unwrap();
    assert_eq!(world.pool.repository::<Setting>(&carol).get(&theme).await.unwrap().value, "dark");
    assert_eq!(world.pool.repository::<Setting>(&bob).get(&theme).await.unwrap().value, "light");
    let album = world.album(&bob, "his").await;
    let refused = of_alice.repository::<Album>().transfer(&album.id, carol.user()).await;
    assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    let [line] = &world.lines("transfer").await[..] else { panic!("one line") };
    let expected = serde_json::json!({
        "owner": alice.user().to_string(), "to": carol.user().to_string(), "receipt": system.receipt_id().to_string(),
    });
    assert_eq!(details(line), expected);
}

async fn a_child_that_is_inserted_meanwhile_goes_along_or_is_refused<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::with(Default::default(), 10).await, user(), user());
    let system = world.system().await;
    for round in 0..25 {
        let album = world.pool.repository::<Album>(&alice).insert(new_album(&format!("{round}"))).await.unwrap();
        let folder = world.folder(&alice, None, "f").await;
        let work = (0..8).map(|number| {
            let (pool, system, alice, bob) = (world.pool.clone(), system.clone(), alice.clone(), bob.clone());
            let (album, folder) = (album.id, folder.id);
            tokio::spawn(async move {
                let done = match number {
                    3 => system.repository::<Album>().transfer(&album, bob.user()).await,
                    4 => system.repository::<Folder>().transfer(&folder, bob.user()).await,
                    0 | 1 | 5 => {
                        let new = NewTrack { album_id: album, title: "t".into() };
                        pool.repository::<Track>(&alice).insert(new).await.map(drop)
                    }
                    _ => {
                        let new = super::shelf::NewFolder { inside: Some(folder), name: "n".into() };
                        pool.repository::<Folder>(&alice).insert(new).await.map(drop)
                    }
                };
                // Either was first: the other one found a parent that is not hers, or a child that he had not seen.
                assert!(matches!(done, Ok(()) | Err(Error::ParentNotFound { .. })), "{done:?}");
            })
        });
        for work in work.collect::<Vec<_>>() {
            work.await.unwrap();
        }
    }
    assert_families(&world).await;
}
