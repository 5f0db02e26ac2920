//! A proxy between a client and PostgreSQL that counts what the client asks for.
//!
//! "One round trip" is asserted here, by the messages of the protocol, and not by time. The proxy counts a
//! message before it passes it on, so whoever has the answer in hand finds the question in the counts.

mod counts;
mod messages;

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

pub use self::counts::Counts;
use self::messages::{Frontend, Step};
use crate::directory::Directory;

/// A proxy that listens until it is dropped. It lives in the runtime that started it.
#[derive(Debug)]
pub struct Proxy {
    counts: Arc<Mutex<Counts>>,
    accepting: JoinHandle<()>,
    _directory: Directory,
}

impl Proxy {
    /// Listens before the server that `options` lead to; the options that come back lead through the proxy.
    ///
    /// They ask for no TLS, which the proxy could not read.
    ///
    /// # Panics
    ///
    /// When no socket can be opened.
    pub async fn start(options: &PgConnectOptions) -> (Self, PgConnectOptions) {
        let directory = Directory::create("proxy");
        let socket = directory.path().join(format!(".s.PGSQL.{}", options.get_port()));
        let listener = UnixListener::bind(&socket).expect("a socket for the proxy can be opened");
        let through = options.clone().socket(directory.path()).ssl_mode(PgSslMode::Disable);

        let counts = Arc::new(Mutex::new(Counts::default()));
        let accepting = tokio::spawn(accept(listener, Upstream::of(options), Arc::clone(&counts)));
        (Self { counts, accepting, _directory: directory }, through)
    }

    /// What was asked up to now, over all connections.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.lock().expect("counting does not panic").clone()
    }

    /// What was asked while `work` ran.
    pub async fn during<F: Future>(&self, work: F) -> (F::Output, Counts) {
        let before = self.counts();
        let output = work.await;
        (output, self.counts().since(&before))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The connections belong to the task and end with it.
        self.accepting.abort();
    }
}

/// Where the server is.
#[derive(Clone)]
enum Upstream {
    Unix(PathBuf),
    Tcp(String, u16),
}

impl Upstream {
    fn of(options: &PgConnectOptions) -> Self {
        let (host, port) = (options.get_host(), options.get_port());
        let directory = options.get_socket().cloned().or_else(|| host.starts_with('/').then(|| PathBuf::from(host)));
        match directory {
            Some(directory) => Self::Unix(directory.join(format!(".s.PGSQL.{port}"))),
            None => Self::Tcp(host.to_owned(), port),
        }
    }
}

async fn accept(listener: UnixListener, upstream: Upstream, counts: Arc<Mutex<Counts>>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let (upstream, counts) = (upstream.clone(), Arc::clone(&counts));
        counts.lock().expect("counting does not panic").connections += 1;
        // A fault of either side closes both; the client then reports it better than we could.
        connections.spawn(async move {
            match upstream {
                Upstream::Unix(path) => relay(client, UnixStream::connect(path).await?, &counts).await,
                Upstream::Tcp(host, port) => {
                    let server = TcpStream::connect((host.as_str(), port)).await?;
                    server.set_nodelay(true)?;
                    relay(client, server, &counts).await
                }
            }
        });
    }
}

/// Passes bytes both ways until one side closes.
async fn relay<S>(client: UnixStream, server: S, counts: &Mutex<Counts>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite,
{
    let (mut from_client, to_client) = client.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    // The lock is taken by both directions only while the client still asks for encryption.
    let to_client = tokio::sync::Mutex::new(to_client);

    let asking = async {
        let mut frontend = Frontend::default();
        let mut buffer = Vec::with_capacity(8192);
        while from_client.read_buf(&mut buffer).await? > 0 {
            let mut done = 0;
            let mut refuse_encryption = false;
            while let Some((step, length)) = frontend.next(&buffer[done..], counts) {
                if step == Step::RefuseEncryption {
                    buffer.drain(done..done + length);
                    refuse_encryption = true;
                } else {
                    done += length;
                }
            }
            to_server.write_all(&buffer[..done]).await?;
            to_server.flush().await?;
            buffer.drain(..done);
            if refuse_encryption {
                to_client.lock().await.write_all(b"N").await?;
            }
        }
        io::Result::Ok(())
    };
    let answering = async {
        let mut buffer = vec![0; 8192];
        loop {
            let read = from_server.read(&mut buffer).await?;
            if read == 0 {
                return io::Result::Ok(());
            }
            to_client.lock().await.write_all(&buffer[..read]).await?;
        }
    };
    tokio::select! {
        ended = asking => ended,
        ended = answering => ended,
    }
}
