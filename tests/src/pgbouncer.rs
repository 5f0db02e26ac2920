//! PgBouncer before the server of the tests, in transaction mode: after each transaction a connection of the server may go to
//! another client.
//!
//! It listens on a socket in a directory of its own, leads to every database of the server, and is gone with its value, or
//! with the process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::keeper::Keeper;
use crate::postgres::server;

const PORT: u16 = 6432;

const WHAT_TO_DO: &str = "These tests need PgBouncer, and found no program `pgbouncer`. Install it (Debian, Ubuntu: \
    `apt-get install pgbouncer`; Fedora, RHEL: `dnf install pgbouncer`; macOS: `brew install pgbouncer`), or name the program \
    in PGBOUNCER.";

/// Places beside those in PATH, which seldom holds a place for servers.
const USUAL: &[&str] = &["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"];

/// `$1` is the directory, `$2` the program.
const KEEPER: &str = r#"
trap '' HUP INT PIPE
trap : TERM
cd "$1" || exit 1
"$2" pgbouncer.ini </dev/null >log 2>&1 &
pid=$!
tries=0
until [ -S .s.PGSQL.6432 ]; do
    tries=$((tries + 1))
    if [ $tries -gt 3000 ] || ! kill -0 $pid 2>/dev/null; then break; fi
    sleep 0.02
done
if [ -S .s.PGSQL.6432 ]; then
    echo ready
    cat >/dev/null
else
    echo failed
    tail -n 20 log
fi
kill -TERM $pid 2>/dev/null
wait $pid
cd / && rm -rf "$1"
"#;

/// A PgBouncer that runs until this is dropped.
#[derive(Debug)]
pub struct PgBouncer(Keeper);

impl PgBouncer {
    /// Starts one that has at most `connections` of the server for each login and database, and takes them in turn.
    ///
    /// # Panics
    ///
    /// When there is none, with a sentence that says what to install.
    #[must_use]
    pub fn start(connections: u32) -> Self {
        let program = find().unwrap_or_else(|| panic!("{WHAT_TO_DO}"));
        let server = server();
        let superuser = server.superuser();
        let host =
            superuser.get_socket().map_or_else(|| superuser.get_host().into(), |path| path.display().to_string());
        let settings = format!(
            "[databases]\n* = host={host} port={} pool_size={connections}\n\
             [pgbouncer]\npool_mode = transaction\nlisten_addr =\nlisten_port = {PORT}\nunix_socket_dir = .\n\
             auth_type = trust\nauth_file = users\nmax_client_conn = 500\nserver_round_robin = 1\n\
             server_tls_sslmode = prefer\nlog_connections = 0\nlog_disconnections = 0\n{}",
            superuser.get_port(),
            if knows_names(&program) { "max_prepared_statements = 0\n" } else { "" },
        );
        let users: String =
            server.logins().iter().map(|(name, password)| format!("\"{name}\" \"{password}\"\n")).collect();
        let files = [("pgbouncer.ini", settings.as_str()), ("users", users.as_str())];
        match Keeper::start("bouncer", KEEPER, &files, &program) {
            Ok(keeper) => Self(keeper),
            Err(faults) => panic!("PgBouncer is {} and did not start:\n{faults}", program.display()),
        }
    }

    /// The one of this process, with more connections than a test needs at once; started when first asked for.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PgBouncer> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(20))
    }

    /// These options, by way of it. The login is to be the owner of the tables, or the application.
    #[must_use]
    pub fn before(&self, options: &PgConnectOptions) -> PgConnectOptions {
        options.clone().socket(self.0.directory()).port(PORT).ssl_mode(PgSslMode::Disable)
    }
}

/// Whether it could find statements again by their names, which would hide what is to be seen: since 1.21.
fn knows_names(program: &Path) -> bool {
    let said = Command::new(program).arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let mut numbers = said.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(1), Some(21))
}

fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("PGBOUNCER") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(USUAL.iter().map(PathBuf::from));
    places.map(|place| place.join("pgbouncer")).find(|program| program.is_file())
}
