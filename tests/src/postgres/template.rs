//! A database that is set up once, of which every test gets a copy.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use sqlx::postgres::PgConnectOptions;
use tokio::sync::OnceCell;

use super::server::server;
use super::session::run;

/// Makes tables as their owner. The second argument is the name of the application's role, for grants that
/// are narrower than the usual ones. Connections that it leaves open are closed for it.
pub type Setup =
    fn(PgConnectOptions, String) -> Pin<Box<dyn Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send>>;

/// A set-up database, made when the first test asks for a copy; a `static` of the suite.
///
/// ```
/// use sqlx::{ConnectOptions, Executor};
/// use user_scope_tests::postgres::Template;
///
/// static TASKS: Template = Template::new("tasks", |owner, _app| {
///     Box::pin(async move {
///         owner.connect().await?.execute("CREATE TABLE tasks (id bigint PRIMARY KEY, title text)").await?;
///         Ok(())
///     })
/// });
/// ```
#[derive(Debug)]
pub struct Template {
    name: &'static str,
    setup: Setup,
    made: OnceCell<String>,
}

impl Template {
    /// A template that `setup` will fill. The name must be a plain word, and the only one of its kind.
    ///
    /// After `setup`, each table of the schema `public` on which it granted nothing is opened to the
    /// application: SELECT, INSERT, UPDATE, DELETE, and USAGE of all sequences.
    #[must_use]
    pub const fn new(name: &'static str, setup: Setup) -> Self {
        Self { name, setup, made: OnceCell::const_new() }
    }

    /// The name of the database to copy.
    pub(super) async fn made(&self) -> &str {
        self.made
            .get_or_init(|| async {
                match self.make().await {
                    Ok(name) => name,
                    Err(fault) => panic!("the template `{}` cannot be set up: {fault}", self.name),
                }
            })
            .await
    }

    async fn make(&self) -> Result<String, Box<dyn Error + Send + Sync>> {
        let server = server();
        let name = format!("{}t_{}", server.prefix(), self.name);
        let (owner, app) = (server.owner_role(), server.app_role());
        run(
            &server.superuser(),
            &[
                // A template whose set-up failed, or whose test was cancelled, is begun anew.
                format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
                format!("CREATE DATABASE {name} OWNER {owner} TEMPLATE template0 ENCODING 'UTF8'"),
            ],
        )
        .await?;
        (self.setup)(server.owner().database(&name), app.clone()).await?;
        run(&server.owner().database(&name), &[grants(&app, &server.system_role())]).await?;
        run(
            &server.superuser(),
            &[
                format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
                format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
            ],
        )
        .await?;
        Ok(name)
    }
}

/// Opens to the application, and to system mode, what nobody was granted anything on.
pub(super) fn grants(app: &str, system: &str) -> String {
    format!(
        "DO $$ DECLARE t regclass; BEGIN
            FOR t IN SELECT oid FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND relacl IS NULL
                AND NOT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = pg_class.oid AND attacl IS NOT NULL)
            LOOP EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO {app}, {system}', t); END LOOP;
        END $$;
        GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}, {system}"
    )
}
