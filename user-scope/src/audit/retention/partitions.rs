//! The partitions of PostgreSQL's log that a purge takes out: which, and how.

use super::beginning;
use super::partition::{become_owner, changing};
use crate::audit::log::{AuditLog, reading};
use crate::backend::{Backend, Dialect, Pooling};
use crate::entity::Moment;
use crate::error::{Error, Result};
use crate::isolation::facts::{Texts, ask};
use crate::lease::Lease;
use crate::sql::{self, Partition};

/// Those that hold nothing later than `until`, and those that are on their way out already.
pub(super) async fn before<DB: Backend>(lease: &mut Lease<DB>, until: Moment) -> Result<Vec<Partition>> {
    if DB::DIALECT == Dialect::Sqlite {
        return Ok(Vec::new());
    }
    let kind = ask(lease, sql::LOG_KIND, &[]).await.map_err(reading)?.pop().unwrap_or_default();
    if Texts(kind).text() != "p" {
        return Err(Error::Schema {
            problem: "is not partitioned: let its owner call `audit::partition`, or `user-scope audit partition`",
        });
    }
    let found = ask(lease, sql::PARTITIONS_BEFORE, &[&until.day()]).await.map_err(reading)?;
    let read = found.into_iter().map(|row| {
        let mut row = Texts(row);
        Partition { schema: row.text(), name: row.text(), standing: row.text(), until: row.text(), goes: row.is_true() }
    });
    Ok(read.collect())
}

/// Until when all that is in the log goes with these; of those that are detached nothing is in it.
pub(super) fn end(partitions: &[Partition], otherwise: Moment) -> Moment {
    let in_the_log = partitions.iter().filter(|partition| partition.goes && partition.standing != "detached");
    in_the_log.filter_map(|partition| Moment::of_day(&partition.until)).max().unwrap_or(beginning(otherwise))
}

impl<DB: Backend> AuditLog<'_, DB> {
    /// A connection that may take them out: by the pool's own login, or the owner that it may become. The role of system mode owns
    /// nothing.
    pub(super) async fn open_as_owner(&self) -> Result<Lease<DB>> {
        let mut lease = Lease::of(self.shelf(), Pooling::Session).await.map_err(reading)?;
        become_owner(&mut lease).await?;
        Ok(lease)
    }
}

/// Takes them out, one after the other.
pub(super) async fn drop_all<DB: Backend>(lease: &mut Lease<DB>, until: Moment) -> Result<()> {
    for partition in before(lease, until).await? {
        for step in sql::drop_partition(&partition) {
            if let Err(error) = DB::execute_script(lease.connection(), step).await {
                if partition.standing == "attached" {
                    // Where it could not be detached, it does not go: somebody may detach it one day to keep it.
                    let taken_back = DB::execute_script(lease.connection(), sql::mark(&partition, false)).await;
                    drop(taken_back);
                }
                return Err(changing(error));
            }
        }
    }
    Ok(())
}
