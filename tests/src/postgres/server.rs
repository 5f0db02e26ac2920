//! The one server of this test process, and the roles on it.

use std::str::FromStr;
use std::sync::OnceLock;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use super::cluster::Cluster;
use super::session::{block_on, run};
use super::sweep::{self, Presence};
use crate::directory::unique;

/// A server on which this process may make databases.
#[derive(Debug)]
pub struct Server {
    superuser: PgConnectOptions,
    tag: String,
    password: String,
    /// What CREATE DATABASE is told of how to copy.
    strategy: &'static str,
    cluster: Option<Cluster>,
    /// Tells other processes on the same server that what bears our tag is in use.
    _presence: Option<Presence>,
}

/// The server, started when first asked for. Blocks for about a second then.
///
/// # Panics
///
/// When there is none and none can be started, with a sentence that says what to install.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    match SERVER.get_or_init(Server::start) {
        Ok(server) => server,
        Err(fault) => panic!("{fault}"),
    }
}

impl Server {
    fn start() -> Result<Self, String> {
        let tag = unique();
        let password = format!("{}_{}", unique(), unique());
        let mut server = match std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty()) {
            Some(url) => {
                let superuser =
                    PgConnectOptions::from_str(&url).map_err(|fault| format!("DATABASE_URL is no good: {fault}"))?;
                let presence = sweep::announce(superuser.clone(), tag.clone())
                    .map_err(|fault| format!("the server that DATABASE_URL names: {fault}"))?;
                Self { superuser, tag, password, strategy: "", cluster: None, _presence: Some(presence) }
            }
            None => {
                let cluster = Cluster::start()?;
                Self {
                    superuser: cluster.superuser(),
                    tag,
                    password,
                    strategy: "",
                    cluster: Some(cluster),
                    _presence: None,
                }
            }
        };
        server.make_roles().map_err(|fault| format!("the roles of the tests cannot be made: {fault}"))?;
        if server.cluster.is_some() && server.version().map_err(|fault| fault.to_string())? >= 150_000 {
            // Half the time of the default where nothing is synced to a disk.
            server.strategy = "STRATEGY FILE_COPY";
        }
        Ok(server)
    }

    fn version(&self) -> Result<i32, sqlx::Error> {
        let superuser = self.superuser.clone();
        block_on(async move {
            let mut connection = superuser.connect().await?;
            sqlx::query_scalar("SELECT current_setting('server_version_num')::int").fetch_one(&mut connection).await
        })
    }

    fn make_roles(&self) -> Result<(), sqlx::Error> {
        let (owner, app) = (self.owner_role(), self.app_role());
        let create = |role: &str| {
            format!(
                "CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '{}'",
                self.password
            )
        };
        let system = self.system_role();
        // Every policy of a role holds for its members, unless they do not inherit it.
        let membership = "DO $$ BEGIN IF current_setting('server_version_num')::int >= 160000 THEN \
                          EXECUTE 'GRANT {system} TO {app} WITH INHERIT FALSE, SET TRUE'; \
                          ELSE ALTER ROLE {app} NOINHERIT; GRANT {system} TO {app}; END IF; END $$";
        let membership = membership.replace("{system}", &system).replace("{app}", &app);
        // Who is no superuser must belong to a role to give it a database, or to end its connections.
        let statements = [
            create(&owner),
            create(&app),
            format!("CREATE ROLE {system} NOLOGIN"),
            membership,
            format!("GRANT {owner}, {app}, {system} TO CURRENT_USER"),
        ];
        let superuser = self.superuser.clone();
        block_on(async move { run(&superuser, &statements).await })
    }

    /// How to connect as the user who may make databases and roles, to the database where he begins.
    #[must_use]
    pub fn superuser(&self) -> PgConnectOptions {
        self.superuser.clone()
    }

    /// How to connect as the owner of the tables.
    #[must_use]
    pub fn owner(&self) -> PgConnectOptions {
        self.superuser.clone().username(&self.owner_role()).password(&self.password)
    }

    /// How to connect as the application.
    #[must_use]
    pub fn app(&self) -> PgConnectOptions {
        self.superuser.clone().username(&self.app_role()).password(&self.password)
    }

    /// The logins of the owner and of the application, with their passwords.
    pub(crate) fn logins(&self) -> [(String, &str); 2] {
        [(self.owner_role(), &self.password), (self.app_role(), &self.password)]
    }

    /// The name of the role that owns databases and tables.
    #[must_use]
    pub fn owner_role(&self) -> String {
        format!("us_{}_owner", self.tag)
    }

    /// The name of the role that the application logs in as.
    #[must_use]
    pub fn app_role(&self) -> String {
        format!("us_{}_app", self.tag)
    }

    /// The name of the role of system mode, which the application may ask for.
    #[must_use]
    pub fn system_role(&self) -> String {
        format!("us_{}_system", self.tag)
    }

    /// A name for a further role that a test makes: nobody else's, and swept away like the others.
    #[must_use]
    pub fn role_name(&self, hint: &str) -> String {
        format!("us_{}_{hint}", self.tag)
    }

    /// The cluster, where the server is our own and not that of `DATABASE_URL`.
    #[must_use]
    pub fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }

    /// What CREATE DATABASE is told of how to copy a template.
    pub(super) fn strategy(&self) -> &'static str {
        self.strategy
    }

    /// The beginning of the names of all databases of this process.
    pub(super) fn prefix(&self) -> String {
        format!("us_{}_", self.tag)
    }
}
