//! What the server is told, by flags or by the environment.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use axum::http::{HeaderValue, Uri};
use clap::Parser;

/// Tasks at /api/v2, each user's own: the example server of `user-scope`.
///
/// Without any setting it runs on a SQLite file of its own, with demo accounts and data, and prints how to sign in.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Settings {
    /// Where to listen, host and port; port 0 takes one that is free.
    #[arg(long, env, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: String,

    /// The database: `postgres://…`, as the owner of its tables, or `sqlite://FILE`.
    ///
    /// On PostgreSQL the server makes the tables, brings them under isolation, and refuses to start unless the database
    /// itself keeps users apart. Without it: a SQLite file in the data directory, with demo accounts.
    #[arg(long, env, value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// PostgreSQL: the login that serves, which owns nothing and is no superuser. Without it one is made.
    ///
    /// Where the owner may make no roles, somebody who may has to: `CREATE ROLE app LOGIN NOINHERIT PASSWORD '…'; CREATE ROLE
    /// <database>_system NOLOGIN NOINHERIT; GRANT <database>_system TO app`.
    #[arg(long, env, value_name = "URL", hide_env_values = true)]
    pub application_database_url: Option<String>,

    /// PostgreSQL: the role of system mode, `<database>_system` unless set. Where the owner may make no roles it has to be there, and
    /// the login that serves a member of it.
    #[arg(long, env, value_name = "ROLE")]
    pub system_role: Option<String>,

    /// Where the server keeps what it makes itself: the SQLite file, and the secret that signs tokens.
    #[arg(long, env, value_name = "DIRECTORY", default_value = "user-scope-server")]
    pub data: PathBuf,

    /// The secret that signs tokens, at least 32 bytes. Without it one is made, in the data directory.
    #[arg(long, env, value_name = "FILE")]
    pub jwt_secret_file: Option<PathBuf>,

    /// Whose pages may call the API, such as `https://app.example.com`; several with commas between.
    #[arg(long, env, value_name = "ORIGIN", value_delimiter = ',')]
    pub cors_origin: Vec<Origin>,

    /// Makes this account an administrator's. It has to be there.
    #[arg(long, env, value_name = "NAME")]
    pub administrator: Option<String>,

    /// How often a minute a client may try to sign in by one name; ten times as often by all.
    #[arg(long, env, value_name = "NUMBER", default_value = "10")]
    pub sign_in_attempts: NonZeroU32,
}

/// What a browser sends as `Origin`: scheme, host and port, and nothing behind them.
#[derive(Debug, Clone)]
pub struct Origin(pub HeaderValue);

#[derive(Debug, thiserror::Error)]
#[error("an origin is a scheme, a host and perhaps a port, such as `https://app.example.com`, without a path")]
pub struct NoOrigin;

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let uri: Uri = text.parse().map_err(|_| NoOrigin)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(NoOrigin)?;
        let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        // As a browser writes it: in lower case, which a comparison of bytes needs.
        match uri.scheme_str() {
            Some(scheme @ ("http" | "https"))
                if text == format!("{scheme}://{host}{port}") && text == text.to_lowercase() =>
            {
                text.parse().map(Self).map_err(|_| NoOrigin)
            }
            _ => Err(NoOrigin),
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  cargo run --bin server
  DATABASE_URL=postgres://me@localhost/tasks cargo run --bin server
  cargo run --bin server -- --listen 0.0.0.0:80 --database-url sqlite://tasks.db --cors-origin https://app.example.com

RUST_LOG says what is logged, as `info` or `debug,sqlx=warn`. Where to look: / the pages, /docs the API, /healthz, /metrics.";
