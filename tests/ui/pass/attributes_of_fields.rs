//! What a request may leave out, and what it may not say, is an attribute of the fields that it is read into.

#![deny(warnings)]

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use user_scope::{Change, UserScoped, Uuid};

#[derive(Debug, UserScoped)]
#[user_scoped(
    table = "tasks",
    new(derive(Debug, PartialEq, Deserialize), deny_unknown_fields),
    changes(derive(Debug, PartialEq, Deserialize), deny_unknown_fields)
)]
pub struct Task {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    /// It has a `Default`, which is a new row's.
    #[user_scoped(new(serde(default)), changes(allow(unused), serde(rename = "state")))]
    pub status: String,
    #[user_scoped(parent = List, new(serde(skip)), changes(serde(skip)))]
    pub list_id: Uuid,
    #[user_scoped(new(serde(default = "usual")), changes(serde(default = "doubled")))]
    pub weight: i32,
    #[user_scoped(redact, new(cfg_attr(all(), serde(default))))]
    pub secret: Option<String>,
    #[user_scoped(version, changes(serde(skip)))]
    pub version: i64,
}

#[derive(Debug, UserScoped)]
#[user_scoped(table = "lists", new(derive(Deserialize)))]
pub struct List {
    #[user_scoped(id, key = "owner", new(serde(alias = "name")))]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
}

fn usual() -> i32 {
    1
}

fn doubled() -> Change<i32> {
    Change::Set(2)
}

fn read<T: DeserializeOwned>(body: Value) -> Result<T, String> {
    serde_json::from_value(body).map_err(|fault| fault.to_string())
}

fn main() {
    let new = NewTask { status: String::new(), list_id: Uuid::nil(), weight: 1, secret: None };
    assert_eq!(read(json!({})), Ok(new));
    let named = read::<NewTask>(json!({"list_id": Uuid::nil()}));
    assert!(named.is_err_and(|fault| fault.starts_with("unknown field `list_id`")));

    let changes = TaskChanges {
        status: Change::Set("done".into()),
        list_id: Change::Keep,
        weight: Change::Set(2),
        secret: Change::Keep,
        version: 0,
    };
    assert_eq!(read(json!({"state": "done"})), Ok(changes));
    let named = read::<TaskChanges>(json!({"version": 7}));
    assert!(named.is_err_and(|fault| fault.starts_with("unknown field `version`")));

    assert_eq!(read::<NewList>(json!({"name": Uuid::nil()})).map(|list| list.id), Ok(Uuid::nil()));
}
