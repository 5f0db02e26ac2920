//! Which rows: ascending ids, as ranges.

use std::fmt;

/// Ids of rows of the log, ascending, as ranges.
///
/// It prints as `1-500,502-510`; of more than twenty ranges the rest is counted.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct LogIds(Vec<(i64, i64)>);

impl LogIds {
    /// The ranges: the first id of each, and the last.
    pub fn ranges(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.0.iter().copied()
    }

    /// How many ids these are.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(first, last)| last.abs_diff(*first).saturating_add(1)).fold(0, u64::saturating_add)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn first(&self) -> Option<i64> {
        self.0.first().map(|(first, _)| *first)
    }

    pub(super) fn last(&self) -> Option<i64> {
        self.0.last().map(|(_, last)| *last)
    }

    /// A further id, behind all others.
    pub(super) fn push(&mut self, id: i64) {
        self.push_range(id, id);
    }

    /// A further range, behind all others.
    pub(super) fn push_range(&mut self, first: i64, last: i64) {
        match self.0.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(first) => *end = last,
            _ => self.0.push((first, last)),
        }
    }

    /// Ranges in any order, which may overlap.
    pub(super) fn of(mut ranges: Vec<(i64, i64)>) -> Self {
        ranges.sort_unstable();
        let mut ids = Self::default();
        for (first, last) in ranges {
            match ids.0.last_mut() {
                Some((_, end)) if *end >= first.saturating_sub(1) => *end = last.max(*end),
                _ => ids.0.push((first, last)),
            }
        }
        ids
    }

    /// Those of a range that are not among these.
    pub(super) fn missing_in(&self, first: i64, last: i64) -> Vec<(i64, i64)> {
        let mut rest = Vec::new();
        let mut next = first;
        let behind = self.0.partition_point(|(_, end)| *end < first);
        for &(start, end) in self.0.iter().skip(behind).take_while(|(start, _)| *start <= last) {
            if start > next {
                rest.push((next, start - 1));
            }
            match end.checked_add(1) {
                Some(after) => next = next.max(after),
                None => return rest,
            }
        }
        if next <= last {
            rest.push((next, last));
        }
        rest
    }

    /// All of them, as a seal holds them.
    pub(super) fn to_text(&self) -> String {
        let ranges: Vec<String> = self.0.iter().map(|range| as_text(*range)).collect();
        ranges.join(",")
    }

    /// What a seal holds, in the one form in which it is written. Everything else is refused: it is read before anybody knows
    /// who wrote it.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let mut ids = Self::default();
        for range in text.split(',') {
            let (first, last) = match range.split_once('-') {
                Some((first, last)) => (number(first)?, number(last)?),
                None => (number(range)?, number(range)?),
            };
            let is_behind = ids.last().is_none_or(|end| end < first - 1);
            if first > last || !is_behind || as_text((first, last)) != range {
                return None;
            }
            ids.0.push((first, last));
        }
        Some(ids)
    }
}

fn as_text((first, last): (i64, i64)) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

/// An id as it is given to a row: from 1 on.
fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number| *number > 0)
}

impl fmt::Display for LogIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 20;
        for (index, range) in self.0.iter().take(SHOWN).enumerate() {
            f.write_str(if index > 0 { "," } else { "" })?;
            f.write_str(&as_text(*range))?;
        }
        match self.0.len() {
            ranges if ranges > SHOWN => write!(f, " and {} ranges more", ranges - SHOWN),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for LogIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogIds({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::LogIds;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let mut ids = LogIds::default();
        let mut random = 7_u64;
        for id in 1..2_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if random >> 62 != 0 {
                ids.push(id);
            }
        }
        assert_eq!(LogIds::from_text(&ids.to_text()).as_ref(), Some(&ids));
        let hostile = [
            "",
            ",",
            "1,",
            ",1",
            "1,1",
            "1,2",
            "2-1",
            "1-1",
            "2,1",
            "1-3,3",
            "1-3,4",
            "01",
            "+1",
            "-1",
            "0",
            "0-4",
            "1 ",
            "1-2-3",
            "1--2",
            "a",
            "9223372036854775808",
            "1;2",
            "1-5,2-3",
            "1\u{0}",
        ];
        for text in hostile {
            assert_eq!(LogIds::from_text(text), None, "{text:?}");
        }
        let greatest = format!("1-5,{}-{}", i64::MAX - 1, i64::MAX);
        assert_eq!(LogIds::from_text(&greatest).map(|ids| ids.to_text()), Some(greatest));
    }

    #[test]
    fn what_is_missing_is_told_exactly() {
        let ids = LogIds::of(vec![(10, 12), (3, 4), (12, 15), (5, 5), (20, i64::MAX)]);
        assert_eq!(ids.to_text(), format!("3-5,10-15,20-{}", i64::MAX));
        assert_eq!(ids.missing_in(1, 30), [(1, 2), (6, 9), (16, 19)]);
        assert_eq!((ids.missing_in(11, 14), ids.missing_in(6, 9)), (vec![], vec![(6, 9)]));
        assert_eq!(ids.missing_in(16, 17), [(16, 17)]);
        assert_eq!(LogIds::default().missing_in(1, 2), [(1, 2)]);
    }
}
