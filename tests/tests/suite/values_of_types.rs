//! Values in the audit, of each type, and whatever is in them.

use serde_json::json;
use user_scope::audit::AuditSettings;
use user_scope::{Change, Error};

use super::household::details;
use super::scores::{NewScore, Score, ScoreChanges, ValuesDb, new_score, open, the, title};
use super::world::user;

on_each_database!(texts_survive_whatever_is_in_them, each_type_is_recorded_as_json, infinity_is_recorded_as_a_text,);

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
