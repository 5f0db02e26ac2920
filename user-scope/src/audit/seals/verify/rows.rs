//! The rows of the log, in the order of their ids, beside what covers them.

use sha2::Digest as _;

use super::cover::Cover;
use crate::audit::seals::canonical::SealableRow;
use crate::audit::seals::findings::SealFinding;
use crate::audit::seals::hex::to_hex;
use crate::audit::seals::ids::LogIds;
use crate::backend::Dialect;
use crate::sql::Horizon;

/// By how much a clock may have been set back, or that of a server which took over stand behind: a minute.
const CLOCKS_DIFFER_BY: i64 = 60_000_000;

pub(super) struct Walk {
    cover: Cover,
    now: Horizon,
    /// First id, last id and seal, ascending.
    ranges: Vec<(i64, i64, usize)>,
    purged: LogIds,
    /// Which range comes next, and which id in it.
    place: usize,
    expected: i64,
    before: Option<i64>,
    unsealed: u64,
    oldest_unsealed: Option<i64>,
    inserted: LogIds,
    repeated: LogIds,
    backdated: LogIds,
}

/// Whether a row that was written after a time says that it is older.
fn is_backdated(row: &SealableRow, written_after: Option<i64>) -> bool {
    written_after.is_some_and(|after| row.time < after.saturating_sub(CLOCKS_DIFFER_BY))
}

#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) proven: u64,
    pub(super) unsealed: u64,
    pub(super) oldest_unsealed: Option<i64>,
    pub(super) purged: u64,
    pub(super) to_purge: u64,
}

impl Walk {
    pub(super) fn new(mut cover: Cover, now: Horizon) -> Self {
        let (ranges, purged) = cover.take_ranges();
        Self {
            cover,
            now,
            expected: ranges.first().map_or(0, |(first, ..)| *first),
            ranges,
            purged,
            place: 0,
            before: None,
            unsealed: 0,
            oldest_unsealed: None,
            inserted: LogIds::default(),
            repeated: LogIds::default(),
            backdated: LogIds::default(),
        }
    }

    pub(super) fn visit(&mut self, row: &SealableRow, dialect: Dialect) {
        let id = row.id;
        if self.before.replace(id) == Some(id) {
            if self.repeated.last() != Some(id) {
                self.repeated.push(id);
            }
            return;
        }
        while let Some(&(_, last, seal)) = self.ranges.get(self.place).filter(|(_, last, _)| *last < id) {
            self.miss(seal, last);
            self.place += 1;
            self.expected = self.ranges.get(self.place).map_or(id, |(first, ..)| *first);
        }
        let covering = self.ranges.get(self.place).filter(|(first, ..)| *first <= id).map(|(.., seal)| *seal);
        match covering {
            Some(seal) => {
                self.miss(seal, id.saturating_sub(1));
                self.expected = id.saturating_add(1);
                self.visit_sealed(row, seal, dialect);
            }
            None => self.visit_unsealed(row),
        }
    }

    /// Of a range all that was expected up to `last` is not there.
    fn miss(&mut self, seal: usize, last: i64) {
        if let Some(seal) = self.cover.seals.get_mut(seal).filter(|_| self.expected <= last) {
            seal.missing.push((self.expected, last));
        }
    }

    fn visit_sealed(&mut self, row: &SealableRow, seal: usize, dialect: Dialect) {
        let Some(seal) = self.cover.seals.get_mut(seal) else { return };
        seal.hash.update(row.hash(dialect));
        seal.met += 1;
        let (clocks, transaction) = (&self.cover.clocks, row.transaction());
        // Up to the floor they are of another cluster, and their transactions as well.
        let here = clocks.written_after(&seal.epoch, transaction).filter(|_| row.id > seal.floor);
        let before = seal.came_from.as_ref().and_then(|left| clocks.written_after_leaving(left, transaction));
        if is_backdated(row, here.max(before)) {
            self.backdated.push(row.id);
        }
    }

    fn visit_unsealed(&mut self, row: &SealableRow) {
        self.unsealed += 1;
        self.oldest_unsealed = Some(self.oldest_unsealed.map_or(row.time, |oldest| oldest.min(row.time)));
        let Some(left) = &self.cover.reached else { return };
        let (clocks, reached, transaction) = (&self.cover.clocks, &left.position, row.transaction());
        let is_in_its_cluster = reached.epoch == self.now.epoch;
        // As those are told that are sealed next.
        let (may_be_new, after) = if is_in_its_cluster {
            let is_open = transaction >= reached.position && transaction < self.now.next;
            (is_open, clocks.written_after(&reached.epoch, transaction))
        } else {
            let is_open = transaction >= reached.position || row.id > reached.last_id;
            (is_open, clocks.written_after_leaving(left, transaction))
        };
        if !may_be_new || row.id <= reached.floor {
            self.inserted.push(row.id);
        } else if is_backdated(row, after) {
            self.backdated.push(row.id);
        }
    }

    /// When there are no more rows: what was found, and what all of it comes to.
    pub(super) fn end(mut self, findings: &mut Vec<SealFinding>) -> Sums {
        while let Some(&(_, last, seal)) = self.ranges.get(self.place) {
            self.miss(seal, last);
            self.place += 1;
            self.expected = self.ranges.get(self.place).map_or(0, |(first, ..)| *first);
        }
        let mut sums = Sums { unsealed: self.unsealed, oldest_unsealed: self.oldest_unsealed, ..Sums::default() };
        for seal in self.cover.seals {
            let missing = LogIds::of(seal.missing);
            let without_right =
                LogIds::of(missing.ranges().flat_map(|(first, last)| self.purged.missing_in(first, last)).collect());
            if !without_right.is_empty() {
                findings.push(SealFinding::RowsRemoved { seal: seal.range, ids: without_right });
            } else if !missing.is_empty() {
                sums.purged += missing.count();
                if seal.met > 0 {
                    findings.push(SealFinding::RowsBackAfterPurge(seal.range));
                }
            } else if to_hex(&seal.hash.finalize()) != seal.digest {
                findings.push(SealFinding::RowsChanged(seal.range));
            } else if seal.is_good {
                sums.proven += seal.met;
                // Whole seals are purged, so that one id tells of all.
                let (first, _) = seal.range.ids;
                if self.purged.missing_in(first, first).is_empty() {
                    sums.to_purge += seal.met;
                }
            }
        }
        if !self.inserted.is_empty() {
            findings.push(SealFinding::RowsInserted { ids: self.inserted });
        }
        if !self.repeated.is_empty() {
            findings.push(SealFinding::RowsRepeated { ids: self.repeated });
        }
        if !self.backdated.is_empty() {
            findings.push(SealFinding::RowsBackdated { ids: self.backdated });
        }
        sums
    }
}
