//! One test's own database.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnectOptions;

use super::server::{Server, server};
use super::session::{run, runtime};
use super::template::{Template, grants};

/// A database that no other test sees. It is dropped with this value, whoever is still connected: at once on
/// the server of `DATABASE_URL`, in the background on our own.
#[derive(Debug)]
pub struct Database {
    name: String,
    server: &'static Server,
}

impl Database {
    /// An empty one. The hint becomes part of its name.
    ///
    /// # Panics
    ///
    /// When there is no server, with a sentence that says what to install.
    pub async fn create(hint: &str) -> Self {
        static EMPTY: Template = Template::new("empty", |_, _| Box::pin(async { Ok(()) }));
        Self::copy(&EMPTY, hint).await
    }

    /// A copy of a template, which is set up by the first who asks.
    ///
    /// # Panics
    ///
    /// When there is no server, or when the template's set-up fails.
    pub async fn copy(template: &Template, hint: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);

        let server = server();
        let template = template.made().await;
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let hint: String = hint.chars().map(plain).take(24).collect();
        let name = format!("{}{}_{hint}", server.prefix(), NUMBER.fetch_add(1, Ordering::Relaxed));
        // The value before the database, so that a test cancelled in between leaves nothing.
        let database = Self { name, server };
        let (owner, strategy) = (server.owner_role(), server.strategy());
        let create = format!("CREATE DATABASE {} OWNER {owner} TEMPLATE {template} {strategy}", database.name);
        if let Err(fault) = run(&server.superuser(), &[create]).await {
            panic!("the database {} cannot be made: {fault}", database.name);
        }
        database
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All of its schema and its rows, in an order that depends on nothing else: rows that were written again stand elsewhere in a
    /// table, and compare equal.
    ///
    /// # Panics
    ///
    /// When there is no `pg_dump`, or it fails.
    #[must_use]
    pub fn dump(&self) -> String {
        let program = super::binaries::find().expect("PostgreSQL's programs are here").join("pg_dump");
        let options = sqlx::ConnectOptions::to_url_lossy(&self.superuser()).to_string();
        // What only sqlx knows.
        let (place, parameters) = options.split_once('?').unwrap_or((&options, ""));
        let parameters: Vec<_> = parameters.split('&').filter(|word| !word.starts_with("statement-cache")).collect();
        let options = format!("{place}?{}", parameters.join("&"));
        let dumped =
            std::process::Command::new(program).arg(format!("--dbname={options}")).output().expect("pg_dump runs");
        assert!(dumped.status.success(), "pg_dump: {}", String::from_utf8_lossy(&dumped.stderr));
        let dumped = String::from_utf8(dumped.stdout).expect("a dump is UTF-8");
        let mut rows: Vec<&str> = Vec::new();
        let mut sorted = String::with_capacity(dumped.len());
        for line in dumped.lines().filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict")) {
            let is_copied = !rows.is_empty();
            match line {
                "\\." => {
                    rows.sort_unstable();
                    rows.drain(..).for_each(|row| sorted.extend([row, "\n"]));
                }
                _ if is_copied || line.starts_with("COPY ") => rows.push(line),
                _ => sorted.extend([line, "\n"]),
            }
        }
        sorted
    }

    /// The server that it is on.
    #[must_use]
    pub fn server(&self) -> &'static Server {
        self.server
    }

    /// How to connect to it as a superuser, whom nothing stops.
    #[must_use]
    pub fn superuser(&self) -> PgConnectOptions {
        self.server.superuser().database(&self.name)
    }

    /// How to connect to it as its owner, who makes and changes tables.
    #[must_use]
    pub fn owner(&self) -> PgConnectOptions {
        self.server.owner().database(&self.name)
    }

    /// How to connect to it as the application does: by a role that owns nothing.
    #[must_use]
    pub fn app(&self) -> PgConnectOptions {
        self.server.app().database(&self.name)
    }

    /// Opens to the application the tables that were made since, as [`Template::new`] tells.
    ///
    /// # Panics
    ///
    /// When that cannot be done.
    pub async fn grant(&self) {
        let done = run(&self.superuser(), &[grants(&self.server.app_role(), &self.server.system_role())]).await;
        done.expect("tables can be opened to the application");
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let options = self.server.superuser();
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // Best effort: what is left goes with the cluster, or is swept by the next process on the server.
        let dropping = std::thread::spawn(move || drop(runtime().block_on(run(&options, &[statement]))));
        if self.server.cluster().is_none() {
            let _ = dropping.join();
        }
    }
}
