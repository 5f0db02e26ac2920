//! Values in the audit: what a write replaced, and what it wrote, as they were and no other.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use user_scope::audit::{AuditSettings, MemorySink, WriteAudit};
use user_scope::{Change, Error, Identifier, Stores, UserContext, UserScoped, Uuid};

use super::databases::TestDb;
use super::household::{details, new_album};
use super::shelf::{Album, AlbumChanges, NewAlbum};
use super::world::{World, user};

on_each_database!(
    a_create_records_the_new_values_and_hides_what_is_redacted,
    an_update_records_the_old_and_new_values_of_what_it_set,
    an_update_by_a_condition_records_the_values_of_each_row,
    a_delete_records_the_values_that_are_gone,
    a_delete_records_the_values_of_those_that_go_along,
    texts_survive_whatever_is_in_them,
    each_type_is_recorded_as_json,
    infinity_is_recorded_as_a_text,
    values_go_to_a_sink_as_well,
    a_system_context_records_values_with_the_owner,
    rows_of_two_owners_with_the_same_id_keep_their_values_apart,
    old_values_are_those_that_the_write_replaced,
    old_values_are_those_that_the_write_replaced_in_a_sink_too,
    values_of_wide_rows_are_complete,
);

/// Values of every kind; no version, so that nothing but the lock keeps its old values true.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(
    table = "scores",
    new(derive(Debug, Clone)),
    changes(derive(Debug, Clone, Default)),
    children(Voice),
    audit(values = "old_and_new")
)]
pub struct Score {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    pub title: String,
    pub bars: Option<i32>,
    pub share: f64,
    pub printed: bool,
    pub cover: Option<Vec<u8>>,
    #[user_scoped(redact)]
    pub fee: Option<String>,
    #[user_scoped(updated_at)]
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "voices", changes(derive(Default)), audit(values = "old_and_new"))]
pub struct Voice {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Score, on_delete = "cascade")]
    pub score_id: Uuid,
    pub name: String,
    #[user_scoped(redact)]
    pub player: String,
}

/// Named by owner and id together, with values.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "choices", changes(derive(Default)), audit(values = "old_and_new"))]
pub struct Choice {
    #[user_scoped(id, key = "owner")]
    pub id: String,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    pub value: String,
}

macro_rules! wide {
    ($name:ident, $new:ident, $table:literal, $($column:ident)+) => {
        #[derive(Debug, Clone, PartialEq, UserScoped)]
        #[user_scoped(table = $table, changes(derive(Default)), audit(values = "old_and_new"))]
        pub struct $name {
            #[user_scoped(id)]
            pub id: Uuid,
            #[user_scoped(owner)]
            pub user_id: Uuid,
            $(pub $column: Option<String>,)+
            #[user_scoped(redact)]
            pub last: Option<String>,
        }

        impl $name {
            const TABLE: &str = concat!(
                "CREATE TABLE ", $table, " (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL",
                $(", ", stringify!($column), " TEXT",)+ ", last TEXT)"
            );

            /// Each column holds its own name, but for every third, which is NULL.
            fn sample() -> ($new, Value) {
                let mut number = 0;
                let mut value = |name: &str| {
                    number += 1;
                    (number % 3 != 0).then(|| name.to_owned())
                };
                let new = $new { $($column: value(stringify!($column)),)+ last: Some("hush".into()) };
                let values = [
                    $((stringify!($column).to_owned(), json!(new.$column)),)+
                    ("last".to_owned(), json!("[redacted]")),
                ];
                let values = Value::Object(values.into_iter().collect());
                (new, values)
            }
        }
    };
}

// With the last one these are as many as one call of a function takes, one more, and three calls of it.
wide!(Wide40, NewWide40, "wides_40",
    c001 c002 c003 c004 c005 c006 c007 c008 c009 c010 c011 c012 c013 c014 c015 c016
    c017 c018 c019 c020 c021 c022 c023 c024 c025 c026 c027 c028 c029 c030 c031 c032
    c033 c034 c035 c036 c037 c038 c039
);
wide!(Wide41, NewWide41, "wides_41",
    c001 c002 c003 c004 c005 c006 c007 c008 c009 c010 c011 c012 c013 c014 c015 c016
    c017 c018 c019 c020 c021 c022 c023 c024 c025 c026 c027 c028 c029 c030 c031 c032
    c033 c034 c035 c036 c037 c038 c039 c040
);
wide!(Wide119, NewWide119, "wides_119",
    c001 c002 c003 c004 c005 c006 c007 c008 c009 c010 c011 c012 c013 c014 c015 c016
    c017 c018 c019 c020 c021 c022 c023 c024 c025 c026 c027 c028 c029 c030 c031 c032
    c033 c034 c035 c036 c037 c038 c039 c040 c041 c042 c043 c044 c045 c046 c047 c048
    c049 c050 c051 c052 c053 c054 c055 c056 c057 c058 c059 c060 c061 c062 c063 c064
    c065 c066 c067 c068 c069 c070 c071 c072 c073 c074 c075 c076 c077 c078 c079 c080
    c081 c082 c083 c084 c085 c086 c087 c088 c089 c090 c091 c092 c093 c094 c095 c096
    c097 c098 c099 c100 c101 c102 c103 c104 c105 c106 c107 c108 c109 c110 c111 c112
    c113 c114 c115 c116 c117 c118
);

pub trait ValuesDb:
    TestDb + Stores<Score> + Stores<Voice> + Stores<Choice> + Stores<Wide40> + Stores<Wide41> + Stores<Wide119>
{
}

impl<DB> ValuesDb for DB where
    DB: TestDb + Stores<Score> + Stores<Voice> + Stores<Choice> + Stores<Wide40> + Stores<Wide41> + Stores<Wide119>
{
}

const SCHEMA: &str = "
    CREATE TABLE scores (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, title TEXT NOT NULL, bars INTEGER, share {float} NOT NULL,
        printed BOOLEAN NOT NULL, cover {bytes}, fee TEXT, updated_at TIMESTAMPTZ NOT NULL, UNIQUE (user_id, id));
    CREATE TABLE voices (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, score_id {uuid} NOT NULL, name TEXT NOT NULL,
        player TEXT NOT NULL, FOREIGN KEY (user_id, score_id) REFERENCES scores (user_id, id));
    CREATE TABLE choices (
        id TEXT NOT NULL, user_id {uuid} NOT NULL, value TEXT NOT NULL, PRIMARY KEY (user_id, id));";

async fn open<DB: ValuesDb>(audit: AuditSettings, connections: u32) -> World<DB> {
    let world = World::<DB>::with(audit, connections).await;
    let float = if DB::UUID == "UUID" { "DOUBLE PRECISION" } else { "REAL" };
    let bytes = if DB::UUID == "UUID" { "BYTEA" } else { "BLOB" };
    let tables = [SCHEMA, Wide40::TABLE, ";", Wide41::TABLE, ";", Wide119::TABLE].concat();
    let tables = tables.replace("{uuid}", DB::UUID).replace("{float}", float).replace("{bytes}", bytes);
    DB::run(&world.raw, &tables).await.unwrap();
    world.open_to_the_application().await;
    world
}

fn new_score(title: &str) -> NewScore {
    NewScore {
        title: title.into(),
        bars: Some(12),
        share: 0.5,
        printed: true,
        cover: None,
        fee: Some("a thousand".into()),
    }
}

fn title(title: &str) -> ScoreChanges {
    ScoreChanges { title: Change::Set(title.into()), ..Default::default() }
}

/// The details of the only line that was recorded as `operation`.
async fn the<DB: TestDb, Id: Identifier>(world: &World<DB, Id>, operation: &str) -> Value {
    let lines: Vec<_> = world.log().await.into_iter().filter(|line| line.operation == operation).collect();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    details(line)
}

async fn a_create_records_the_new_values_and_hides_what_is_redacted<DB: ValuesDb>() {
    let (world, alice) = (open::<DB>(AuditSettings::default(), 2).await, user());
    let new = NewAlbum { title: "one".into(), year: None, price: Some(1_234_567) };
    world.pool.repository::<Album>(&alice).insert(new).await.unwrap();
    let recorded = the(&world, "create").await;
    assert_eq!(recorded, json!({"new": {"title": "one", "year": null, "price": "[redacted]", "version": 1}}));
    let many = ["a", "b"].map(new_album);
    let many = world.pool.repository::<Album>(&alice).insert_many(many).await.unwrap();
    let log = world.log().await;
    for (album, line) in many.iter().zip(&log[1..]) {
        let values = json!({"title": album.title, "year": null, "price": "[redacted]", "version": 1});
        assert_eq!(details(line), json!({"rows": 2, "new": values}));
        assert_eq!(line.entity_id, album.id.to_string());
    }
    assert!(log.iter().all(|line| !line.details.contains("1234567")), "{log:?}");
}

async fn an_update_records_the_old_and_new_values_of_what_it_set<DB: ValuesDb>() {
    let (world, alice) = (open::<DB>(AuditSettings::default(), 2).await, user());
    let albums = world.pool.repository::<Album>(&alice);
    let new = NewAlbum { year: Some(1999), price: Some(7_654_321), ..new_album("one") };
    let album = albums.insert(new).await.unwrap();
    let changes = AlbumChanges {
        title: Change::Set("two".into()),
        year: Change::Set(None),
        price: Change::Set(Some(1_234_567)),
        version: 1,
    };
    albums.update(&album.id, changes).await.unwrap();
    let expected = json!({
        "changed": ["title", "year", "price"],
        "old": {"title": "one", "year": 1999, "price": "[redacted]"},
        "new": {"title": "two", "year": null, "price": "[redacted]"},
    });
    assert_eq!(the(&world, "update").await, expected);
    let log = world.log().await;
    assert!(log.iter().all(|line| !line.details.contains("1234567") && !line.details.contains("7654321")), "{log:?}");
}

async fn an_update_by_a_condition_records_the_values_of_each_row<DB: ValuesDb>() {
    let (world, alice, bob) = (open::<DB>(AuditSettings::default(), 2).await, user(), user());
    let scores = world.pool.repository::<Score>(&alice);
    let rows = scores.insert_many(["a", "b", "c"].map(new_score)).await.unwrap();
    world.pool.repository::<Score>(&bob).insert(new_score("a")).await.unwrap();
    let changes = ScoreChanges { title: Change::Set("all".into()), bars: Change::Set(None), ..Default::default() };
    assert_eq!(scores.update_where(Score::TITLE.ne("c"), changes).await.unwrap(), 2);
    let lines = world.lines("update").await;
    assert_eq!(lines.len(), 2);
    for row in &rows[..2] {
        let line = lines.iter().find(|line| line.entity_id == row.id.to_string()).unwrap();
        let expected = json!({
            "changed": ["title", "bars"], "rows": 2,
            "old": {"title": row.title, "bars": 12}, "new": {"title": "all", "bars": null},
        });
        assert_eq!(details(line), expected);
    }
}

async fn a_delete_records_the_values_that_are_gone<DB: ValuesDb>() {
    let (world, alice) = (open::<DB>(AuditSettings::default(), 2).await, user());
    let albums = world.pool.repository::<Album>(&alice);
    let album = albums.insert(NewAlbum { price: Some(9), ..new_album("one") }).await.unwrap();
    world.review(&alice, album.id).await;
    albums.delete(&album.id).await.unwrap();
    let gone = json!({"old": {"title": "one", "year": null, "price": "[redacted]"}});
    assert_eq!(the(&world, "delete").await, gone);
    assert_eq!(
        the(&world, "update").await,
        json!({"changed": ["album_id"]}),
        "the review, whose values nobody records"
    );
    albums.insert_many(["a", "b"].map(new_album)).await.unwrap();
    assert_eq!(albums.delete_where(Album::TITLE.is_in(["a", "b"])).await.unwrap(), 2);
    let titles: Vec<_> = world.lines("delete").await.iter().map(|line| details(line)["old"]["title"].clone()).collect();
    assert_eq!(titles.len(), 3);
    assert!(titles.contains(&json!("a")) && titles.contains(&json!("b")), "{titles:?}");
}

async fn a_delete_records_the_values_of_those_that_go_along<DB: ValuesDb>() {
    let (world, alice) = (open::<DB>(AuditSettings::default(), 2).await, user());
    let score = world.pool.repository::<Score>(&alice).insert(new_score("one")).await.unwrap();
    let voices = ["alto", "bass"].map(|name| NewVoice { score_id: score.id, name: name.into(), player: "P.".into() });
    let voices = world.pool.repository::<Voice>(&alice).insert_many(voices).await.unwrap();
    world.pool.repository::<Score>(&alice).delete(&score.id).await.unwrap();
    let lines = world.lines("delete").await;
    assert_eq!(lines.len(), 3);
    for voice in voices {
        let line = lines.iter().find(|line| line.entity_id == voice.id.to_string()).unwrap();
        let old = json!({"name": voice.name, "player": "[redacted]", "score_id": score.id.to_string()});
        assert_eq!(details(line), json!({ "old": old }));
    }
    let line = lines.iter().find(|line| line.entity_id == score.id.to_string()).unwrap();
    assert_eq!(details(line)["old"]["fee"], "[redacted]");
}

async fn texts_survive_whatever_is_in_them<DB: ValuesDb>() {
    let (world, alice) = (open::<DB>(AuditSettings::default(), 2).await, user());
    let scores = world.pool.repository::<Score>(&alice);
    let texts = [
        "\"quotes\" and 'apostrophes', \\ and \\n",
        "line\r\nline\ttab\u{1}\u{7f}",
        "{\"old\":{}}",
        "}}}",
        "{{{",
        "ü 漢字 🎼 \u{202e}\u{feff}",
        "",
        "[redacted]",
        "$1 ; -- DROP TABLE scores",
    ];
    let score = scores.insert(new_score("first")).await.unwrap();
    let mut old = "first";
    for text in texts {
        let changes = ScoreChanges { fee: Change::Set(Some(text.into())), ..title(text) };
        scores.update(&score.id, changes).await.unwrap();
        let line = world.lines("update").await.pop().unwrap();
        let expected = [(old, "old"), (text, "new")];
        for (text, when) in expected {
            assert_eq!(details(&line)[when], json!({"title": text, "fee": "[redacted]"}));
        }
        old = text;
    }
    scores.delete(&score.id).await.unwrap();
    assert_eq!(the(&world, "delete").await["old"]["title"], old);
}

async fn each_type_is_recorded_as_json<DB: ValuesDb>() {
    let (world, alice) = (open::<DB>(AuditSettings::default(), 2).await, user());
    let new = NewScore { cover: Some(vec![0, 0xab, 0xff]), share: -1.25e-7, ..new_score("one") };
    world.pool.repository::<Score>(&alice).insert(new).await.unwrap();
    let new = &the(&world, "create").await["new"];
    assert_eq!((&new["bars"], &new["share"], &new["fee"]), (&json!(12), &json!(-1.25e-7), &json!("[redacted]")));
    assert!(new["updated_at"].as_str().is_some_and(|time| time.starts_with("20")), "{new}");
    if DB::UUID == "UUID" {
        assert_eq!((&new["printed"], &new["cover"]), (&json!(true), &json!("\\x00abff")));
    } else {
        // It has neither booleans nor bytes.
        assert_eq!((&new["printed"], &new["cover"]), (&json!(1), &json!("00abff")));
    }
    assert!(new.get("id").is_none() && new.get("user_id").is_none(), "{new}");
}

async fn infinity_is_recorded_as_a_text<DB: ValuesDb>() {
    let (world, alice) = (open::<DB>(AuditSettings::default(), 2).await, user());
    let scores = world.pool.repository::<Score>(&alice);
    let score = scores.insert(NewScore { share: f64::INFINITY, ..new_score("one") }).await.unwrap();
    let changes = ScoreChanges { share: Change::Set(f64::NEG_INFINITY), ..Default::default() };
    scores.update(&score.id, changes).await.unwrap();
    assert_eq!(the(&world, "create").await["new"]["share"], "Infinity");
    let expected = json!({"changed": ["share"], "old": {"share": "Infinity"}, "new": {"share": "-Infinity"}});
    assert_eq!(the(&world, "update").await, expected);
    // SQLite takes what is no number for NULL, which this column refuses.
    let not_a_number = scores.insert(NewScore { share: f64::NAN, ..new_score("two") }).await;
    if DB::UUID == "UUID" {
        not_a_number.unwrap();
        assert_eq!(details(&world.lines("create").await[1])["new"]["share"], "NaN");
    } else {
        assert!(matches!(not_a_number, Err(Error::MissingValue { .. })), "{not_a_number:?}");
    }
}

async fn values_go_to_a_sink_as_well<DB: ValuesDb>() {
    let sink = MemorySink::new();
    let audit = AuditSettings::default().writes(WriteAudit::Background).sink(sink.clone());
    let (world, alice) = (open::<DB>(audit, 2).await, user());
    let scores = world.pool.repository::<Score>(&alice);
    let score = scores.insert(new_score("one")).await.unwrap();
    let voice = NewVoice { score_id: score.id, name: "alto".into(), player: "P.".into() };
    let voice = world.pool.repository::<Voice>(&alice).insert(voice).await.unwrap();
    scores.update(&score.id, title("two")).await.unwrap();
    assert_eq!(scores.update_where(Score::TITLE.eq("two"), title("three")).await.unwrap(), 1);
    scores.delete(&score.id).await.unwrap();
    world.pool.flush_audit().await;
    let events = sink.events();
    let mut seen: Vec<_> = events
        .iter()
        .map(|event| {
            let details: Value = serde_json::from_str(&event.details.to_string()).unwrap();
            let title = |when: &str| details[when].get("title").or(details[when].get("name")).cloned();
            (event.operation.as_str(), event.entity_id.clone().unwrap(), title("old"), title("new"))
        })
        .collect();
    seen[4..].sort_by_key(|(.., old, _)| old.as_ref().map(ToString::to_string));
    let (id, text) = (score.id.to_string(), |text: &str| Some(json!(text)));
    let expected = [
        ("create", id.clone(), None, text("one")),
        ("create", voice.id.to_string(), None, text("alto")),
        ("update", id.clone(), text("one"), text("two")),
        ("update", id.clone(), text("two"), text("three")),
        ("delete", voice.id.to_string(), text("alto"), None),
        ("delete", id, text("three"), None),
    ];
    assert_eq!(seen, expected);
    assert!(events.iter().all(|event| !event.details.to_string().contains("a thousand")));
    assert_eq!(world.count("user_access_log").await, 0);
}

async fn a_system_context_records_values_with_the_owner<DB: ValuesDb>() {
    let (world, alice) = (open::<DB>(AuditSettings::default(), 2).await, user());
    let score = world.pool.repository::<Score>(&alice).insert(new_score("one")).await.unwrap();
    let system = world.system().await;
    let everyone = system.repository::<Score>();
    everyone.update(&score.id, title("two")).await.unwrap();
    assert_eq!(everyone.update_where(Score::TITLE.eq("two"), title("three")).await.unwrap(), 1);
    everyone.delete(&score.id).await.unwrap();
    let mut titles = Vec::new();
    for line in world.log().await.iter().skip(2) {
        let details = details(line);
        assert_eq!(details["owner"], alice.user().to_string());
        assert_eq!(details["receipt"], system.receipt_id().to_string());
        titles.push((details["old"]["title"].clone(), details["new"]["title"].clone()));
    }
    let text = |old: &str, new: &str| (json!(old), json!(new));
    assert_eq!(titles, [text("one", "two"), text("two", "three"), (json!("three"), Value::Null)]);
}

async fn rows_of_two_owners_with_the_same_id_keep_their_values_apart<DB: ValuesDb>() {
    let (world, alice, bob) = (open::<DB>(AuditSettings::default(), 2).await, user(), user());
    for (owner, value) in [(&alice, "dark"), (&bob, "light")] {
        let new = NewChoice { id: "theme".into(), value: value.into() };
        world.pool.repository::<Choice>(owner).insert(new).await.unwrap();
    }
    let system = world.system().await;
    let changes = ChoiceChanges { value: Change::Set("grey".into()) };
    let everyone = system.repository::<Choice>();
    assert_eq!(everyone.update_where(Choice::ID.eq("theme"), changes).await.unwrap(), 2);
    assert_eq!(everyone.delete_where(Choice::ID.eq("theme")).await.unwrap(), 2);
    for operation in ["update", "delete"] {
        let lines = world.lines(operation).await;
        assert_eq!(lines.len(), 2);
        for (owner, value) in [(&alice, "dark"), (&bob, "light")] {
            let owner = json!(owner.user().to_string());
            let line = lines.iter().map(details).find(|details| details["owner"] == owner).unwrap();
            let old = if operation == "update" { value } else { "grey" };
            assert_eq!((&line["old"]["value"], &line["rows"]), (&json!(old), &json!(2)), "{operation}");
        }
    }
}

/// Many at once change one row, one of three by a condition.
async fn many_write<DB: ValuesDb>(world: &World<DB>, alice: &UserContext, many: usize) -> Score {
    let score = world.pool.repository::<Score>(alice).insert(new_score("first")).await.unwrap();
    let writes = (0..many).map(|number| {
        let (pool, alice, id) = (world.pool.clone(), alice.clone(), score.id);
        tokio::spawn(async move {
            let (scores, changes) = (pool.repository::<Score>(&alice), title(&format!("title {number}")));
            if number % 3 == 0 {
                assert_eq!(scores.update_where(Score::ID.eq(id), changes).await.unwrap(), 1);
            } else {
                scores.update(&id, changes).await.unwrap();
            }
        })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap();
    }
    world.pool.repository::<Score>(alice).get(&score.id).await.unwrap()
}

/// Each old value is the new one of the write before, from the first to the last, and none is left over.
fn assert_chain(links: impl IntoIterator<Item = Value>, many: usize, last: &str) {
    let text = |value: &Value| value["title"].as_str().unwrap().to_owned();
    let links: Vec<_> = links.into_iter().map(|details| (text(&details["old"]), text(&details["new"]))).collect();
    assert_eq!(links.len(), many);
    let mut next: HashMap<_, _> = links.iter().cloned().collect();
    assert_eq!(next.len(), many, "two writes replaced the same value");
    let (mut title, mut length) = ("first".to_owned(), 0);
    while let Some(new) = next.remove(&title) {
        (title, length) = (new, length + 1);
    }
    assert_eq!((title.as_str(), length), (last, many));
}

async fn old_values_are_those_that_the_write_replaced<DB: ValuesDb>() {
    let (world, alice) = (open::<DB>(AuditSettings::default(), 10).await, user());
    let last = many_write(&world, &alice, 400).await;
    assert_chain(world.lines("update").await.iter().map(details), 400, &last.title);
}

async fn old_values_are_those_that_the_write_replaced_in_a_sink_too<DB: ValuesDb>() {
    let sink = MemorySink::new();
    let audit = AuditSettings::default().writes(WriteAudit::Background).sink(sink.clone());
    let (world, alice) = (open::<DB>(audit, 10).await, user());
    let last = many_write(&world, &alice, 400).await;
    world.pool.flush_audit().await;
    let events = sink.events();
    let updates = events.iter().filter(|event| event.operation.as_str() == "update");
    let links = updates.map(|event| serde_json::from_str(&event.details.to_string()).unwrap());
    assert_chain(links, 400, &last.title);
}

async fn values_of_wide_rows_are_complete<DB: ValuesDb>() {
    async fn check<DB: ValuesDb + Stores<T>, T: UserScoped<Owner = Uuid, Id = Uuid>>(
        world: &World<DB>,
        (new, values): (T::New, Value),
    ) {
        let alice = user();
        let rows = world.pool.repository::<T>(&alice);
        let row = rows.insert(new).await.unwrap();
        rows.delete(row.id()).await.unwrap();
        let log = world.log().await;
        let of_hers: Vec<_> = log.iter().filter(|line| line.user_id == alice.user().to_string()).collect();
        assert_eq!(details(of_hers[0]), json!({ "new": values }));
        assert_eq!(details(of_hers[1]), json!({ "old": values }));
    }
    let world = open::<DB>(AuditSettings::default(), 2).await;
    check::<DB, Wide40>(&world, Wide40::sample()).await;
    check::<DB, Wide41>(&world, Wide41::sample()).await;
    check::<DB, Wide119>(&world, Wide119::sample()).await;
}
