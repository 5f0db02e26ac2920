//! Rows that are named by owner and id together: two users have a "theme" each, and neither reaches the other's.

use user_scope::{Change, Error, Uuid};

use super::databases::TestDb;
use super::household::{details, new_album};
use super::shelf::{Album, AlbumChanges, Folder, NewSetting, NewTrack, Setting, SettingChanges, Track};
use super::world::{World, user};

on_each_database!(
    the_same_id_under_two_owners_names_two_rows,
    each_operation_reaches_ones_own_row_alone,
    a_miss_is_no_denial,
    an_id_that_one_has_already_is_a_duplicate,
    a_system_context_acts_on_the_rows_of_one_user,
    a_system_context_acts_on_one_user_in_a_transaction,
    a_context_of_one_user_reaches_nobody_elses_rows,
    the_rows_of_the_system_user_can_be_reached,
);

fn theme(value: &str) -> NewSetting {
    NewSetting { id: "theme".into(), value: value.into() }
}

fn valued(value: &str) -> SettingChanges {
    SettingChanges { value: Change::Set(value.into()) }
}

async fn the_same_id_under_two_owners_names_two_rows<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    for (owner, value) in [(&alice, "dark"), (&bob, "light")] {
        let row = world.pool.repository::<Setting>(owner).insert(theme(value)).await.unwrap();
        assert_eq!((row.user_id, row.id.as_str(), row.value.as_str()), (*owner.user(), "theme", value));
    }
    let many = [theme("dark"), NewSetting { id: "font".into(), value: "small".into() }];
    let carol = user();
    world.pool.repository::<Setting>(&carol).insert_many(many).await.unwrap();
    assert_eq!(world.count("settings").await, 4);
}

async fn each_operation_reaches_ones_own_row_alone<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let (hers, his) = (world.pool.repository::<Setting>(&alice), world.pool.repository::<Setting>(&bob));
    let id = "theme".to_owned();
    hers.insert(theme("dark")).await.unwrap();
    let light = his.insert(theme("light")).await.unwrap();
    assert_eq!(hers.get(&id).await.unwrap().value, "dark");
    assert_eq!(his.find(&id).await.unwrap().unwrap().value, "light");
    assert!(hers.exists(&id).await.unwrap());
    assert_eq!(hers.update(&id, valued("black")).await.unwrap().value, "black");
    assert_eq!(his.get(&id).await.unwrap(), light);
    assert_eq!(hers.update_where(Setting::ID.eq("theme"), valued("grey")).await.unwrap(), 1);
    assert_eq!(his.get(&id).await.unwrap(), light);
    assert_eq!(hers.query().filter(Setting::ID.eq("theme")).count().await.unwrap(), 1);
    hers.delete(&id).await.unwrap();
    assert_eq!(his.get(&id).await.unwrap(), light);
    assert_eq!(hers.delete_where(Setting::ID.eq("theme")).await.unwrap(), 0);
    assert_eq!(his.delete_where(Setting::ID.eq("theme")).await.unwrap(), 1);
    for (operation, count) in [("create", 2), ("update", 2), ("delete", 2)] {
        let lines = world.lines(operation).await;
        assert_eq!(lines.len(), count);
        assert!(lines.iter().all(|line| line.entity_id == "theme"), "{lines:?}");
    }
}

async fn a_miss_is_no_denial<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    world.pool.repository::<Setting>(&alice).insert(theme("dark")).await.unwrap();
    let (his, id) = (world.pool.repository::<Setting>(&bob), "theme".to_owned());
    assert!(matches!(his.get(&id).await, Err(Error::NotFound { entity: "settings" })));
    assert!(his.find(&id).await.unwrap().is_none() && !his.exists(&id).await.unwrap());
    assert!(matches!(his.update(&id, valued("x")).await, Err(Error::NotFound { .. })));
    assert!(matches!(his.delete(&id).await, Err(Error::NotFound { .. })));
    assert_eq!(world.operations().await, ["create settings"]);
    assert_eq!(world.pool.repository::<Setting>(&alice).get(&id).await.unwrap().value, "dark");
}

async fn an_id_that_one_has_already_is_a_duplicate<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let settings = world.pool.repository::<Setting>(&alice);
    settings.insert(theme("dark")).await.unwrap();
    let refused = settings.insert(theme("light")).await;
    assert!(matches!(refused, Err(Error::Duplicate { entity: "settings", .. })), "{refused:?}");
    assert_eq!(settings.query().all().await.unwrap()[0].value, "dark");
}

async fn a_system_context_acts_on_the_rows_of_one_user<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    for (owner, value) in [(&alice, "dark"), (&bob, "light")] {
        world.pool.repository::<Setting>(owner).insert(theme(value)).await.unwrap();
    }
    let system = world.system().await;
    let (id, before) = ("theme".to_owned(), world.log().await.len());
    let hers = system.owned_by(alice.user());
    let settings = hers.repository::<Setting>();
    assert_eq!(settings.get(&id).await.unwrap().value, "dark");
    assert_eq!(settings.update(&id, valued("black")).await.unwrap().value, "black");
    assert_eq!(settings.update_where(Setting::VALUE.eq("black"), valued("grey")).await.unwrap(), 1);
    settings.insert(NewSetting { id: "font".into(), value: "small".into() }).await.unwrap();
    settings.delete(&id).await.unwrap();
    assert_eq!(settings.delete_where(Setting::VALUE.like("%")).await.unwrap(), 1);
    assert_eq!(settings.query().count().await.unwrap(), 0);
    assert_eq!(world.pool.repository::<Setting>(&bob).get(&id).await.unwrap().value, "light");
    world.pool.flush_audit().await;
    let log = world.log().await;
    // Reads may be written after the writes that followed them.
    let of_admin: Vec<_> = log[before..].iter().filter(|line| line.user_id != bob.user().to_string()).collect();
    let mut operations: Vec<_> = of_admin.iter().map(|line| line.operation.as_str()).collect();
    operations.sort_unstable();
    assert_eq!(operations, ["create", "delete", "delete", "list", "read", "update", "update"]);
    for line in of_admin {
        assert_eq!(line.user_id, system.requested_by().user().to_string(), "{line:?}");
        assert_eq!(details(line)["owner"], alice.user().to_string(), "{line:?}");
        assert_eq!(details(line)["receipt"], system.receipt_id().to_string(), "{line:?}");
    }
}

async fn a_system_context_acts_on_one_user_in_a_transaction<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    for (owner, value) in [(&alice, "dark"), (&bob, "light")] {
        world.pool.repository::<Setting>(owner).insert(theme(value)).await.unwrap();
    }
    let (system, id) = (world.system().await, "theme".to_owned());
    let hers = system.owned_by(alice.user());
    for commit in [false, true] {
        let tx = hers.begin().await.unwrap();
        let settings = tx.repository::<Setting>();
        settings.update(&id, valued("black")).await.unwrap();
        let absent = "font".to_owned();
        assert!(matches!(settings.delete(&absent).await, Err(Error::NotFound { .. })));
        tx.repository::<Album>().insert(new_album("hers")).await.unwrap();
        if commit {
            tx.commit().await.unwrap()
        } else {
            tx.rollback().await.unwrap()
        }
        let value = world.pool.repository::<Setting>(&alice).get(&id).await.unwrap().value;
        assert_eq!(value, if commit { "black" } else { "dark" });
    }
    assert_eq!(world.pool.repository::<Setting>(&bob).get(&id).await.unwrap().value, "light");
    assert_eq!(world.pool.repository::<Album>(&alice).query().count().await.unwrap(), 1);
    for operation in ["update", "create"] {
        let line = world.lines(operation).await.pop().unwrap();
        assert_eq!(line.user_id, system.requested_by().user().to_string());
        assert_eq!(details(&line)["owner"], alice.user().to_string());
        assert_eq!(details(&line)["receipt"], system.receipt_id().to_string());
    }
    assert_eq!(world.lines("update").await.len(), 1);
}

async fn a_context_of_one_user_reaches_nobody_elses_rows<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let his = world.album(&bob, "his").await;
    let folder = world.folder(&bob, None, "his").await;
    let system = world.system().await;
    let hers = system.owned_by(alice.user());
    let (albums, tracks) = (hers.repository::<Album>(), hers.repository::<Track>());
    assert!(matches!(albums.get(&his.id).await, Err(Error::NotFound { .. })));
    let changes = AlbumChanges { title: Change::Set("x".into()), version: 1, ..Default::default() };
    assert!(matches!(albums.update(&his.id, changes).await, Err(Error::NotFound { .. })));
    assert!(matches!(albums.delete(&his.id).await, Err(Error::NotFound { .. })));
    let refused = tracks.insert(NewTrack { album_id: his.id, title: "t".into() }).await;
    assert!(matches!(refused, Err(Error::ParentNotFound { .. })), "{refused:?}");
    world.pool.repository::<Folder>(&bob).delete(&folder.id).await.unwrap();
    let folders = hers.repository::<Folder>();
    assert!(matches!(folders.purge(&folder.id).await, Err(Error::NotFound { .. })));
    assert!(matches!(folders.restore(&folder.id).await, Err(Error::NotFound { .. })));
    assert_eq!(folders.purge_where(Folder::NAME.like("%")).await.unwrap(), 0);
    assert_eq!(world.pool.repository::<Album>(&bob).get(&his.id).await.unwrap(), his);
    // An administrator is denied nothing: he has asked for hers.
    assert!(world.lines("unauthorized_access").await.is_empty());
}

async fn the_rows_of_the_system_user_can_be_reached<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let nobody = super::household::literal::<DB>(&Uuid::nil());
    let row = format!("INSERT INTO settings (id, user_id, value) VALUES ('theme', {nobody}, 'dark')");
    DB::run(&world.raw, &row).await.unwrap();
    let system = world.system().await;
    let backfilled = system.owned_by(&Uuid::nil());
    let (settings, id) = (backfilled.repository::<Setting>(), "theme".to_owned());
    assert_eq!(settings.get(&id).await.unwrap().value, "dark");
    settings.update(&id, valued("light")).await.unwrap();
    settings.transfer(&id, alice.user()).await.unwrap();
    assert_eq!(world.pool.repository::<Setting>(&alice).get(&id).await.unwrap().value, "light");
    assert!(matches!(settings.insert(theme("x")).await, Err(Error::ReservedUser)));
}
