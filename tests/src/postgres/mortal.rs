//! A server of a test's own that can be killed in the middle of what it does, and comes back by itself.

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::binaries;
use crate::keeper::Keeper;

/// `$1` is the directory, `$2` that of the programs. What is committed is in the log before it is acknowledged, as in production.
/// A line on the input kills every process of the server at once, and starts it anew on what it left.
const KEEPER: &str = r#"
trap '' HUP INT PIPE
trap : TERM
cd "$1" || exit 1
pid=
start() {
    "$2/postgres" -D data -p 5432 -c listen_addresses= -c unix_socket_directories="$1" \
        -c fsync=on -c synchronous_commit=on -c max_connections=60 -c shared_buffers=32MB -c autovacuum=off -c jit=off \
        -c timezone=UTC </dev/null >>log 2>&1 &
    pid=$!
    tries=0
    until grep -q '^ready' data/postmaster.pid 2>/dev/null; do
        tries=$((tries + 1))
        if [ $tries -gt 3000 ] || ! kill -0 $pid 2>/dev/null; then return 1; fi
        sleep 0.02
    done
}
if "$2/initdb" -D data -A trust -U postgres --no-sync -E UTF8 --locale=C </dev/null >log 2>&1 && start "$1" "$2"; then
    echo ready
    while read -r word; do
        # Stopped first: it would go on to have children that nobody has counted.
        kill -STOP $pid
        children=$(cat /proc/$pid/task/$pid/children)
        kill -KILL $pid $children 2>/dev/null
        wait $pid 2>/dev/null
        for child in $children; do
            # Where nobody reaps orphans a dead one still answers.
            tries=0
            while [ $tries -lt 500 ] && kill -0 "$child" 2>/dev/null; do tries=$((tries + 1)); sleep 0.01; done
        done
        rm -f data/postmaster.pid
        start "$1" "$2" || break
    done
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

/// A running server, durable as in production. It ends when this value is dropped, or when the process ends.
#[derive(Debug)]
pub struct MortalCluster(Keeper);

impl MortalCluster {
    /// Makes a cluster and starts it; blocks for about a second.
    ///
    /// # Errors
    ///
    /// A sentence that says what to install, or what PostgreSQL said.
    pub fn start() -> Result<Self, String> {
        let programs = binaries::find()?;
        Keeper::start("mortal", KEEPER, &[], &programs).map(Self)
    }

    /// Kills every process of the server by SIGKILL, and starts it again. It does not wait for either.
    ///
    /// # Panics
    ///
    /// If whoever keeps the server has gone.
    pub fn kill(&self) {
        self.0.tell("die").expect("the server's keeper reads");
    }

    /// How its superuser connects.
    #[must_use]
    pub fn superuser(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(self.0.directory())
            .port(5432)
            .username("postgres")
            .database("postgres")
            .ssl_mode(PgSslMode::Disable)
    }
}
