//! Values in the audit: what a write replaced, and what it wrote, as they were and no other.

use serde_json::{Value, json};
use user_scope::Change;
use user_scope::audit::{AuditSettings, MemorySink, WriteAudit};

use super::household::{details, new_album};
use super::scores::{
    Choice, ChoiceChanges, NewChoice, NewVoice, Score, ScoreChanges, ValuesDb, Voice, new_score, open, the, title,
};
use super::shelf::{Album, AlbumChanges, NewAlbum};
use super::world::user;

on_each_database!(
    a_create_records_the_new_values_and_hides_what_is_redacted,
    an_update_records_the_old_and_new_values_of_what_it_set,
    an_update_by_a_condition_records_the_values_of_each_row,
    a_delete_records_the_values_that_are_gone,
    a_delete_records_the_values_of_those_that_go_along,
    values_go_to_a_sink_as_well,
    a_system_context_records_values_with_the_owner,
    rows_of_two_owners_with_the_same_id_keep_their_values_apart,
);

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
