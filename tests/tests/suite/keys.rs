//! Owners and ids of every type, and columns that store them otherwise than Rust holds them.

use user_scope::audit::AuditSettings;
use user_scope::{Change, Error, UserContext, Uuid};

use super::databases::TestDb;
use super::entities::{
    Account, AccountChanges, Document, DocumentChanges, NewAccount, NewDocument, NewNote, NewProject, Note,
    NoteChanges, Project, UserId,
};
use super::world::{World, user};

on_each_database!(
    newtypes_of_uuids_work_as_owner_and_id,
    integers_work_as_owner_and_id_and_the_database_makes_the_id,
    texts_work_as_owner_and_id,
    an_owner_stored_as_text_is_the_same_user,
    reserved_users_cannot_act,
);

async fn newtypes_of_uuids_work_as_owner_and_id<DB: TestDb>() {
    let world = World::<DB, UserId>::of(AuditSettings::default(), 3).await;
    let alice = UserContext::new(UserId(Uuid::now_v7())).unwrap();
    let bob = UserContext::new(UserId(Uuid::now_v7())).unwrap();
    let documents = world.pool.repository::<Document>(&alice);
    let document = documents.insert(NewDocument { body: "x".into() }).await.unwrap();
    assert_eq!(document.user_id, *alice.user());
    let changes = DocumentChanges { body: Change::Set("y".into()) };
    assert_eq!(documents.update(&document.id, changes).await.unwrap().body, "y");
    assert_eq!(documents.query().filter(Document::ID.eq(&document.id)).count().await.unwrap(), 1);
    let his = world.pool.repository::<Document>(&bob);
    assert!(matches!(his.get(&document.id).await, Err(Error::NotFound { .. })));
    documents.delete(&document.id).await.unwrap();
    let id = document.id.0.to_string();
    let log = world.log().await;
    assert!(log.iter().filter(|line| line.operation != "list").all(|line| line.entity_id == id), "{log:#?}");
    assert_eq!(log[0].user_id, alice.user().0.to_string());
}

async fn integers_work_as_owner_and_id_and_the_database_makes_the_id<DB: TestDb>() {
    let world = World::<DB, i64>::of(AuditSettings::default(), 3).await;
    let (alice, bob) = (UserContext::new(7).unwrap(), UserContext::new(8).unwrap());
    let notes = world.pool.repository::<Note>(&alice);
    let one = notes.insert(NewNote { text: "one".into() }).await.unwrap();
    let two = notes.insert(NewNote { text: "two".into() }).await.unwrap();
    assert!(two.id > one.id);
    assert_eq!(notes.query().filter(Note::ID.ge(two.id)).all().await.unwrap(), [two]);
    assert_eq!(notes.query().filter(Note::ID.gt(0)).count().await.unwrap(), 2);
    let his = world.pool.repository::<Note>(&bob);
    let changes = NoteChanges { text: Change::Set("his".into()) };
    assert!(matches!(his.update(&one.id, changes).await, Err(Error::NotFound { .. })));
    let log = world.log().await;
    assert_eq!((log[0].operation.as_str(), log[0].user_id.as_str()), ("create", "7"));
    assert_eq!(log[0].entity_id, one.id.to_string());
    let denial = log.last().unwrap();
    assert_eq!((denial.operation.as_str(), denial.user_id.as_str()), ("unauthorized_access", "8"));
    let details: serde_json::Value = serde_json::from_str(&denial.details).unwrap();
    assert_eq!(details, serde_json::json!({"attempted": "update", "owner": "7"}));
}

async fn texts_work_as_owner_and_id<DB: TestDb>() {
    let world = World::<DB, String>::of(AuditSettings::default(), 3).await;
    let alice = UserContext::new("auth0|alice's \"id\"".to_owned()).unwrap();
    let bob = UserContext::new("google|bob".to_owned()).unwrap();
    let accounts = world.pool.repository::<Account>(&alice);
    let account = accounts.insert(NewAccount { email: None }).await.unwrap();
    assert_eq!(account.subject, *alice.user());
    assert!(account.id.parse::<Uuid>().is_ok());
    let changes = AccountChanges { email: Change::Set(Some("a@example.org".into())) };
    accounts.update(&account.id, changes).await.unwrap();
    let his = world.pool.repository::<Account>(&bob);
    assert_eq!(his.find(&account.id).await.unwrap(), None);
    assert_eq!(his.find(&"' OR '1'='1".to_owned()).await.unwrap(), None);
    let users: Vec<_> = world.log().await.into_iter().map(|line| (line.operation, line.user_id)).collect();
    assert_eq!(users[0], ("create".into(), alice.user().clone()));
    assert_eq!(users.last().unwrap(), &("unauthorized_access".into(), bob.user().clone()));
}

async fn an_owner_stored_as_text_is_the_same_user<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let projects = world.pool.repository::<Project>(&alice);
    let project = projects.insert(NewProject { name: "p".into(), main_task: None }).await.unwrap();
    assert_eq!(DB::texts(&world.raw, "SELECT user_id FROM projects").await.unwrap(), [alice.user().to_string()]);
    let found = projects.query().filter(Project::USER_ID.eq(alice.user())).first().await.unwrap();
    assert_eq!(found.as_ref(), Some(&project));
    assert!(matches!(world.pool.repository::<Project>(&bob).get(&project.id).await, Err(Error::NotFound { .. })));
    world.pool.flush_audit().await;
    projects.delete(&project.id).await.unwrap();
    let log = world.operations().await;
    assert_eq!(log, ["create projects", "list projects", "unauthorized_access projects", "delete projects"]);
}

async fn reserved_users_cannot_act<DB: TestDb>() {
    assert!(matches!(UserContext::new(Uuid::nil()), Err(Error::ReservedUser)));
    assert!(matches!(UserContext::new(UserId(Uuid::nil())), Err(Error::ReservedUser)));
    assert!(matches!(UserContext::new(0_i64), Err(Error::ReservedUser)));
    for name in ["", " ", "system", "SYSTEM", " system\n"] {
        assert!(matches!(UserContext::new(name.to_owned()), Err(Error::ReservedUser)), "{name:?}");
    }
}
