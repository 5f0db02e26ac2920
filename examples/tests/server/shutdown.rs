//! The end in an orderly way: who was being served is served, and what was done is on record.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::sync::Notify;

use crate::client::{Client, text};
use crate::home::Kind;
use crate::server::Server;

on_each_database!(a_stop_amid_requests_loses_no_audit_row);

const AT_ONCE: usize = 24;
const BEFORE_THE_STOP: usize = 60;

async fn a_stop_amid_requests_loses_no_audit_row(kind: Kind) {
    let (home, server) = Server::on(kind).await;
    let alice = Client::register(&server, "alice-1").await;
    let read = alice.task("To be read").await;
    let (answered, enough) = (AtomicUsize::new(0), Notify::new());
    // Each goes on until the server is not there any more. One that was answered has been done.
    let asking = (0..AT_ONCE).map(|_| async {
        let (mut made, mut seen, mut lost) = (Vec::new(), 0, 0);
        loop {
            let request = alice.request(reqwest::Method::POST, "/tasks").json(&json!({ "title": "Made" }));
            match alice.try_to_send(request).await {
                Ok(answer) => made.push(text(&answer.expect(201).json()["id"])),
                Err(fault) => {
                    lost += usize::from(!fault.is_connect());
                    return (made, seen, lost);
                }
            }
            match alice.try_to_send(alice.request(reqwest::Method::GET, &format!("/tasks/{read}"))).await {
                Ok(answer) => seen += usize::from(answer.expect(200).status.is_success()),
                Err(fault) => {
                    lost += usize::from(!fault.is_connect());
                    return (made, seen, lost);
                }
            }
            if answered.fetch_add(1, Ordering::Relaxed) + 1 == BEFORE_THE_STOP {
                enough.notify_one();
            }
        }
    });
    let stopping = async {
        enough.notified().await;
        server.stop().await
    };
    let (done, said) = futures_util::join!(futures_util::future::join_all(asking), stopping);
    assert!(!said.contains("panicked") && !said.contains("ERROR"), "{said}");

    let log = home.log().await;
    let count = |operation: &str| {
        let is_it = |line: &&crate::home::Line| {
            line.user_id == alice.id && line.operation == operation && line.entity_type == "tasks"
        };
        log.iter().filter(is_it).count()
    };
    let made: usize = done.iter().map(|(made, ..)| made.len()).sum();
    let (seen, lost) = done.iter().fold((0, 0), |(seen, lost), (_, more, also)| (seen + more, lost + also));
    assert!(made >= BEFORE_THE_STOP, "{made}");
    let rows = home.rows::<0>("SELECT 1 FROM tasks WHERE title = 'Made'").await.len();
    assert_eq!(count("create"), rows + 1, "a row of the log for each row that was made, and one to begin with");
    for id in done.iter().flat_map(|(made, ..)| made) {
        assert!(log.iter().any(|line| line.operation == "create" && line.entity_id == *id), "{id} is not on record");
    }
    // A connection on which nothing is being asked may be closed under the next request, which then was not begun.
    assert_eq!((count("create") - 1, count("read")), (made, seen), "{lost} were not answered");
}
