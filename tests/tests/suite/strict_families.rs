//! Families whose members are recorded differently, lose several parents at once, or bear names of our own.

use user_scope::audit::{AuditSettings, MemorySink, WriteAudit};
use user_scope::{Stores, UserScoped, Uuid};

use super::databases::TestDb;
use super::household::{details, rows};
use super::kinship::insert;
use super::world::{World, user};

on_each_database!(
    children_are_recorded_though_their_parent_is_not,
    children_of_whom_nobody_asks_leave_no_row,
    one_that_asks_for_the_background_gets_it,
    who_loses_two_parents_is_changed_and_recorded_once,
    a_transfer_takes_along_what_is_below_by_any_column,
    a_table_may_be_named_as_a_part_of_a_statement,
);

macro_rules! entity {
    ($name:ident, $table:literal, $(audit($mode:literal),)? [$($child:ident),*], $($(#[$attribute:meta])* $field:ident: $type:ty),*) => {
        #[derive(Debug, Clone, PartialEq, UserScoped)]
        #[user_scoped(table = $table, changes(derive(Default)), children($($child),*) $(, audit(writes = $mode))?)]
        pub struct $name {
            #[user_scoped(id)]
            pub id: Uuid,
            #[user_scoped(owner)]
            pub user_id: Uuid,
            $($(#[$attribute])* pub $field: $type,)*
        }
    };
}

entity!(Quiet, "quiets", audit("off"), [Loud, Mute, Later], name: String);
entity!(Loud, "louds", [], #[user_scoped(parent = Quiet, on_delete = "cascade")] quiet_id: Uuid);
entity!(Mute, "mutes", audit("off"), [], #[user_scoped(parent = Quiet, on_delete = "cascade")] quiet_id: Uuid);
entity!(
    Later, "laters", audit("background"), [],
    #[user_scoped(parent = Quiet, on_delete = "set_null")] quiet_id: Option<Uuid>
);
entity!(Speaker, "speakers", [Mute2], name: String);
entity!(Mute2, "mutes", audit("off"), [], #[user_scoped(parent = Speaker, on_delete = "cascade")] quiet_id: Uuid);
entity!(Station, "stations", audit("off"), [Signal], name: String);
entity!(
    Signal, "signals", audit("background"), [],
    #[user_scoped(parent = Station, on_delete = "cascade")] station_id: Uuid
);
entity!(Port, "ports", [Ship], name: String);
entity!(
    Ship, "ships", [],
    #[user_scoped(parent = Port, on_delete = "set_null")] home: Option<Uuid>,
    #[user_scoped(parent = Port, on_delete = "set_null")] bound_for: Option<Uuid>,
    #[user_scoped(version)] version: i64
);
entity!(
    Job, "jobs", [],
    #[user_scoped(parent = Self, on_delete = "cascade")] under: Option<Uuid>,
    #[user_scoped(parent = Self, on_delete = "set_null")] after: Option<Uuid>
);
entity!(Changed, "changed", [Logged], name: String);
entity!(
    Logged, "logged", [],
    #[user_scoped(parent = Changed, on_delete = "cascade")] changed_id: Uuid,
    #[user_scoped(parent = Self, on_delete = "cascade")] inside: Option<Uuid>
);

macro_rules! strict_db {
    ($($entity:ident)+) => {
        pub trait StrictDb: TestDb $(+ Stores<$entity>)+ {}
        impl<DB: TestDb $(+ Stores<$entity>)+> StrictDb for DB {}
    };
}

strict_db!(Quiet Loud Mute Later Speaker Mute2 Station Signal Port Ship Job Changed Logged);

async fn open<DB: StrictDb>(audit: AuditSettings) -> World<DB> {
    let world = World::<DB>::with(audit, 5).await;
    let mut tables = String::new();
    for (table, columns) in [
        ("quiets", "name TEXT NOT NULL"),
        ("louds", "quiet_id {uuid} NOT NULL"),
        ("mutes", "quiet_id {uuid} NOT NULL"),
        ("laters", "quiet_id {uuid}"),
        ("speakers", "name TEXT NOT NULL"),
        ("stations", "name TEXT NOT NULL"),
        ("signals", "station_id {uuid} NOT NULL"),
        ("ports", "name TEXT NOT NULL"),
        ("ships", "home {uuid}, bound_for {uuid}, version BIGINT NOT NULL"),
        ("jobs", "under {uuid}, after {uuid}"),
        ("changed", "name TEXT NOT NULL"),
        ("logged", "changed_id {uuid} NOT NULL, inside {uuid}"),
    ] {
        tables += &format!("CREATE TABLE {table} (id {{uuid}} PRIMARY KEY, user_id {{uuid}} NOT NULL, {columns});");
    }
    DB::run(&world.raw, &tables.replace("{uuid}", DB::UUID)).await.unwrap();
    world.open_to_the_application().await;
    world
}

async fn children_are_recorded_though_their_parent_is_not<DB: StrictDb>() {
    let (world, alice) = (open::<DB>(AuditSettings::default()).await, user());
    for by_condition in [false, true] {
        let before = world.log().await.len();
        let quiet = insert::<DB, Quiet>(&world, &alice, NewQuiet { name: "x".into() }).await;
        let loud = insert::<DB, Loud>(&world, &alice, NewLoud { quiet_id: quiet }).await;
        insert::<DB, Mute>(&world, &alice, NewMute { quiet_id: quiet }).await;
        let later = insert::<DB, Later>(&world, &alice, NewLater { quiet_id: Some(quiet) }).await;
        let quiets = world.pool.repository::<Quiet>(&alice);
        if by_condition {
            assert_eq!(quiets.delete_where(Quiet::NAME.eq("x")).await.unwrap(), 1);
        } else {
            quiets.delete(&quiet).await.unwrap();
        }
        assert_eq!((world.count("louds").await, world.count("mutes").await), (0, 0));
        let log = world.log().await;
        let told = log[before..].iter().filter(|line| line.operation != "create");
        let mut told: Vec<_> = told.map(|line| (line.operation.as_str(), line.entity_id.clone())).collect();
        told.sort();
        assert_eq!(told, [("delete", loud.to_string()), ("update", later.to_string())]);
    }
}

async fn children_of_whom_nobody_asks_leave_no_row<DB: StrictDb>() {
    let (world, alice) = (open::<DB>(AuditSettings::default()).await, user());
    let speaker = insert::<DB, Speaker>(&world, &alice, NewSpeaker { name: "x".into() }).await;
    let mute = insert::<DB, Mute2>(&world, &alice, NewMute2 { quiet_id: speaker }).await;
    world.pool.repository::<Speaker>(&alice).delete(&speaker).await.unwrap();
    assert_eq!(world.recorded("delete").await, rows([("speakers", speaker)]));
    // System mode is loud.
    let speaker = insert::<DB, Speaker>(&world, &alice, NewSpeaker { name: "x".into() }).await;
    let second = insert::<DB, Mute2>(&world, &alice, NewMute2 { quiet_id: speaker }).await;
    assert_ne!(mute, second);
    world.system().await.repository::<Speaker>().delete(&speaker).await.unwrap();
    assert!(world.recorded("delete").await.contains(&("mutes".to_owned(), second)));
}

async fn one_that_asks_for_the_background_gets_it<DB: StrictDb>() {
    let sink = MemorySink::new();
    let audit = AuditSettings::default().writes(WriteAudit::Background).sink(sink.clone());
    let (world, alice) = (open::<DB>(audit).await, user());
    let station = insert::<DB, Station>(&world, &alice, NewStation { name: "x".into() }).await;
    let signal = insert::<DB, Signal>(&world, &alice, NewSignal { station_id: station }).await;
    world.pool.repository::<Station>(&alice).delete(&station).await.unwrap();
    world.pool.flush_audit().await;
    let events = sink.events();
    let deleted = events.iter().filter(|event| event.operation.as_str() == "delete");
    assert_eq!(deleted.map(|event| event.entity_id.clone()).collect::<Vec<_>>(), [Some(signal.to_string())]);
}

async fn who_loses_two_parents_is_changed_and_recorded_once<DB: StrictDb>() {
    let (world, alice) = (open::<DB>(AuditSettings::default()).await, user());
    let one = insert::<DB, Port>(&world, &alice, NewPort { name: "x".into() }).await;
    let two = insert::<DB, Port>(&world, &alice, NewPort { name: "x".into() }).await;
    let other = insert::<DB, Port>(&world, &alice, NewPort { name: "y".into() }).await;
    let new = |home, bound_for| NewShip { home: Some(home), bound_for: Some(bound_for) };
    let both = insert::<DB, Ship>(&world, &alice, new(one, two)).await;
    let home = insert::<DB, Ship>(&world, &alice, new(one, other)).await;
    let bound = insert::<DB, Ship>(&world, &alice, new(other, two)).await;
    let none = insert::<DB, Ship>(&world, &alice, new(other, other)).await;
    let ports = world.pool.repository::<Port>(&alice);
    assert_eq!(ports.delete_where(Port::NAME.eq("x")).await.unwrap(), 2);
    let ships = world.pool.repository::<Ship>(&alice);
    let expected = [
        (both, None, None, 2),
        (home, None, Some(other), 2),
        (bound, Some(other), None, 2),
        (none, Some(other), Some(other), 1),
    ];
    for (id, home, bound_for, version) in expected {
        let ship = ships.get(&id).await.unwrap();
        assert_eq!((ship.home, ship.bound_for, ship.version), (home, bound_for, version));
    }
    let told = world.lines("update").await;
    let mut told: Vec<_> =
        told.iter().map(|line| (line.entity_id.clone(), details(line)["changed"].to_string())).collect();
    told.sort();
    let mut expected = [(both, r#"["home","bound_for"]"#), (home, r#"["home"]"#), (bound, r#"["bound_for"]"#)]
        .map(|(id, columns)| (id.to_string(), columns.to_owned()));
    expected.sort();
    assert_eq!(told, expected);
}

async fn a_transfer_takes_along_what_is_below_by_any_column<DB: StrictDb>() {
    let (world, alice, bob) = (open::<DB>(AuditSettings::default()).await, user(), user());
    let new = |under, after| NewJob { under, after };
    let top = insert::<DB, Job>(&world, &alice, new(None, None)).await;
    let under = insert::<DB, Job>(&world, &alice, new(Some(top), None)).await;
    let after = insert::<DB, Job>(&world, &alice, new(None, Some(under))).await;
    let last = insert::<DB, Job>(&world, &alice, new(Some(after), Some(top))).await;
    let stays = insert::<DB, Job>(&world, &alice, new(None, None)).await;
    world.system().await.repository::<Job>().transfer(&top, bob.user()).await.unwrap();
    let gone = [("jobs", top), ("jobs", under), ("jobs", after), ("jobs", last)];
    assert_eq!(world.recorded("transfer").await, rows(gone));
    let hers = world.pool.repository::<Job>(&alice).query().all().await.unwrap();
    assert_eq!(hers.iter().map(|job| job.id).collect::<Vec<_>>(), [stays]);
    // A delete takes along what is below by the column that says so; who comes after, stays, and after nobody.
    let jobs = world.pool.repository::<Job>(&bob);
    jobs.delete(&under).await.unwrap();
    assert_eq!(jobs.get(&after).await.unwrap().after, None);
    assert_eq!(jobs.query().count().await.unwrap(), 3);
}

async fn a_table_may_be_named_as_a_part_of_a_statement<DB: StrictDb>() {
    let (world, alice) = (open::<DB>(AuditSettings::default()).await, user());
    let changed = insert::<DB, Changed>(&world, &alice, NewChanged { name: "x".into() }).await;
    let outer = insert::<DB, Logged>(&world, &alice, NewLogged { changed_id: changed, inside: None }).await;
    let inner = insert::<DB, Logged>(&world, &alice, NewLogged { changed_id: changed, inside: Some(outer) }).await;
    let name = ChangedChanges { name: user_scope::Change::Set("y".into()) };
    world.pool.repository::<Changed>(&alice).update(&changed, name).await.unwrap();
    world.pool.repository::<Changed>(&alice).delete(&changed).await.unwrap();
    assert_eq!(world.recorded("delete").await, rows([("changed", changed), ("logged", outer), ("logged", inner)]));
}
