//! A throwaway PostgreSQL server of the machine's binaries, which ends with this process.
//!
//! A shell keeps it: it makes the cluster, starts the server, and reads from a pipe that only this process
//! holds open. When the process ends, by whatever means, the kernel closes the pipe; the shell then ends the
//! server and removes the directory.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::binaries;
use crate::directory;

const PORT: u16 = 5432;
/// An id that is nobody's, or at least not root's: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65534;

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
pub struct Cluster {
    directory: PathBuf,
    keeper: Child,
    /// The pipe whose end is the server's end.
    leash: Option<ChildStdin>,
}

impl Cluster {
    /// Makes a cluster and starts it; blocks for about a second.
    ///
    /// # Errors
    ///
    /// A sentence that says what to install, or what PostgreSQL said.
    pub fn start() -> Result<Self, String> {
        let programs = binaries::find()?;
        let first = if own_user() == 0 { Way::AsNobody } else { Way::AsMyself };
        let mut faults = Vec::new();
        for way in [first, Way::InNamespace] {
            match Self::keep(&programs, way) {
                Ok(cluster) => return Ok(cluster),
                Err(fault) => faults.push(format!("- {}: {}", way.words(), fault.trim_end())),
            }
        }
        Err(format!(
            "PostgreSQL is in {} and did not start. Mend one of these, or name a server in DATABASE_URL:\n{}",
            programs.display(),
            faults.join("\n")
        ))
    }

    /// Where the cluster and its socket are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// How its superuser connects.
    #[must_use]
    pub fn superuser(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.directory)
            .port(PORT)
            .username("postgres")
            .database("postgres")
            .ssl_mode(PgSslMode::Disable)
    }

    fn keep(programs: &Path, way: Way) -> Result<Self, String> {
        let directory = directory::make("pg");
        let started = way.shell(&directory).and_then(|mut shell| {
            // A group of its own, so that Ctrl-C ends the tests and not their server under them.
            shell.args(["-c", KEEPER, "keeper"]).arg(&directory).arg(programs).current_dir("/").process_group(0);
            for variable in ["PGDATA", "PGOPTIONS", "LC_ALL", "TZ"] {
                shell.env_remove(variable);
            }
            shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
        });
        let mut keeper = match started {
            Ok(keeper) => keeper,
            Err(fault) => {
                let _ = std::fs::remove_dir_all(&directory);
                return Err(fault.to_string());
            }
        };
        let leash = keeper.stdin.take();
        let mut said = BufReader::new(keeper.stdout.take().expect("the keeper's output is a pipe"));
        let mut word = String::new();
        said.read_line(&mut word).map_err(|fault| fault.to_string())?;
        if word.trim_end() == "ready" {
            return Ok(Self { directory, keeper, leash });
        }
        let mut reason = String::new();
        let _ = said.read_to_string(&mut reason);
        if let Some(mut faults) = keeper.stderr.take() {
            let _ = faults.read_to_string(&mut reason);
        }
        let _ = keeper.wait();
        let _ = std::fs::remove_dir_all(&directory);
        Err(if reason.is_empty() { "it ended without a word".to_owned() } else { reason })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.leash.take());
        let _ = self.keeper.wait();
    }
}

/// As whom the server runs.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// We are not root: as we are.
    AsMyself,
    /// We are root: as an id that is not.
    AsNobody,
    /// We are root without the right to become another, or an id without a name, which initdb refuses: in a
    /// namespace in which we are called otherwise.
    InNamespace,
}

impl Way {
    fn words(self) -> &'static str {
        match self {
            Self::AsMyself => "as this user",
            Self::AsNobody => "as user 65534, for PostgreSQL refuses to run as root",
            Self::InNamespace => "as user 65534 by `unshare --user`",
        }
    }

    fn shell(self, directory: &Path) -> std::io::Result<Command> {
        let mut command = Command::new("sh");
        match self {
            Self::AsMyself => {}
            Self::AsNobody => {
                chown(directory, Some(NOBODY), Some(NOBODY))?;
                // Becoming another drops root's other groups as well.
                command.uid(NOBODY).gid(NOBODY);
            }
            Self::InNamespace => {
                command = Command::new("unshare");
                command.args(["--user", "--map-user=65534", "--map-group=65534", "--", "sh"]);
            }
        }
        Ok(command)
    }
}

/// Our own user id: that of whatever we make.
fn own_user() -> u32 {
    let probe = directory::Directory::create("probe");
    probe.path().metadata().map_or(0, |made| made.uid())
}
