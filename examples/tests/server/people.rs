//! Who there is beside the users that a test registers: an administrator, somebody new, and nobody.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::client::{Client, PASSWORD};
use crate::home::{Home, Kind};
use crate::server::Server;

/// An id that is nobody's.
pub const ABSENT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A name that nobody has had before.
pub fn name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    format!("new-{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A server with an administrator, signed in. On SQLite she is one of the demo users; elsewhere she is made one at the
/// second start.
pub async fn administrator(kind: Kind) -> (Home, Server, Client) {
    let home = Home::of(kind).await;
    let server = Server::start(&home).await;
    match kind {
        Kind::Sqlite => {
            let ada = Client::sign_in(&server, "ada", "ada-demo-1").await;
            (home, server, ada)
        }
        Kind::Postgres => {
            Client::register(&server, "ada").await;
            server.stop().await;
            let server = Server::start_with(&home, &["--administrator", "ada", "--sign-in-attempts", "1000000"]).await;
            let ada = Client::sign_in(&server, "ada", PASSWORD).await;
            (home, server, ada)
        }
    }
}
