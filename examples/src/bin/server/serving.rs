//! Connections: how many there may be, how long one may take to say what it wants, and how they end.
//!
//! `axum::serve` has no limits: a client that opens connections and says nothing would keep everybody else out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

/// So many connections at once, fewer than a process may usually have files. Whoever comes then waits until one ends.
const CONNECTIONS: usize = 512;
/// And so many from one address; what is beyond is closed. Behind a proxy that is the proxy's.
const FROM_ONE: usize = 256;
/// How long a connection may last, for a client that does not read what it asked for.
const LIFE: Duration = Duration::from_secs(300);
/// From a connection, or the last answer on it, to the end of the next request's head.
const HEAD: Duration = Duration::from_secs(10);
/// How long requests may go on when the server is to stop.
const GRACE: Duration = Duration::from_secs(10);
/// Before it is tried again to accept, when there are no files left, say.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stopped`, and waits for the requests that are under way then.
pub async fn serve(listener: TcpListener, router: Router, stopped: impl Future<Output = ()>) {
    let (graceful, mut connections) = (GracefulShutdown::new(), JoinSet::new());
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // Each connection holds a part of its address's.
    let mut clients: HashMap<IpAddr, Weak<()>> = HashMap::new();
    let mut stopped = std::pin::pin!(stopped);
    loop {
        let accepted = async {
            // It is never closed.
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stopped => break,
        };
        match accepted {
            Ok((stream, client)) => {
                let part = clients.get(&client.ip()).and_then(Weak::upgrade).unwrap_or_default();
                if Arc::strong_count(&part) > FROM_ONE {
                    continue;
                }
                clients.insert(client.ip(), Arc::downgrade(&part));
                let router = router.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let mut request = request.map(Body::new);
                    request.extensions_mut().insert(ConnectInfo(client));
                    router.clone().oneshot(request)
                });
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new()).header_read_timeout(HEAD);
                let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
                connections.spawn(async move {
                    let _held = (place, part);
                    match tokio::time::timeout(LIFE, connection).await {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => tracing::debug!(%error, "a connection ended"),
                        Err(_) => tracing::debug!("a connection has lasted too long"),
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
        if clients.len() > CONNECTIONS {
            clients.retain(|_, part| part.strong_count() > 0);
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were still under way, and are broken off");
    }
    connections.shutdown().await;
}
