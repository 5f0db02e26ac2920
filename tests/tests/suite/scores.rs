//! Entities whose values are recorded, with their tables.

use chrono::{DateTime, Utc};
use serde_json::Value;
use user_scope::audit::AuditSettings;
use user_scope::{Change, Identifier, Stores, UserScoped, Uuid};

use super::databases::TestDb;
use super::household::details;
use super::world::World;

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

pub trait ValuesDb: TestDb + Stores<Score> + Stores<Voice> + Stores<Choice> {}

impl<DB> ValuesDb for DB where DB: TestDb + Stores<Score> + Stores<Voice> + Stores<Choice> {}

const SCHEMA: &str = "
    CREATE TABLE scores (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, title TEXT NOT NULL, bars INTEGER, share {float} NOT NULL,
        printed BOOLEAN NOT NULL, cover {bytes}, fee TEXT, updated_at TIMESTAMPTZ NOT NULL, UNIQUE (user_id, id));
    CREATE TABLE voices (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, score_id {uuid} NOT NULL, name TEXT NOT NULL,
        player TEXT NOT NULL, FOREIGN KEY (user_id, score_id) REFERENCES scores (user_id, id));
    CREATE TABLE choices (
        id TEXT NOT NULL, user_id {uuid} NOT NULL, value TEXT NOT NULL, PRIMARY KEY (user_id, id));";

pub async fn open<DB: ValuesDb>(audit: AuditSettings, connections: u32) -> World<DB> {
    let world = World::<DB>::with(audit, connections).await;
    let float = if DB::UUID == "UUID" { "DOUBLE PRECISION" } else { "REAL" };
    let bytes = if DB::UUID == "UUID" { "BYTEA" } else { "BLOB" };
    let tables = SCHEMA.replace("{uuid}", DB::UUID).replace("{float}", float).replace("{bytes}", bytes);
    DB::run(&world.raw, &tables).await.unwrap();
    world.open_to_the_application().await;
    world
}

pub fn new_score(title: &str) -> NewScore {
    NewScore {
        title: title.into(),
        bars: Some(12),
        share: 0.5,
        printed: true,
        cover: None,
        fee: Some("a thousand".into()),
    }
}

pub fn title(title: &str) -> ScoreChanges {
    ScoreChanges { title: Change::Set(title.into()), ..Default::default() }
}

/// The details of the only line that was recorded as `operation`.
pub async fn the<DB: TestDb, Id: Identifier>(world: &World<DB, Id>, operation: &str) -> Value {
    let lines: Vec<_> = world.log().await.into_iter().filter(|line| line.operation == operation).collect();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    details(line)
}
