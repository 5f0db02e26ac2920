//! A row that is given to somebody else: with all that belongs to it, or not at all.

use user_scope::{Change, Error, UserContext, Uuid};

use super::databases::TestDb;
use super::entities::{NewProject, Project};
use super::household::{details, literal, new_album, rows};
use super::shelf::{Album, Badge, Folder, Loan, NewTrack, Page, Review, Setting, Take, Track, TrackChanges};
use super::world::{World, user};

on_each_database_and_through_pgbouncer!(
    a_row_goes_with_children_and_grandchildren,
    a_tree_goes_with_all_that_belongs_to_it_deleted_rows_too,
    every_row_is_recorded_with_both_owners,
    identifiers_that_are_stored_as_text_go_as_well,
    a_transfer_in_a_transaction_is_undone_by_its_rollback,
    rows_of_others_do_not_go_along,
    a_row_can_be_given_back,
    an_administrator_gives_away_what_belongs_to_one_user,
    a_child_that_is_inserted_meanwhile_goes_along_or_is_refused,
);

/// The owners of the rows of a table, each once, as text.
pub async fn owners<DB: TestDb>(world: &World<DB>, table: &str) -> Vec<String> {
    let text = if DB::UUID == "UUID" { "CAST(user_id AS TEXT)" } else { "lower(hex(user_id))" };
    DB::texts(&world.raw, &format!("SELECT DISTINCT {text} FROM {table} ORDER BY 1")).await.unwrap()
}

pub fn is_owned_by(owners: &[String], user: &UserContext) -> bool {
    let [owner] = owners else { return false };
    owner.parse::<Uuid>().unwrap() == *user.user()
}

/// Each child has the owner of its parent.
pub async fn assert_families<DB: TestDb>(world: &World<DB>) {
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
