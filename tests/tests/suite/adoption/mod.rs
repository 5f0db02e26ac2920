//! Tables that exist come under isolation, and leave it again, by the command line.

mod attacks;
mod chinook;
mod kept;
mod kills;
mod live;
mod migrations;
mod obstacles;
mod proposals;
mod tables;

use std::path::PathBuf;

use sqlx::{Pool, Postgres, Sqlite};
use user_scope_tests::command::{self, Ended};
use user_scope_tests::directory::Directory;
use user_scope_tests::postgres::{self, server};
use user_scope_tests::sqlite;

use crate::databases::TestDb;

/// A database that knows nothing of owners, and what is to be done with it.
pub struct Site {
    url: String,
    directory: Directory,
    /// Further arguments of every command.
    arguments: Vec<String>,
}

impl Site {
    fn new(url: String, hint: &str, configuration: &str) -> Self {
        let directory = Directory::create(hint);
        std::fs::write(directory.path().join("user-scope.toml"), configuration).unwrap();
        Self { url, directory, arguments: Vec::new() }
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A folder beside the configuration.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::create_dir(&path).unwrap();
        path
    }

    fn forget_configuration(&self) {
        std::fs::remove_file(self.directory.path().join("user-scope.toml")).unwrap();
    }

    /// A command in the folder of the configuration.
    pub fn prepared(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = command::command(arguments);
        command.args(["--database-url", &self.url]).current_dir(self.directory.path());
        // What was applied is noted in the database: nobody has to say it again.
        if arguments.first() != Some(&"rollback") {
            command.args(&self.arguments);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        command::ended(&mut self.prepared(arguments))
    }

    /// A command that is to succeed.
    #[track_caller]
    pub fn does(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}{}", ended.output, ended.errors);
        ended.output
    }
}

/// A PostgreSQL database of an owner who is neither superuser nor anybody else's, and a login of its application.
pub struct Cluster {
    pub home: postgres::Database,
    pub owner: Pool<Postgres>,
    pub owner_name: String,
    pub login: String,
    pub system: String,
    pub site: Site,
}

impl Cluster {
    pub async fn with(hint: &str, script: &str, configuration: &str) -> Self {
        let home = postgres::Database::create(hint).await;
        let surgeon = Pool::connect_with(home.superuser()).await.unwrap();
        let role = |what: &str| server().role_name(&format!("{hint}_{what}"));
        let (owner, login, system) = (role("owner"), role("app"), role("system"));
        let make = format!(
            "CREATE ROLE {owner} LOGIN CREATEROLE PASSWORD 'x'; CREATE ROLE {login} LOGIN PASSWORD 'x'; \
             ALTER DATABASE {} OWNER TO {owner}; ALTER SCHEMA public OWNER TO {owner}",
            home.name()
        );
        Postgres::run(&surgeon, &make).await.unwrap();
        surgeon.close().await;
        let options = home.superuser().username(&owner).password("x");
        let pool = Pool::connect_with(options.clone()).await.unwrap();
        Postgres::run(&pool, script).await.unwrap();
        let mut site = Site::new(sqlx::ConnectOptions::to_url_lossy(&options).to_string(), hint, configuration);
        site.arguments = ["--app-role", &login, "--system-role", &system].map(str::to_owned).to_vec();
        Self { home, owner: pool, owner_name: owner, login, system, site }
    }

    pub async fn without_configuration(hint: &str, script: &str) -> Self {
        let house = Self::with(hint, script, "").await;
        house.site.forget_configuration();
        house
    }

    /// The same place, as its application sees it.
    pub fn as_application(&self) -> Site {
        let url = sqlx::ConnectOptions::to_url_lossy(&self.application()).to_string();
        let configuration = std::fs::read_to_string(self.site.directory.path().join("user-scope.toml")).unwrap();
        let mut site = Site::new(url, "application", &configuration);
        site.arguments.clone_from(&self.site.arguments);
        site
    }

    pub fn application(&self) -> sqlx::postgres::PgConnectOptions {
        self.home.superuser().username(&self.login).password("x")
    }
}

/// A SQLite database.
pub struct File {
    pub pool: Pool<Sqlite>,
    pub site: Site,
    _home: sqlite::Database,
}

impl File {
    pub async fn with(hint: &str, script: &str, configuration: &str) -> Self {
        let home = sqlite::Database::create(hint);
        let pool = Pool::connect_with(home.options()).await.unwrap();
        Sqlite::run(&pool, script).await.unwrap();
        let file = home.options().get_filename().display().to_string();
        let site = Site::new(format!("sqlite:{file}"), hint, configuration);
        Self { pool, site, _home: home }
    }

    pub async fn without_configuration(hint: &str, script: &str) -> Self {
        let file = Self::with(hint, script, "").await;
        file.site.forget_configuration();
        file
    }

    /// Schema and rows, but for what SQLite keeps for itself.
    pub async fn dump(&self) -> String {
        let schema: Vec<(String, String, Option<String>)> = sqlx::query_as(
            "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1, 2",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        let mut dump = String::new();
        for (kind, name, sql) in schema {
            dump += &format!("{kind} {name}: {}\n", sql.unwrap_or_default());
            if kind != "table" {
                continue;
            }
            let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1)")
                .bind(&name)
                .fetch_all(&self.pool)
                .await
                .unwrap();
            let quoted: Vec<_> = columns.iter().map(|column| format!("quote(`{column}`)")).collect();
            let rows = format!("SELECT {} FROM `{name}`", quoted.join(" || ' ' || "));
            let mut rows: Vec<String> =
                sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_all(&self.pool).await.unwrap();
            rows.sort_unstable();
            rows.iter().for_each(|row| dump.extend([row, "\n"]));
        }
        dump
    }
}
