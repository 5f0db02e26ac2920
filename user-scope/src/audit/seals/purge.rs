//! What is taken out of the log by right: a link of the chain names it, and so nobody is accused.

use super::canonical::Hash;
use super::hex::to_hex;
use super::ids::LogIds;
use super::key::SealKey;
use super::link::{PURGE, ROWS};
use super::next;
use super::sealing::{append, last_link};
use crate::audit::horizon;
use crate::audit::log::reading;
use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::lease::Lease;
use crate::sql::{self, Link, Span};

/// The ids of those rows that can be taken out since all that their seals cover is older than `until` (microseconds since 1970).
/// What was purged already is not among them.
pub(in crate::audit) async fn purgeable<DB: Backend>(lease: &mut Lease<DB>, until: i64) -> Result<LogIds> {
    let seals = unpurged(lease).await?;
    if seals.iter().any(|seal| seal.oldest < until && seal.newest >= until) {
        return Err(refused("one covers rows from before and after that time, which is not the end of a month"));
    }
    let old = seals.into_iter().filter(|seal| seal.newest < until);
    Ok(LogIds::of(old.flat_map(|seal| seal.ids.ranges().collect::<Vec<_>>()).collect()))
}

/// The ids of each seal whose rows are all older than `until`, purged or not, if any of them is `from` or behind it.
pub(in crate::audit) async fn old_seals<DB: Backend>(
    lease: &mut Lease<DB>,
    until: i64,
    from: i64,
) -> Result<Vec<LogIds>> {
    let (rows, _) = seals(lease).await?;
    let old = rows.into_iter().filter(|seal| seal.newest < until && seal.ids.last().is_some_and(|last| last >= from));
    Ok(old.map(|seal| seal.ids).collect())
}

/// What has appeared since the last seal; none if there is no seal.
pub(in crate::audit) async fn since_the_last<DB: Backend>(lease: &mut Lease<DB>) -> Result<Option<Span>> {
    let row = DB::fetch_optional(lease.connection(), sql::select_last_seal::<DB>()).await.map_err(reading)?;
    let Some(row) = row else { return Ok(None) };
    let from = Link::read::<DB>(&row).map_err(reading)?.reached();
    Ok(Some(horizon::read(lease, from).await.map_err(reading)?.open_ended()))
}

/// Appends a link that says that the rows of these ids are taken out of the log. It belongs into the transaction, which is open on
/// the lease, in which they are: or into one before it, where they cannot be taken out in a transaction. Until they are gone they
/// still have to be as they were sealed.
///
/// They have to be all rows of some seals. Of a seal with a part of its rows nothing could be proven any more.
///
/// # Errors
///
/// [`Error::Seals`] if they are not, if the last seal is not one of this key's, or if somebody else has sealed meanwhile, in which
/// case the transaction has to be begun anew.
pub(in crate::audit) async fn seal_purge<DB: Backend>(
    lease: &mut Lease<DB>,
    key: &SealKey,
    ids: &LogIds,
) -> Result<()> {
    let Some(last) = last_link(lease, key).await? else { return Err(refused("nothing is sealed yet")) };
    let seals = unpurged(lease).await?;
    let is_named = |seal: &Covered| seal.ids.ranges().all(|(first, last)| ids.missing_in(first, last).is_empty());
    let whole: Vec<Covered> = seals.into_iter().filter(is_named).collect();
    let covered = LogIds::of(whole.iter().flat_map(|seal| seal.ids.ranges()).collect());
    if covered != *ids || ids.is_empty() {
        return Err(refused("what is to be purged is not all that some seals cover, and nothing beside it"));
    }
    let clock = horizon::now(lease).await.map_err(reading)?.clock;
    let link = Link {
        number: last.number.saturating_add(1),
        kind: PURGE.to_owned(),
        ids: ids.to_text(),
        digest: to_hex(&Hash::default()),
        oldest: whole.iter().map(|seal| seal.oldest).min().unwrap_or_default(),
        newest: whole.iter().map(|seal| seal.newest).max().unwrap_or_default(),
        sealed_at: clock,
        previous: last.hash.clone(),
        // How far the log was sealed has not changed.
        ..last
    };
    match append(lease, &link.sign(key)).await? {
        true => Ok(()),
        false => Err(refused("somebody else has sealed meanwhile; try it again")),
    }
}

/// The rows of a seal.
struct Covered {
    ids: LogIds,
    oldest: i64,
    newest: i64,
}

async fn unpurged<DB: Backend>(lease: &mut Lease<DB>) -> Result<Vec<Covered>> {
    let (mut rows, purged) = seals(lease).await?;
    // Whole seals are purged, so that one id tells of all.
    rows.retain(|seal| seal.ids.first().is_none_or(|first| !purged.missing_in(first, first).is_empty()));
    Ok(rows)
}

/// All seals over rows, and what was purged.
async fn seals<DB: Backend>(lease: &mut Lease<DB>) -> Result<(Vec<Covered>, LogIds)> {
    let (mut rows, mut purged) = (Vec::new(), Vec::new());
    lease.expect_rows(true);
    let mut stream = DB::fetch(lease.connection(), sql::select_seals::<DB>());
    while let Some(row) = next::<DB>(&mut stream).await.map_err(reading)? {
        let Link { kind, ids, oldest, newest, .. } = Link::read::<DB>(&row).map_err(reading)?;
        let ids = LogIds::from_text(&ids).ok_or(refused("one of them was changed; verify them"))?;
        match kind.as_str() {
            ROWS => rows.push(Covered { ids, oldest, newest }),
            _ => purged.extend(ids.ranges()),
        }
    }
    drop(stream);
    lease.expect_rows(false);
    Ok((rows, LogIds::of(purged)))
}

const fn refused(problem: &'static str) -> Error {
    Error::Seals { problem }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use sqlx::Sqlite;
    use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};

    use super::{purgeable, seal_purge};
    use crate::audit::{LogIds, SealFinding, SealKey, SealReport};
    use crate::error::{Error, Result};
    use crate::sql;
    use crate::{ScopedPool, SystemContext, UserContext, Uuid};

    type Outcome = std::result::Result<(), Box<dyn std::error::Error>>;

    /// A log of the rows 1 to 9 under three seals, and its receipt, number 1, under the first of them.
    async fn sealed() -> Result<(SqlitePool, SystemContext<Sqlite>, SealKey), Box<dyn std::error::Error>> {
        let raw = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
        let pool = ScopedPool::new(raw.clone());
        pool.migrate().await?;
        let system = pool.system("retention").requested_by(&UserContext::new(Uuid::now_v7())?).await?;
        let key = SealKey::generate()?;
        for rows in [2, 3, 3] {
            for _ in 0..rows {
                write(&raw).await?;
            }
            system.audit().seal(&key).await?;
        }
        Ok((raw, system, key))
    }

    async fn write(raw: &SqlitePool) -> sqlx::Result<()> {
        let insert = "INSERT INTO user_access_log (user_id, entity_type, operation) VALUES ('u', 'tasks', 'read')";
        sqlx::raw_sql(insert).execute(raw).await.map(drop)
    }

    async fn purge(system: &SystemContext<Sqlite>, key: &SealKey, ids: &[(i64, i64)]) -> Result<()> {
        let audit = system.audit();
        let (mut lease, _passage) = audit.open().await?;
        lease.begin(sql::begin::<Sqlite>()).await.map_err(super::reading)?;
        seal_purge(&mut lease, key, &LogIds::of(ids.to_vec())).await?;
        lease.commit().await.map_err(super::reading)
    }

    async fn verify(system: &SystemContext<Sqlite>, key: &SealKey) -> Result<SealReport> {
        system.audit().verify(&key.public(), None).await
    }

    #[tokio::test]
    async fn what_is_purged_by_right_is_not_missed_and_does_not_come_back() -> Outcome {
        let (raw, system, key) = sealed().await?;
        let (mut lease, passage) = system.audit().open().await?;
        assert_eq!(purgeable(&mut lease, i64::MAX).await?.to_text(), "1-9");
        assert!(purgeable(&mut lease, 0).await?.is_empty());
        drop((lease, passage));
        purge(&system, &key, &[(1, 6)]).await?;
        // Said, and not done yet.
        let report = verify(&system, &key).await?;
        assert_eq!((report.findings, report.rows, report.purged), (vec![], 9, 0));
        sqlx::raw_sql("CREATE TABLE kept AS SELECT * FROM user_access_log; DELETE FROM user_access_log WHERE id < 7")
            .execute(&raw)
            .await?;
        let report = verify(&system, &key).await?;
        assert_eq!((report.findings, report.rows, report.purged, report.seals), (vec![], 3, 6, 4));
        let (mut lease, passage) = system.audit().open().await?;
        assert_eq!(purgeable(&mut lease, i64::MAX).await?.to_text(), "7-9");
        drop((lease, passage));
        // It goes on from where it was.
        write(&raw).await?;
        assert_eq!(system.audit().seal(&key).await?.rows, 1);
        assert_eq!(verify(&system, &key).await?.findings, []);
        sqlx::raw_sql("INSERT INTO user_access_log SELECT * FROM kept WHERE id IN (2, 5)").execute(&raw).await?;
        let findings = verify(&system, &key).await?.findings;
        let are_back = |finding: &SealFinding| matches!(finding, SealFinding::RowsBackAfterPurge(_));
        assert!(findings.len() == 2 && findings.iter().all(are_back), "{findings:?}");
        sqlx::raw_sql("DELETE FROM user_access_log WHERE id IN (2, 5, 8)").execute(&raw).await?;
        let findings = verify(&system, &key).await?.findings;
        assert!(
            matches!(&findings[..], [SealFinding::RowsRemoved { ids, .. }] if ids.to_text() == "8"),
            "{findings:?}"
        );
        Ok(())
    }

    #[tokio::test]
    async fn only_whole_seals_are_purged_and_only_with_the_key() -> Outcome {
        let (raw, system, key) = sealed().await?;
        for ids in [&[(1, 2)][..], &[(2, 3)], &[(1, 4)], &[(1, 3), (7, 8)], &[(1, 10)], &[(50, 60)], &[]] {
            let refused = purge(&system, &key, ids).await;
            assert!(matches!(refused, Err(Error::Seals { .. })), "{ids:?}: {refused:?}");
        }
        let refused = purge(&system, &SealKey::generate()?, &[(1, 3)]).await;
        assert!(matches!(refused, Err(Error::Seals { .. })), "{refused:?}");
        purge(&system, &key, &[(1, 3), (7, 9)]).await?;
        assert!(purge(&system, &key, &[(1, 3)]).await.is_err(), "it is purged already");
        // A purge that somebody has written who has no key.
        let forged = "INSERT INTO user_access_seals SELECT number + 1, kind, '4-6', digest, oldest, newest, sealed_at, epoch, \
                      position, horizon, last_id, floor, hash, hash, signature FROM user_access_seals WHERE number = 4; \
                      DELETE FROM user_access_log WHERE id BETWEEN 4 AND 6";
        sqlx::raw_sql(forged).execute(&raw).await?;
        let findings = verify(&system, &key).await?.findings;
        let is_forged = findings.contains(&SealFinding::SealChanged { number: 5 });
        assert!(is_forged && findings.iter().any(|it| matches!(it, SealFinding::RowsRemoved { .. })), "{findings:?}");
        Ok(())
    }
}
