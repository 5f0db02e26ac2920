//! Order on a server that is not ours: what an earlier process left is removed by the next.
//!
//! Nothing can run after `kill -9`. So each process holds an advisory lock as long as it lives, and begins
//! by removing the databases and roles of those whose lock is free.

use std::fmt;
use std::sync::Mutex;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};

use super::session::{execute, runtime};

/// The space of our locks, apart from those of others.
const LOCKS: i32 = 0x7573;

/// The connection that holds our lock, and the runtime that holds the connection.
pub(super) struct Presence {
    _held: Mutex<(PgConnection, tokio::runtime::Runtime)>,
}

impl fmt::Debug for Presence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Presence")
    }
}

/// Takes the lock of `tag`, and removes what the dead left.
pub(super) fn announce(options: PgConnectOptions, tag: String) -> Result<Presence, sqlx::Error> {
    let work = move || {
        let runtime = runtime();
        let connection = runtime.block_on(async {
            let mut connection = options.connect().await?;
            sqlx::query("SELECT pg_advisory_lock($1, hashtext($2))")
                .bind(LOCKS)
                .bind(&tag)
                .execute(&mut connection)
                .await?;
            sweep(&mut connection, &tag).await?;
            Ok::<_, sqlx::Error>(connection)
        })?;
        Ok(Presence { _held: Mutex::new((connection, runtime)) })
    };
    // On a thread of its own: the caller may be inside a runtime.
    std::thread::spawn(work).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

async fn sweep(connection: &mut PgConnection, own: &str) -> Result<(), sqlx::Error> {
    // us_<pid>_<chance>_<rest>
    let tags: Vec<String> = sqlx::query_scalar(
        r"SELECT DISTINCT substring(name FROM '^us_([0-9]+_[0-9a-f]{8})_')
          FROM (SELECT datname::text FROM pg_database UNION SELECT rolname::text FROM pg_roles) AS named (name)
          WHERE name ~ '^us_[0-9]+_[0-9a-f]{8}_'",
    )
    .fetch_all(&mut *connection)
    .await?;
    for tag in tags.iter().filter(|tag| *tag != own) {
        let dead: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1, hashtext($2))")
            .bind(LOCKS)
            .bind(tag)
            .fetch_one(&mut *connection)
            .await?;
        if dead {
            remove(connection, tag).await?;
            sqlx::query("SELECT pg_advisory_unlock($1, hashtext($2))")
                .bind(LOCKS)
                .bind(tag)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

/// Best effort: a database that will not go today goes another day.
async fn remove(connection: &mut PgConnection, tag: &str) -> Result<(), sqlx::Error> {
    let prefix = format!("us_{tag}_");
    let databases = "SELECT datname::text FROM pg_database WHERE starts_with(datname, $1)";
    for name in sqlx::query_scalar::<_, String>(databases).bind(&prefix).fetch_all(&mut *connection).await? {
        let _ = execute(connection, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    }
    let roles = "SELECT rolname::text FROM pg_roles WHERE starts_with(rolname, $1)";
    for name in sqlx::query_scalar::<_, String>(roles).bind(&prefix).fetch_all(&mut *connection).await? {
        let _ = execute(connection, &format!("DROP ROLE IF EXISTS {name}")).await;
    }
    Ok(())
}
