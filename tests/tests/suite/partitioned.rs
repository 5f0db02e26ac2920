//! Tables in partitions by a hash of the owner: what is one user's is in one partition, and no statement for a user looks
//! into another.
//!
//! The server explains every statement that the library sends, as it was carried out, and the checks of foreign keys with
//! them.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Postgres};
use user_scope::audit::{AuditSettings, ReadAudit};
use user_scope::{Change, Error, ScopedPool, UserContext, isolation};
use user_scope_tests::postgres::server;

use super::captured::{Record, captured};
use super::databases::{TestDb, builder, isolated, partitioned};
use super::entities::{NewSubtask, Subtask, Task, TaskChanges};
use super::shelf::{
    self, Album, AlbumChanges, Folder, FolderChanges, NewAlbum, NewFolder, NewSetting, NewTake, NewTrack, Setting,
    Take, Track,
};
use super::world::{World, new_task, user};

/// A pool whose every statement is explained by the server, with plans as they are made for one user, or for any.
async fn explained(world: &World<Postgres>, plans: &str) -> ScopedPool<Postgres> {
    let mut superuser = PgConnection::connect_with(&world.home.superuser()).await.unwrap();
    for (setting, value) in [
        ("session_preload_libraries", "auto_explain"),
        ("auto_explain.log_min_duration", "0"),
        ("auto_explain.log_analyze", "on"),
        ("auto_explain.log_timing", "off"),
        ("auto_explain.log_nested_statements", "on"),
        ("auto_explain.log_level", "notice"),
        ("plan_cache_mode", plans),
    ] {
        let text = format!("ALTER DATABASE {} SET {setting} = '{value}'", world.home.name());
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut superuser).await.unwrap();
    }
    let settings = AuditSettings::default().reads(ReadAudit::Off).denials(ReadAudit::Off);
    builder(world.home.app().into()).max_connections(1).audit(settings).build().await.unwrap()
}

/// The plans among what was captured.
fn plans(records: &[Record]) -> Vec<String> {
    let notices = records.iter().filter(|record| record.target == "sqlx::postgres::notice");
    let texts = notices.filter_map(|record| record.fields.get("message").cloned());
    texts.filter(|text| text.contains("Query Text:")).collect()
}

/// The partitions, by number, in which a plan looked for rows.
fn touched(plan: &str) -> BTreeSet<char> {
    let mut places = BTreeSet::new();
    for line in plan.lines().filter(|line| line.contains("(actual ")) {
        // `Index Scan using tasks_p1_pkey on tasks_p1 tasks (cost=…) (actual rows=1 loops=1)`
        let Some((_, relation)) = line.split_once(" on ") else { continue };
        let name = relation.split([' ', '(']).next().unwrap_or_default();
        if let Some((_, part)) = name.rsplit_once("_p")
            && let (Some(part), None) = (part.chars().next().filter(char::is_ascii_digit), part.chars().nth(1))
        {
            places.insert(part);
        }
    }
    places
}

/// Operations of every kind, each by a name.
async fn operations(pool: &ScopedPool<Postgres>, caller: &UserContext) -> Vec<(&'static str, Vec<String>)> {
    let mut seen = Vec::new();
    let tasks = pool.repository::<Task>(caller);
    let (albums, tracks) = (pool.repository::<Album>(caller), pool.repository::<Track>(caller));
    let (folders, settings) = (pool.repository::<Folder>(caller), pool.repository::<Setting>(caller));
    let titled = |title: &str| TaskChanges { title: Change::Set(title.into()), ..Default::default() };
    let album = |title: &str| NewAlbum { title: title.into(), year: Some(1), price: Some(2) };
    let setting = |value: &str| NewSetting { id: "k".into(), value: value.into() };
    macro_rules! see {
        ($name:literal, $work:expr) => {{
            let (result, records) = captured(async { $work.await }).await;
            seen.push(($name, plans(&records)));
            result.expect($name)
        }};
    }
    let task = see!("insert", tasks.insert(new_task("a")));
    see!("insert_many", tasks.insert_many(vec![new_task("b"), new_task("c"), new_task("d")]));
    see!("get", tasks.get(&task.id));
    see!("find", tasks.find(&task.id));
    see!("exists", tasks.exists(&task.id));
    see!("update", tasks.update(&task.id, titled("x")));
    see!("all", tasks.query().filter(Task::TITLE.ne("y")).order_by(Task::CREATED_AT.desc()).limit(2).all());
    let page = see!("page", tasks.query().order_by(Task::CREATED_AT.desc()).page(2, None));
    see!("next page", tasks.query().order_by(Task::CREATED_AT.desc()).page(2, page.next));
    see!("count", tasks.query().count());
    see!("count_by", tasks.query().count_by(Task::STATUS));
    see!("stream", tasks.query().stream().try_collect::<Vec<_>>());
    see!("update_where", tasks.update_where(Task::TITLE.eq("b"), titled("bb")));
    see!("child", pool.repository::<Subtask>(caller).insert(NewSubtask { task_id: task.id, title: "s".into() }));
    see!("children", tasks.children::<Subtask>(&task.id).all());
    let first = see!("values, new", albums.insert(album("one")));
    let track = see!("a child", tracks.insert(NewTrack { album_id: first.id, title: "t".into() }));
    see!("its child", pool.repository::<Take>(caller).insert(NewTake { track_id: track.id, seconds: 1 }));
    let year = AlbumChanges { year: Change::Set(Some(2)), version: first.version, ..Default::default() };
    see!("values, old and new", albums.update(&first.id, year));
    see!("upsert_by", albums.upsert_by(Album::BY_TITLE, album("one")));
    see!("a key with the owner", settings.insert(setting("v")));
    see!("upsert", settings.upsert_by(Setting::BY_ID, setting("w")));
    see!("a family", albums.delete(&first.id));
    let folder = see!("a root", folders.insert(NewFolder { inside: None, name: "r".into() }));
    let below = see!("a branch", folders.insert(NewFolder { inside: Some(folder.id), name: "b".into() }));
    let moved = FolderChanges { inside: Change::Set(None), ..Default::default() };
    see!("another parent", folders.update(&below.id, moved));
    see!("a mark", folders.delete(&folder.id));
    see!("restore", folders.restore(&folder.id));
    see!("delete", tasks.delete_where(Task::TITLE.eq("bb")));
    seen
}

/// Whom a test needs beside the user: rows of others lie in each partition.
async fn neighbours(pool: &ScopedPool<Postgres>) {
    for _ in 0..12 {
        let other = user();
        pool.repository::<Task>(&other).insert(new_task("b")).await.unwrap();
        let album = NewAlbum { title: "one".into(), year: None, price: None };
        pool.repository::<Album>(&other).insert(album).await.unwrap();
    }
}

async fn a_statement_for_a_user_looks_into_his_partition_alone() {
    for plans in ["force_custom_plan", "force_generic_plan"] {
        let (world, alice) = (World::<Postgres>::open().await, user());
        neighbours(&world.pool).await;
        let pool = explained(&world, plans).await;
        let seen = operations(&pool, &alice).await;
        let home = format!("SELECT right(tableoid::regclass::text, 1) FROM tasks WHERE user_id = '{}'", alice.user());
        let home: BTreeSet<char> = Postgres::texts(&world.raw, &home).await.unwrap().concat().chars().collect();
        assert_eq!(home.len(), 1, "{home:?}");
        for (name, plan) in seen.iter().flat_map(|(name, plans)| plans.iter().map(move |plan| (*name, plan))) {
            let places = touched(plan);
            assert!(places.is_subset(&home), "{name} looks into {places:?}, and his is {home:?}:\n{plan}");
        }
        let looked = seen.iter().flat_map(|(_, plans)| plans).filter(|plan| !touched(plan).is_empty()).count();
        println!("{plans}: {looked} statements of {} operations look into a partition", seen.len());
        assert!(looked >= seen.len(), "nothing was explained");
    }
}

/// A row goes to another partition with its owner, and its children go with it.
async fn a_transfer_moves_a_family_to_another_partition() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let album = NewAlbum { title: "one".into(), year: None, price: None };
    let album = world.pool.repository::<Album>(&alice).insert(album).await.unwrap();
    let new = NewTrack { album_id: album.id, title: "t".into() };
    world.pool.repository::<Track>(&alice).insert(new).await.unwrap();
    let place = "SELECT DISTINCT right(tableoid::regclass::text, 1) FROM (SELECT tableoid, user_id FROM albums \
                 UNION ALL SELECT tableoid, user_id FROM tracks) AS family";
    let system = world.system().await;
    let (mut places, mut owner) = (BTreeSet::new(), alice);
    // Until the family has been in each partition.
    while places.len() < 4 {
        let next = user();
        system.repository::<Album>().transfer(&album.id, next.user()).await.unwrap();
        assert!(world.pool.repository::<Album>(&owner).get(&album.id).await.is_err(), "it was hers");
        assert_eq!(world.pool.repository::<Album>(&next).get(&album.id).await.unwrap().user_id, *next.user());
        assert_eq!(world.pool.repository::<Track>(&next).query().count().await.unwrap(), 1);
        let now = Postgres::texts(&world.raw, place).await.unwrap();
        assert_eq!(now.len(), 1, "a family is in one partition: {now:?}");
        places.extend(now);
        owner = next;
    }
}

/// What cannot be: no index of a partitioned table is unique by the id alone. The error says so before anything is written.
async fn an_upsert_by_the_id_alone_is_refused() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let id = world.task(&alice, "first").await.id;
    let refused = world.pool.repository::<Task>(&alice).upsert(&id, new_task("second")).await.unwrap_err();
    assert!(matches!(refused, Error::MissingIndex { entity: "tasks", .. }), "{refused:?}");
    let settings = world.pool.repository::<Setting>(&alice);
    for value in ["v", "w"] {
        let new = NewSetting { id: "k".into(), value: value.into() };
        assert_eq!(settings.upsert_by(Setting::BY_ID, new).await.unwrap().value, value);
    }
    assert_eq!(settings.query().count().await.unwrap(), 1);
}

#[tokio::test]
async fn partitions_are_isolated_once_and_not_again() {
    partitioned(async {
        let world = World::<Postgres>::open().await;
        let isolation = shelf::isolated(isolation![Task, Subtask])
            .application(server().app_role())
            .system_role(server().system_role());
        let planned = isolation.apply(&world.raw).await.unwrap();
        assert!(isolation.plan(&world.raw).await.unwrap().is_empty(), "{}", isolation.plan(&world.raw).await.unwrap());
        let bare =
            "SELECT count(*) FROM pg_class WHERE relname LIKE 'tasks\\_p_' AND relrowsecurity AND relforcerowsecurity";
        assert_eq!(
            Postgres::number(&world.raw, bare).await,
            4,
            "a partition that is read by its own name shows nothing"
        );
        // One that is made later is found missing, by the next look.
        let later = "ALTER TABLE tasks DETACH PARTITION tasks_p3; DROP TABLE tasks_p3 CASCADE; \
                     CREATE TABLE tasks_p3 PARTITION OF tasks FOR VALUES WITH (MODULUS 4, REMAINDER 3)";
        Postgres::run(&world.raw, later).await.unwrap();
        assert_eq!(isolation.plan(&world.raw).await.unwrap().steps().len(), 2);
        isolation.apply(&world.raw).await.unwrap();
        assert_eq!(isolation.remove(&world.raw).await.unwrap().steps().len(), planned.steps().len() + 2);
    })
    .await;
}

macro_rules! in_partitions {
    ($($test:ident),+ $(,)?) => {
        mod predicate {
            $(#[tokio::test]
            async fn $test() {
                super::partitioned(super::$test()).await;
            })+
        }
        mod database {
            $(#[tokio::test]
            async fn $test() {
                super::partitioned(super::isolated(super::$test())).await;
            })+
        }
    };
}

in_partitions!(
    a_statement_for_a_user_looks_into_his_partition_alone,
    a_transfer_moves_a_family_to_another_partition,
    an_upsert_by_the_id_alone_is_refused,
);
