//! What an upsert meets: a row that is marked as deleted, an index of the live rows alone, or no index.

use chrono::{DateTime, Utc};
use user_scope::audit::AuditSettings;
use user_scope::{Error, Stores, UserScoped, Uuid};

use super::databases::TestDb;
use super::shelf::{Folder, NewFolder};
use super::world::{World, user};

on_each_database!(
    a_row_that_is_marked_as_deleted_is_told_and_left_alone,
    a_row_that_is_marked_holds_its_key_and_can_be_restored,
    a_marked_row_of_somebody_else_is_not_told,
    a_missing_parent_is_told_before_a_mark,
    beside_a_marked_row_a_new_one_is_inserted_if_the_index_is_of_live_rows,
    an_index_that_is_missing_is_named,
);

/// Marked when it is deleted, and unique by its name.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "labels", new(derive(Debug, Clone)), changes(derive(Default)), unique(name))]
pub struct Label {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Folder)]
    pub folder_id: Option<Uuid>,
    pub name: String,
    pub colour: String,
    #[user_scoped(deleted_at)]
    pub deleted_at: Option<DateTime<Utc>>,
}

const LIVE_ROWS: &str = "CREATE UNIQUE INDEX live ON labels (user_id, name) WHERE deleted_at IS NULL";
const ALL_ROWS: &str = "CREATE UNIQUE INDEX every ON labels (user_id, name)";

async fn open<DB: TestDb>(index: &str) -> World<DB> {
    // One connection: on SQLite each learns of a new index when it next reads the table.
    let world = World::<DB>::with(AuditSettings::default(), 1).await;
    let time = if DB::UUID == "UUID" { "TIMESTAMPTZ" } else { "TEXT" };
    let table =
        "CREATE TABLE labels (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, folder_id {uuid}, name TEXT NOT NULL,
        colour TEXT NOT NULL, deleted_at {time}); ";
    let table = table.replace("{uuid}", DB::UUID).replace("{time}", time);
    DB::run(&world.raw, &(table + index)).await.unwrap();
    world.open_to_the_application().await;
    world
}

fn label(colour: &str) -> NewLabel {
    NewLabel { folder_id: None, name: "urgent".into(), colour: colour.into() }
}

fn folder(name: &str) -> NewFolder {
    NewFolder { inside: None, name: name.into() }
}

async fn a_row_that_is_marked_as_deleted_is_told_and_left_alone<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let (folders, id) = (world.pool.repository::<Folder>(&alice), Uuid::now_v7());
    folders.upsert(&id, folder("a")).await.unwrap();
    let page = world.page(&alice, id, "in it").await;
    folders.delete(&id).await.unwrap();
    let refused = folders.upsert(&id, folder("b")).await;
    assert!(matches!(refused, Err(Error::Deleted { entity: "folders" })), "{refused:?}");
    assert_eq!(world.lines("upsert").await.len(), 1, "nothing was done, and nothing is recorded");
    assert_eq!(world.lines("unauthorized_access").await.len(), 0);
    // In a transaction it is an answer like any other.
    let tx = world.pool.begin(&alice).await.unwrap();
    let refused = tx.repository::<Folder>().upsert(&id, folder("b")).await;
    assert!(matches!(refused, Err(Error::Deleted { .. })), "{refused:?}");
    tx.repository::<Folder>().restore(&id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(folders.get(&id).await.unwrap().name, "a");
    let pages = folders.children::<super::shelf::Page>(&id).all().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.id).collect::<Vec<_>>(), [page.id], "what went with it is there again");
    assert_eq!(folders.upsert(&id, folder("b")).await.unwrap().name, "b");
}

async fn a_row_that_is_marked_holds_its_key_and_can_be_restored<DB: TestDb + Stores<Label>>() {
    let (world, alice) = (open::<DB>(ALL_ROWS).await, user());
    let labels = world.pool.repository::<Label>(&alice);
    let red = labels.upsert_by(Label::BY_NAME, label("red")).await.unwrap();
    let blue = labels.upsert_by(Label::BY_NAME, label("blue")).await.unwrap();
    assert_eq!((blue.id, blue.colour.as_str()), (red.id, "blue"));
    labels.delete(&red.id).await.unwrap();
    let refused = labels.upsert_by(Label::BY_NAME, label("green")).await;
    assert!(matches!(refused, Err(Error::Deleted { entity: "labels" })), "{refused:?}");
    let system = world.system().await;
    let for_her = system.owned_by(alice.user());
    let refused = for_her.repository::<Label>().upsert_by(Label::BY_NAME, label("green")).await;
    assert!(matches!(refused, Err(Error::Deleted { .. })), "{refused:?}");
    labels.restore(&red.id).await.unwrap();
    assert_eq!(labels.get(&red.id).await.unwrap(), blue);
    labels.delete(&red.id).await.unwrap();
    system.repository::<Label>().purge(&red.id).await.unwrap();
    assert_eq!(labels.upsert_by(Label::BY_NAME, label("green")).await.unwrap().colour, "green");
}

async fn a_marked_row_of_somebody_else_is_not_told<DB: TestDb + Stores<Label>>() {
    let (world, alice, bob) = (open::<DB>(ALL_ROWS).await, user(), user());
    let (hers, his) = (world.pool.repository::<Label>(&alice), world.pool.repository::<Label>(&bob));
    let label_of_hers = hers.upsert_by(Label::BY_NAME, label("red")).await.unwrap();
    hers.delete(&label_of_hers.id).await.unwrap();
    let refused = his.upsert(&label_of_hers.id, label("blue")).await;
    assert!(matches!(refused, Err(Error::NotFound { entity: "labels" })), "{refused:?}");
    assert_eq!(his.upsert_by(Label::BY_NAME, label("blue")).await.unwrap().colour, "blue");
    hers.restore(&label_of_hers.id).await.unwrap();
    assert_eq!(hers.get(&label_of_hers.id).await.unwrap(), label_of_hers);
}

async fn a_missing_parent_is_told_before_a_mark<DB: TestDb + Stores<Label>>() {
    let (world, alice, bob) = (open::<DB>(ALL_ROWS).await, user(), user());
    let (labels, hers) = (world.pool.repository::<Label>(&alice), world.folder(&alice, None, "hers").await.id);
    let his = world.folder(&bob, None, "his").await.id;
    let inside = |folder| NewLabel { folder_id: Some(folder), ..label("red") };
    let red = labels.upsert_by(Label::BY_NAME, inside(hers)).await.unwrap();
    labels.delete(&red.id).await.unwrap();
    for stranger in [his, Uuid::now_v7()] {
        for refused in
            [labels.upsert_by(Label::BY_NAME, inside(stranger)).await, labels.upsert(&red.id, inside(stranger)).await]
        {
            assert!(matches!(refused, Err(Error::ParentNotFound { entity: "labels", .. })), "{refused:?}");
        }
    }
    for refused in [labels.upsert_by(Label::BY_NAME, inside(hers)).await, labels.upsert(&red.id, inside(hers)).await] {
        assert!(matches!(refused, Err(Error::Deleted { .. })), "{refused:?}");
    }
}

async fn beside_a_marked_row_a_new_one_is_inserted_if_the_index_is_of_live_rows<DB: TestDb + Stores<Label>>() {
    let (world, alice) = (open::<DB>(LIVE_ROWS).await, user());
    let labels = world.pool.repository::<Label>(&alice);
    let red = labels.upsert_by(Label::BY_NAME, label("red")).await.unwrap();
    assert_eq!(labels.upsert_by(Label::BY_NAME, label("blue")).await.unwrap().id, red.id);
    labels.delete(&red.id).await.unwrap();
    let green = labels.upsert_by(Label::BY_NAME, label("green")).await.unwrap();
    assert_ne!(green.id, red.id);
    assert_eq!(labels.upsert_by(Label::BY_NAME, label("grey")).await.unwrap().id, green.id);
    assert_eq!(labels.query().count().await.unwrap(), 1);
    // Two of a name cannot be there at once.
    let refused = labels.restore(&red.id).await;
    assert!(matches!(refused, Err(Error::Duplicate { .. })), "{refused:?}");
}

async fn an_index_that_is_missing_is_named<DB: TestDb + Stores<Label>>() {
    let (world, alice) = (open::<DB>("CREATE INDEX other ON labels (user_id, name)").await, user());
    let labels = world.pool.repository::<Label>(&alice);
    let error = labels.upsert_by(Label::BY_NAME, label("red")).await.unwrap_err();
    let Error::MissingIndex { entity: "labels", statement, .. } = &error else { panic!("{error:?}") };
    let expected = "CREATE UNIQUE INDEX labels_user_id_name ON labels (user_id, name) WHERE deleted_at IS NULL";
    assert_eq!(statement.replace(['"', '`'], ""), expected);
    assert!(error.to_string().ends_with(statement.as_str()), "{error}");
    DB::run(&world.raw, statement).await.expect("what is shown can be run");
    assert_eq!(labels.query().count().await.unwrap(), 0);
    assert_eq!(labels.upsert_by(Label::BY_NAME, label("red")).await.unwrap().colour, "red");
}
