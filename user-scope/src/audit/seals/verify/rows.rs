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
    pub(super) purged: u64,
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
        // Up to the floor they are of another cluster, and their transactions as well.
        if row.id > seal.floor && is_backdated(row, self.cover.clocks.written_after(&seal.epoch, row.transaction())) {
            self.backdated.push(row.id);
        }
    }

    fn visit_unsealed(&mut self, row: &SealableRow) {
        self.unsealed += 1;
        let Some(reached) = &self.cover.reached else { return };
        let transaction = row.transaction();
        let is_in_its_cluster = reached.epoch == self.now.epoch;
        // As those are told that are sealed next.
        let may_be_new = if is_in_its_cluster {
            transaction >= reached.position && transaction < self.now.next && row.id > reached.floor
        } else {
            transaction >= reached.position || row.id > reached.last_id
        };
        if !may_be_new {
            self.inserted.push(row.id);
        } else if is_in_its_cluster && is_backdated(row, self.cover.clocks.written_after(&reached.epoch, transaction)) {
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
        let mut sums = Sums { unsealed: self.unsealed, ..Sums::default() };
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
            } else {
                sums.proven += seal.met;
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
