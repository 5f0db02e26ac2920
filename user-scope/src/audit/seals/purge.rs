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
use crate::sql::{self, Link, Position};

/// The ids of those rows that can be taken out since all that their seals cover is older than `until` (microseconds since 1970).
/// What was purged already is not among them.
pub(in crate::audit) async fn purgeable<DB: Backend>(lease: &mut Lease<DB>, until: i64) -> Result<LogIds> {
    let seals = unpurged(lease).await?;
    let old = seals.into_iter().filter(|seal| seal.newest < until);
    Ok(LogIds::of(old.flat_map(|seal| seal.ids.ranges().collect::<Vec<_>>()).collect()))
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
    let is_named = |seal: &Unpurged| seal.ids.ranges().all(|(first, last)| ids.missing_in(first, last).is_empty());
    let whole: Vec<Unpurged> = seals.into_iter().filter(is_named).collect();
    let covered = LogIds::of(whole.iter().flat_map(|seal| seal.ids.ranges()).collect());
    if covered != *ids || ids.is_empty() {
        return Err(refused("what is to be purged is not all that some seals cover, and nothing beside it"));
    }
    let clock = horizon::read(lease, Position::default()).await.map_err(reading)?.to.clock;
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

/// The rows of a seal that were not purged.
struct Unpurged {
    ids: LogIds,
    oldest: i64,
    newest: i64,
}

async fn unpurged<DB: Backend>(lease: &mut Lease<DB>) -> Result<Vec<Unpurged>> {
    let (mut rows, mut purged) = (Vec::new(), Vec::new());
    lease.expect_rows(true);
    let mut stream = DB::fetch(lease.connection(), sql::select_seals::<DB>());
    while let Some(row) = next::<DB>(&mut stream).await.map_err(reading)? {
        let Link { kind, ids, oldest, newest, .. } = Link::read::<DB>(&row).map_err(reading)?;
        let ids = LogIds::from_text(&ids).ok_or(refused("one of them was changed; verify them"))?;
        match kind.as_str() {
            ROWS => rows.push(Unpurged { ids, oldest, newest }),
            _ => purged.extend(ids.ranges()),
        }
    }
    drop(stream);
    lease.expect_rows(false);
    let purged = LogIds::of(purged);
    // Whole seals are purged, so that one id tells of all.
    rows.retain(|seal| seal.ids.first().is_none_or(|first| !purged.missing_in(first, first).is_empty()));
    Ok(rows)
}

const fn refused(problem: &'static str) -> Error {
    Error::Seals { problem }
}
