//! The server, started and ended: it serves once it has said so.

use std::process::{Command, Stdio};

use crate::home::{Home, Kind};
use crate::leash::{Leashed, PATIENCE};

/// What no server of a test may hear from whoever runs the tests.
const SETTINGS: &[&str] = &[
    "LISTEN",
    "DATABASE_URL",
    "APPLICATION_DATABASE_URL",
    "SYSTEM_ROLE",
    "DATA",
    "JWT_SECRET_FILE",
    "CORS_ORIGIN",
    "ADMINISTRATOR",
    "SIGN_IN_ATTEMPTS",
    "RUST_LOG",
];

/// A server that serves. It ends when this is dropped.
pub struct Server {
    url: String,
    program: Leashed,
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
        let set_up = |command: &mut Command| {
            command.args(["--listen", "127.0.0.1:0", "--data"]).arg(home.directory()).args(arguments);
            in_the_environment_of(home, |name, value| match value {
                Some(value) => drop(command.env(name, value)),
                None => drop(command.env_remove(name)),
            });
        };
        let serving = |line: &str| line.strip_prefix("Listening on ").map(str::to_owned);
        let (program, url) = Leashed::start(env!("CARGO_BIN_EXE_server"), set_up, serving).await;
        assert!(url.starts_with("http://127.0.0.1:"), "the server listens on {url:?}");
        Self { url, program }
    }

    /// Where it serves: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends it SIGTERM, waits for its end, which is to be a good one, and gives what it has said.
    pub async fn stop(mut self) -> String {
        let ended = tokio::task::spawn_blocking(move || self.program.end()).await;
        let (code, said) = ended.expect("the server can be waited for");
        assert_eq!(code, Some(0), "the server did not end well, and said:\n{said}");
        said
    }
}

fn in_the_environment_of(home: &Home, mut set: impl FnMut(&str, Option<&str>)) {
    SETTINGS.iter().for_each(|setting| set(setting, None));
    home.environment().iter().for_each(|(name, value)| set(name, Some(value)));
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
    in_the_environment_of(home, |name, value| match value {
        Some(value) => drop(command.env(name, value)),
        None => drop(command.env_remove(name)),
    });
    // By the environment: the arguments may say otherwise, and none may be there twice.
    command.env("LISTEN", "127.0.0.1:0").env("DATA", home.directory());
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(PATIENCE, output).await.expect("the program serves where it should refuse to");
    let output = output.expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("the program tells in UTF-8");
    Ended { code: output.status.code(), output: text(output.stdout), errors: text(output.stderr) }
}
