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
    pub(super) reached: Option<Position>,
}

/// A seal, and what has been met of its rows.
#[derive(Debug)]
pub(super) struct CoveredSeal {
    pub(super) range: SealedRange,
    pub(super) digest: String,
    pub(super) epoch: String,
    pub(super) floor: i64,
    pub(super) met: u64,
    pub(super) missing: Vec<(i64, i64)>,
    pub(super) hash: Sha256,
}

impl Cover {
    /// Adds a seal over rows, and tells which of them are covered already: of these the earlier seal holds.
    pub(super) fn seal(&mut self, link: &Link, ids: &LogIds, is_good: bool) -> LogIds {
        let place = self.seals.len();
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
            met: 0,
            missing: Vec::new(),
            hash: Sha256::default(),
        });
        if is_good {
            self.clocks.add(link);
        }
        again
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

    /// The time of the last seal that was made in this cluster before the transaction began to write.
    pub(super) fn written_after(&self, epoch: &str, transaction: i64) -> Option<i64> {
        let times = self.0.get(epoch)?;
        let later = times.partition_point(|(horizon, _)| *horizon <= transaction);
        times.get(later.checked_sub(1)?).map(|(_, time)| *time)
    }
}
