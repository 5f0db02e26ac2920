//! The program, started and ended: it serves once it has said so, and a test that is over leaves none behind.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::home::{Home, Kind};

/// The shell becomes the program, and leaves somebody who ends it when nobody holds the other end of the shell's input any
/// more: not a test that is over, and not a process that was killed.
const LEASHED: &str = r#"exec 3<&0
{ cat <&3; kill -TERM $$; } >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-"#;

/// What no program of a test may hear from whoever runs the tests.
const SETTINGS: &[&str] = &[
    "LISTEN",
    "DATABASE_URL",
    "APPLICATION_DATABASE_URL",
    "DATA",
    "JWT_SECRET_FILE",
    "CORS_ORIGIN",
    "ADMINISTRATOR",
    "SIGN_IN_ATTEMPTS",
    "RUST_LOG",
];

/// More than any of this takes, and less than a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that serves. It ends when this is dropped.
pub struct Server {
    url: String,
    child: Option<Child>,
    /// The pipe whose end is the server's.
    leash: Option<ChildStdin>,
    said: Said,
}

/// What the program has said so far, on both of its outputs.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<String>>);

impl Said {
    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    /// Listens to it until it ends, and passes each line on.
    fn listen(&self, output: impl Read + Send + 'static, mut each: impl FnMut(&str) + Send + 'static) {
        let said = self.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                each(&line);
                *said.0.lock().unwrap() += &(line + "\n");
            }
        });
    }
}

impl Server {
    /// Starts one that may be signed in to as often as a test likes.
    pub async fn start(home: &Home) -> Self {
        Self::start_with(home, &["--sign-in-attempts", "1000000"]).await
    }

    /// A home of this kind, and a server in it.
    pub async fn on(kind: Kind) -> (Home, Self) {
        let home = Home::of(kind).await;
        let server = Self::start(&home).await;
        (home, server)
    }

    /// Starts one with these arguments beside those that every test needs.
    pub async fn start_with(home: &Home, arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", LEASHED, "leash", env!("CARGO_BIN_EXE_server"), "--listen", "127.0.0.1:0", "--data"]);
        command.arg(home.directory()).args(arguments);
        for setting in SETTINGS {
            command.env_remove(setting);
        }
        command.envs(home.environment().iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");

        let said = Said::default();
        let (serving, served) = oneshot::channel();
        let mut serving = Some(serving);
        let url = move |line: &str| {
            if let Some(url) = line.strip_prefix("Listening on ")
                && let Some(serving) = serving.take()
            {
                let _ = serving.send(url.trim_end().to_owned());
            }
        };
        said.listen(child.stderr.take().expect("a pipe"), |_| {});
        said.listen(child.stdout.take().expect("a pipe"), url);
        let mut server = Self { url: String::new(), leash: child.stdin.take(), child: Some(child), said };
        // The sender goes with the thread that listens, which goes with the program.
        match tokio::time::timeout(PATIENCE, served).await {
            Ok(Ok(url)) if url.starts_with("http://127.0.0.1:") => server.url = url,
            Ok(Ok(url)) => panic!("the server listens on {url:?}"),
            Ok(Err(_)) => panic!("the server ended before it served, and said:\n{}", server.end().1),
            Err(_) => panic!("the server does not come to serve, and said:\n{}", server.said.text()),
        }
        server
    }

    /// Where it serves: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends it SIGTERM, waits for its end, and gives what it has said.
    pub async fn stop(self) -> String {
        self.terminate().await
    }

    /// The same, of a server that others still speak to.
    pub async fn terminate(mut self) -> String {
        let ended = tokio::task::spawn_blocking(move || self.end()).await;
        let (code, said) = ended.expect("the server can be waited for");
        assert_eq!(code, Some(0), "the server did not end well, and said:\n{said}");
        said
    }

    /// Ends it if it has not ended, as the operating system asks for it; one that does not hear is killed.
    fn end(&mut self) -> (Option<i32>, String) {
        drop(self.leash.take());
        let Some(mut child) = self.child.take() else { return (None, self.said.text()) };
        let (ended, has_ended) = mpsc::channel::<()>();
        let pid = child.id().to_string();
        std::thread::spawn(move || {
            if has_ended.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-KILL", &pid]).status();
            }
        });
        let status = child.wait();
        drop(ended);
        (status.ok().and_then(|status| status.code()), self.said.text())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// How a program ended that was not to serve.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub output: String,
    pub errors: String,
}

/// Runs the program to its end, which it is to find by itself.
pub async fn run(home: &Home, arguments: &[&str]) -> Ended {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_server"));
    command.args(arguments);
    for setting in SETTINGS {
        command.env_remove(setting);
    }
    // By the environment: the arguments may say otherwise, and none may be there twice.
    command.env("LISTEN", "127.0.0.1:0").env("DATA", home.directory());
    command.envs(home.environment().iter().map(|(name, value)| (name, value)));
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(PATIENCE, output).await.expect("the program serves where it should refuse to");
    let output = output.expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("the program tells in UTF-8");
    Ended { code: output.status.code(), output: text(output.stdout), errors: text(output.stderr) }
}
