//! A throwaway PostgreSQL server of the machine's binaries, which ends with this process.

use std::path::Path;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::binaries;
use crate::keeper::Keeper;

const PORT: u16 = 5432;

/// `$1` is the directory, `$2` that of the programs. Nothing is durable, for nothing need outlive the process.
/// Two signals, since a shell starts its background with QUIT ignored until the server sets its own handlers:
/// TERM ends a server that has not come so far, QUIT one that has, whoever is still connected. PIPE is what the
/// shell gets when it reports to a process that died meanwhile.
const KEEPER: &str = r#"
trap '' HUP INT PIPE
trap : TERM
cd "$1" || exit 1
pid=
if "$2/initdb" -D data -A trust -U postgres --no-sync -E UTF8 --locale=C </dev/null >log 2>&1; then
    "$2/postgres" -D data -p 5432 -c listen_addresses= -c unix_socket_directories="$1" \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 \
        -c max_connections=300 -c shared_buffers=64MB -c max_wal_size=4GB -c autovacuum=off -c jit=off \
        -c timezone=UTC </dev/null >>log 2>&1 &
    pid=$!
    tries=0
    until grep -q '^ready' data/postmaster.pid 2>/dev/null; do
        tries=$((tries + 1))
        if [ $tries -gt 3000 ] || ! kill -0 $pid 2>/dev/null; then break; fi
        sleep 0.02
    done
fi
if [ -n "$pid" ] && grep -q '^ready' data/postmaster.pid 2>/dev/null; then
    echo ready
    cat >/dev/null
else
    echo failed
    tail -n 20 log
fi
if [ -n "$pid" ]; then
    kill -TERM $pid 2>/dev/null
    kill -QUIT $pid 2>/dev/null
    wait $pid
fi
cd / && rm -rf "$1"
"#;

/// A running server. It ends when this value is dropped, or when the process ends.
#[derive(Debug)]
pub struct Cluster(Keeper);

impl Cluster {
    /// Makes a cluster and starts it; blocks for about a second.
    ///
    /// # Errors
    ///
    /// A sentence that says what to install, or what PostgreSQL said.
    pub fn start() -> Result<Self, String> {
        let programs = binaries::find()?;
        Keeper::start("pg", KEEPER, &[], &programs).map(Self).map_err(|faults| {
            format!(
                "PostgreSQL is in {} and did not start. Mend one of these, or name a server in DATABASE_URL:\n{faults}",
                programs.display()
            )
        })
    }

    /// Where the cluster and its socket are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.0.directory()
    }

    /// How its superuser connects.
    #[must_use]
    pub fn superuser(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(self.directory())
            .port(PORT)
            .username("postgres")
            .database("postgres")
            .ssl_mode(PgSslMode::Disable)
    }
}
