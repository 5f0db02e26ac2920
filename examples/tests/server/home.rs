//! Where a server lives in a test: a directory and a database of the test's own, and a look at that database behind the
//! server's back.

use std::path::PathBuf;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use tokio::sync::OnceCell;
use user_scope_tests::directory::Directory;
use user_scope_tests::postgres::Database;

/// The databases that a server can be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A data directory and a database, which outlive the servers that are started on them one after the other.
pub struct Home {
    directory: Directory,
    database: Option<Database>,
    /// What the server is told of the database, by its environment: a password is nobody else's to see.
    environment: Vec<(&'static str, String)>,
}

impl Home {
    /// On SQLite nothing is set, so that there are demo users; on PostgreSQL there is an owner of the tables, and a login of
    /// the application.
    pub async fn of(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::told(None, Vec::new()),
            Kind::Postgres => {
                let database = Self::database().await;
                let logins = vec![
                    ("DATABASE_URL", url(&database.owner())),
                    ("APPLICATION_DATABASE_URL", url(&database.app())),
                    ("SYSTEM_ROLE", "user_scope_system".to_owned()),
                ];
                Self::told(Some(database), logins)
            }
        }
    }

    /// On PostgreSQL with a login that may make roles, and none for the application: the server makes that.
    pub async fn of_a_superuser() -> Self {
        let database = Self::database().await;
        let login = vec![("DATABASE_URL", url(&database.superuser()))];
        Self::told(Some(database), login)
    }

    /// On PostgreSQL with a login that may not make roles, and none for the application.
    pub async fn of_an_owner_alone() -> Self {
        let database = Self::database().await;
        let login = vec![("DATABASE_URL", url(&database.owner()))];
        Self::told(Some(database), login)
    }

    fn told(database: Option<Database>, environment: Vec<(&'static str, String)>) -> Self {
        Self { directory: Directory::create("server"), database, environment }
    }

    /// A database on a cluster whose administrator has done what only he can: there is the role of system mode, and the
    /// application may ask for it.
    async fn database() -> Database {
        static PREPARED: OnceCell<()> = OnceCell::const_new();
        let database = Database::create("server").await;
        PREPARED
            .get_or_init(|| async {
                let app = database.server().app_role();
                let role = "DO $$ BEGIN CREATE ROLE user_scope_system NOLOGIN; \
                            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;";
                let membership = "DO $$ BEGIN IF current_setting('server_version_num')::int >= 160000 THEN \
                                  EXECUTE 'GRANT user_scope_system TO {app} WITH INHERIT FALSE, SET TRUE'; \
                                  ELSE GRANT user_scope_system TO {app}; END IF; END $$";
                let prepare = format!("{role} {}", membership.replace("{app}", &app));
                let mut superuser = database.superuser().connect().await.expect("the superuser connects");
                sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut superuser).await.expect("the roles can be made");
            })
            .await;
        database
    }

    pub fn directory(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub fn environment(&self) -> &[(&'static str, String)] {
        &self.environment
    }

    /// A file beside the data, with this text.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).expect("a file can be written");
        path.to_str().expect("paths of tests are UTF-8").to_owned()
    }

    /// Runs statements, as somebody whom nothing stops.
    pub async fn run(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        let done = match &self.database {
            Some(database) => {
                let mut connection = database.superuser().connect().await.expect("the superuser connects");
                sqlx::raw_sql(sql).execute(&mut connection).await.map(drop)
            }
            None => {
                let mut connection = self.sqlite().connect().await.expect("the file opens");
                let done = sqlx::raw_sql(sql).execute(&mut connection).await.map(drop);
                connection.close().await.expect("the file closes");
                done
            }
        };
        done.expect("raw SQL runs");
    }

    /// The rows that a statement gives, of which each column is text.
    pub async fn rows<const COLUMNS: usize>(&self, sql: &str) -> Vec<[String; COLUMNS]> {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.database {
            Some(database) => {
                let mut connection = database.superuser().connect().await.expect("the superuser connects");
                let rows = sqlx::query(sql).fetch_all(&mut connection).await.expect("raw SQL runs");
                rows.iter().map(|row| std::array::from_fn(|at| row.get(at))).collect()
            }
            None => {
                let mut connection = self.sqlite().connect().await.expect("the file opens");
                let rows = sqlx::query(sql).fetch_all(&mut connection).await.expect("raw SQL runs");
                rows.iter().map(|row| std::array::from_fn(|at| row.get(at))).collect()
            }
        }
    }

    /// Everything that was recorded so far, oldest first, denials and receipts among it.
    pub async fn log(&self) -> Vec<Line> {
        let lines = "SELECT CAST(user_id AS TEXT), entity_type, coalesce(entity_id, ''), operation, \
                     coalesce(CAST(details AS TEXT), '') FROM user_access_log ORDER BY id";
        let line = |[user_id, entity_type, entity_id, operation, details]: [String; 5]| {
            let details = serde_json::from_str(&details).unwrap_or_default();
            Line { user_id, entity_type, entity_id, operation, details }
        };
        self.rows(lines).await.into_iter().map(line).collect()
    }

    /// The file that the server has made, by what is in it.
    fn sqlite(&self) -> SqliteConnectOptions {
        let files = std::fs::read_dir(self.directory()).expect("the server has made its directory");
        let mut paths = files.map(|file| file.expect("a directory can be read").path());
        let is_database = |path: &PathBuf| std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3"));
        let file = paths.find(is_database).expect("the server has made its database");
        SqliteConnectOptions::new().filename(file).busy_timeout(std::time::Duration::from_secs(30))
    }
}

/// A row of the log, as it lies in the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub user_id: String,
    pub entity_type: String,
    pub entity_id: String,
    pub operation: String,
    /// JSON, or null.
    pub details: serde_json::Value,
}

fn url(options: &PgConnectOptions) -> String {
    options.to_url_lossy().to_string()
}
