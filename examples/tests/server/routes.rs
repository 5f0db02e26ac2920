//! Who is answered what, for every operation that the server says it has: one table, which can neither lack an operation nor
//! have one that is not there.

use std::collections::BTreeSet;

use crate::client::Client;
use crate::home::Kind;
use crate::operations::{Operation, Place, without_names};
use crate::people::{ABSENT, administrator};
use crate::server::Server;

/// What is answered to somebody without a token, with a bad one, to a user about what is his own, what is another user's
/// and what is nobody's, and to an administrator about what is a user's.
#[rustfmt::skip]
const TABLE: &[(&str, [u16; 6])] = &[
    //                                               none  bad  own foreign absent admin
    ("POST   /auth/register",                       [201, 201, 201,    0,    0,  201]),
    ("POST   /auth/token",                          [200, 200, 200,    0,    0,  200]),
    ("GET    /auth/me",                             [401, 401, 200,    0,    0,  200]),
    ("GET    /tasks",                               [401, 401, 200,    0,    0,  200]),
    ("POST   /tasks",                               [401, 401, 201,    0,    0,  201]),
    ("POST   /tasks/bulk",                          [401, 401, 201,    0,    0,  201]),
    ("GET    /tasks/{}",                            [401, 401, 200,  404,  404,  404]),
    ("PATCH  /tasks/{}",                            [401, 401, 200,  404,  404,  404]),
    ("DELETE /tasks/{}",                            [401, 401, 204,  404,  404,  404]),
    ("GET    /tasks/{}/subtasks",                   [401, 401, 200,  404,  404,  404]),
    ("POST   /tasks/{}/subtasks",                   [401, 401, 201,  404,  404,  404]),
    ("POST   /tasks/{}/subtasks/bulk",              [401, 401, 201,  404,  404,  404]),
    ("GET    /tasks/{}/subtasks/{}",                [401, 401, 200,  404,  404,  404]),
    ("PATCH  /tasks/{}/subtasks/{}",                [401, 401, 200,  404,  404,  404]),
    ("DELETE /tasks/{}/subtasks/{}",                [401, 401, 204,  404,  404,  404]),
    ("GET    /tasks/{}/dependencies",               [401, 401, 200,  404,  404,  404]),
    ("POST   /tasks/{}/dependencies",               [401, 401, 201,  404,  404,  404]),
    ("POST   /tasks/{}/dependencies/bulk",          [401, 401, 201,  404,  404,  404]),
    ("GET    /tasks/{}/dependencies/{}",            [401, 401, 200,  404,  404,  404]),
    ("PATCH  /tasks/{}/dependencies/{}",            [401, 401, 200,  404,  404,  404]),
    ("DELETE /tasks/{}/dependencies/{}",            [401, 401, 204,  404,  404,  404]),
    ("GET    /projects",                            [401, 401, 200,    0,    0,  200]),
    ("POST   /projects",                            [401, 401, 201,    0,    0,  201]),
    ("POST   /projects/bulk",                       [401, 401, 201,    0,    0,  201]),
    ("GET    /projects/{}",                         [401, 401, 200,  404,  404,  404]),
    ("PATCH  /projects/{}",                         [401, 401, 200,  404,  404,  404]),
    ("DELETE /projects/{}",                         [401, 401, 204,  404,  404,  404]),
    ("GET    /agents",                              [401, 401, 200,    0,    0,  200]),
    ("POST   /agents",                              [401, 401, 201,    0,    0,  201]),
    ("POST   /agents/bulk",                         [401, 401, 201,    0,    0,  201]),
    ("GET    /agents/{}",                           [401, 401, 200,  404,  404,  404]),
    ("PATCH  /agents/{}",                           [401, 401, 200,  404,  404,  404]),
    ("DELETE /agents/{}",                           [401, 401, 204,  404,  404,  404]),
    ("GET    /rules",                               [401, 401, 200,    0,    0,  200]),
    ("POST   /rules",                               [401, 401, 201,    0,    0,  201]),
    ("POST   /rules/bulk",                          [401, 401, 201,    0,    0,  201]),
    ("GET    /rules/{}",                            [401, 401, 200,  404,  404,  404]),
    ("PATCH  /rules/{}",                            [401, 401, 200,  404,  404,  404]),
    ("DELETE /rules/{}",                            [401, 401, 204,  404,  404,  404]),
    ("GET    /audit",                               [401, 401, 200,    0,    0,  200]),
    ("GET    /admin/audit/patterns",                [401, 401, 403,    0,    0,  200]),
    ("GET    /admin/audit/suspicious",              [401, 401, 403,    0,    0,  200]),
    ("GET    //healthz",                            [200, 200, 200,    0,    0,  200]),
    ("GET    //metrics",                            [200, 200, 200,    0,    0,  200]),
];

on_each_database!(
    everybody_is_answered_as_the_table_says,
    what_is_foreign_cannot_be_told_from_what_is_absent,
    a_child_is_found_below_its_own_parent_alone,
);

#[tokio::test]
async fn the_table_has_every_operation_of_the_document_and_no_other() {
    let (_home, server) = Server::on(Kind::Sqlite).await;
    let document = Client::nobody(&server).get("//api/openapi.json").await.expect(200).json();
    let methods = ["get", "put", "post", "patch", "delete", "head", "options", "trace"];
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, _) in item.as_object().expect("a path").iter().filter(|(name, _)| methods.contains(&name.as_str()))
        {
            documented.insert(format!("{} {}", method.to_uppercase(), without_names(path)));
        }
    }
    let listed: BTreeSet<_> = TABLE.iter().map(|(name, _)| Operation::of(name)).map(|it| it.to_string()).collect();
    let missing: Vec<_> = documented.difference(&listed).collect();
    let stale: Vec<_> = listed.difference(&documented).collect();
    assert!(missing.is_empty() && stale.is_empty(), "not in the table: {missing:?}; not in the document: {stale:?}");
}

async fn everybody_is_answered_as_the_table_says(kind: Kind) {
    let (_home, server, ada) = administrator(kind).await;
    let (alice, bob) = (Client::register(&server, "alice-1").await, Client::register(&server, "bob-1").await);
    let nobody = Client::nobody(&server);
    let bad = nobody.with_token("bad.bad.bad");
    let mut faults = Vec::new();
    for (name, expected) in TABLE {
        let operation = Operation::of(name);
        let askers = [
            (&nobody, &alice, "none"),
            (&bad, &alice, "bad"),
            (&bob, &bob, "own"),
            (&bob, &alice, "foreign"),
            (&bob, &nobody, "absent"),
            (&ada, &alice, "admin"),
        ];
        for ((asker, owner, column), status) in askers.into_iter().zip(expected) {
            if *status == 0 {
                continue;
            }
            let absent = column == "absent";
            let place = if absent { Place::absent(&operation) } else { Place::make(owner, &operation).await };
            let before = place.state(owner).await;
            let answer = operation.ask(asker, &bob, &place.ids).await;
            if answer.status != *status {
                faults.push(format!("{operation}, {column}: {} and not {status}: {}", answer.status, answer.text()));
            }
            if !answer.status.is_success() {
                assert_eq!(place.state(owner).await, before, "{operation}, {column}: it was done all the same");
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

async fn what_is_foreign_cannot_be_told_from_what_is_absent(kind: Kind) {
    let (_home, server, ada) = administrator(kind).await;
    let (alice, bob) = (Client::register(&server, "alice-1").await, Client::register(&server, "bob-1").await);
    for (name, expected) in TABLE.iter().filter(|(name, _)| name.contains("{}")) {
        assert_eq!(expected[3], expected[4], "{name}");
        let operation = Operation::of(name);
        let absent = Place::absent(&operation).ids;
        let (own, foreign) = (Place::make(&bob, &operation).await.ids, Place::make(&alice, &operation).await.ids);
        let no_id = vec!["no-id".to_owned(); absent.len()];
        let unknown = operation.ask(&bob, &bob, &absent).await;
        let mut alike = vec![("foreign", foreign.clone(), &unknown), ("no id", no_id, &unknown)];
        let unknown_child;
        if let [_, child] = absent.as_slice() {
            let below = |task: &String, child: &String| vec![task.clone(), child.clone()];
            unknown_child = operation.ask(&bob, &bob, &below(&own[0], child)).await;
            alike.push(("one's own child of a foreign row", below(&foreign[0], &own[1]), &unknown));
            alike.push(("a foreign child of a row of one's own", below(&own[0], &foreign[1]), &unknown_child));
            alike.push(("no id of a child", below(&own[0], &"no-id".to_owned()), &unknown_child));
        }
        for (what, ids, unknown) in alike {
            let answer = operation.ask(&bob, &bob, &ids).await;
            assert_eq!(answer.traits(), unknown.traits(), "{operation}: {what}");
        }
        // An administrator is nobody special where she does not say why.
        let answer = operation.ask(&ada, &bob, &foreign).await;
        assert_eq!(answer.traits(), unknown.traits(), "{operation}: of a user, for an administrator");
    }
}

async fn a_child_is_found_below_its_own_parent_alone(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let bob = Client::register(&server, "bob-1").await;
    for name in TABLE.iter().map(|(name, _)| name).filter(|name| name.matches("{}").count() == 2) {
        let operation = Operation::of(name);
        let (one, other) = (Place::make(&bob, &operation).await, Place::make(&bob, &operation).await);
        let before = other.state(&bob).await;
        let elsewhere = [one.ids[0].clone(), other.ids[1].clone()];
        let nowhere = [one.ids[0].clone(), ABSENT.to_owned()];
        let (answer, unknown) =
            (operation.ask(&bob, &bob, &elsewhere).await, operation.ask(&bob, &bob, &nowhere).await);
        assert_eq!(answer.traits(), unknown.expect(404).traits(), "{operation}");
        assert_eq!(other.state(&bob).await, before, "{operation}");
    }
}
