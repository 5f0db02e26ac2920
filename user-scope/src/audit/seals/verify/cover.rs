//! What the chain says of the log: which rows are covered by which seal, how far it has come, and at which times.

use std::collections::{BTreeMap, HashMap};

use sha2::Sha256;

use crate::audit::seals::findings::SealedRange;
use crate::audit::seals::ids::LogIds;
use crate::entity::Moment;
use crate::sql::{Link, Position};

#[derive(Debug, Default)]
pub(super) struct Cover {
    pub(super) seals: Vec<CoveredSeal>,
    /// First id, last id, and the seal's place in `seals`; they do not overlap.
    ranges: BTreeMap<i64, (i64, usize)>,
    purged: Vec<(i64, i64)>,
    pub(super) clocks: Clocks,
    /// How far the last seal has come; none if there is none.
    pub(super) reached: Option<Reached>,
    /// The pass that was the last to be the first in a cluster, and how far the seals of the cluster before it had come.
    first_pass: Option<((i64, i64), Reached)>,
    /// How many clusters there were.
    pub(super) clusters: u64,
}

/// How far a seal has come, and until when.
#[derive(Debug, Clone)]
pub(super) struct Reached {
    pub(super) position: Position,
    /// The latest time of all seals of its cluster so far.
    pub(super) sealed_at: Option<i64>,
}

/// A seal, and what has been met of its rows.
#[derive(Debug)]
pub(super) struct CoveredSeal {
    pub(super) range: SealedRange,
    pub(super) digest: String,
    pub(super) epoch: String,
    pub(super) floor: i64,
    /// If it is of the first pass in its cluster: how far those of the cluster before had come.
    pub(super) came_from: Option<Reached>,
    /// Whether the key has signed it.
    pub(super) is_good: bool,
    pub(super) met: u64,
    pub(super) missing: Vec<(i64, i64)>,
    pub(super) hash: Sha256,
}

impl Cover {
    /// Adds a seal over rows, and tells which of them are covered already: of these the earlier seal holds.
    pub(super) fn seal(&mut self, link: &Link, ids: &LogIds, is_good: bool) -> LogIds {
        let (place, came_from) = (self.seals.len(), self.came_from(link));
        let mut again = LogIds::default();
        for (first, last) in ids.ranges() {
            let before = self.ranges.range(..=last).next_back().map(|(start, (end, _))| (*start, *end));
            match before {
                Some((start, end)) if end >= first => again.push_range(first.max(start), last.min(end)),
                _ => {
                    self.ranges.insert(first, (last, place));
                }
            }
        }
        self.seals.push(CoveredSeal {
            range: SealedRange {
                number: link.number,
                ids: (ids.first().unwrap_or_default(), ids.last().unwrap_or_default()),
                oldest: Moment::from_unix_micros(link.oldest),
                newest: Moment::from_unix_micros(link.newest),
                sealed_at: Moment::from_unix_micros(link.sealed_at),
            },
            digest: link.digest.clone(),
            epoch: link.epoch.clone(),
            floor: link.floor,
            came_from,
            is_good,
            met: 0,
            missing: Vec::new(),
            hash: Sha256::default(),
        });
        if is_good {
            self.clocks.add(link);
        }
        again
    }

    fn came_from(&mut self, link: &Link) -> Option<Reached> {
        let pass = (link.horizon, link.sealed_at);
        if let Some(reached) = self.reached.as_ref().filter(|reached| reached.position.epoch != link.epoch) {
            self.first_pass = Some((pass, reached.clone()));
        }
        self.first_pass.as_ref().filter(|(first, _)| *first == pass).map(|(_, reached)| reached.clone())
    }

    /// Behind this link.
    pub(super) fn reach(&mut self, link: &Link) {
        let is_another = self.reached.as_ref().is_none_or(|reached| reached.position.epoch != link.epoch);
        self.clusters += u64::from(is_another);
        self.reached = Some(Reached { position: link.reached(), sealed_at: self.clocks.latest(&link.epoch) });
    }

    pub(super) fn purge(&mut self, ids: &LogIds) {
        self.purged.extend(ids.ranges());
    }

    /// The ranges in order, and what was purged.
    pub(super) fn take_ranges(&mut self) -> (Vec<(i64, i64, usize)>, LogIds) {
        let ranges = std::mem::take(&mut self.ranges);
        let ranges = ranges.into_iter().map(|(first, (last, place))| (first, last, place)).collect();
        (ranges, LogIds::of(std::mem::take(&mut self.purged)))
    }
}

/// By cluster: from which transaction on rows were written after which time, each ascending.
#[derive(Debug, Default)]
pub(super) struct Clocks(HashMap<String, Vec<(i64, i64)>>);

impl Clocks {
    fn add(&mut self, link: &Link) {
        let times = self.0.entry(link.epoch.clone()).or_default();
        // A clock that was set back says nothing that was not said before.
        match times.last() {
            Some(&(horizon, time)) if link.horizon <= horizon || link.sealed_at <= time => {}
            _ => times.push((link.horizon, link.sealed_at)),
        }
    }

    fn latest(&self, epoch: &str) -> Option<i64> {
        self.0.get(epoch)?.last().map(|(_, time)| *time)
    }

    /// The same of a row that was met in a later cluster first. It came from the one that was left, in which its transaction was not
    /// sealed yet, or was written since.
    pub(super) fn written_after_leaving(&self, left: &Reached, transaction: i64) -> Option<i64> {
        let Position { epoch, position, .. } = &left.position;
        if transaction >= *position { self.written_after(epoch, transaction) } else { left.sealed_at }
    }

    /// The time of the last seal that was made in this cluster before the transaction began to write.
    pub(super) fn written_after(&self, epoch: &str, transaction: i64) -> Option<i64> {
        let times = self.0.get(epoch)?;
        let later = times.partition_point(|(horizon, _)| *horizon <= transaction);
        times.get(later.checked_sub(1)?).map(|(_, time)| *time)
    }
}
