//! What a watch remembers of the log: a bounded part, by which it tells what is suspicious.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant;

use super::super::suspicious::{Known, Suspicion, SuspicionKind, Thresholds};
use super::Window;
use crate::audit::{Operation, TrailRow};
use crate::entity::Moment;

/// Of so many users, and rows, it remembers something; then it forgets and begins anew.
const MOST: usize = 100_000;
/// How many rows show what is meant.
const SAMPLES: usize = 5;

#[derive(Debug)]
pub(super) struct Seen {
    thresholds: Thresholds,
    day: String,
    users: HashMap<String, Denied>,
    /// By entity and id, who asked for it.
    rows: HashMap<(String, String), HashSet<String>>,
    /// What was read since reading was last compared with what is usual.
    read: HashMap<String, u64>,
    /// And from when on: a comparison that failed may have to look at the day before.
    reading_since: Moment,
    known: Known,
    /// What, of whom, and on which day it was.
    told: HashSet<(SuspicionKind, String, String)>,
}

/// What one user was denied.
#[derive(Debug, Default)]
struct Denied {
    times: VecDeque<Instant>,
    told: Option<Instant>,
    rows: HashSet<(String, String)>,
    samples: VecDeque<TrailRow>,
}

impl Seen {
    pub(super) fn new(thresholds: Thresholds, known: Known) -> Self {
        let (users, rows, read, told) = (HashMap::new(), HashMap::new(), HashMap::new(), HashSet::new());
        let now = Moment::now();
        Self { thresholds, day: now.day(), users, rows, read, reading_since: now, known, told }
    }

    /// What is suspicious now that this row has appeared.
    pub(super) fn see(&mut self, row: &TrailRow) -> Vec<Suspicion> {
        let today = Moment::now().day();
        if today != self.day || self.users.len().max(self.rows.len()).max(self.told.len()) > MOST {
            let before = std::mem::replace(&mut self.day, today);
            self.users.clear();
            self.rows.clear();
            self.told.retain(|(.., day)| *day == before && *day != self.day);
        }
        match row.operation.as_str() {
            word if word == Operation::UnauthorizedAccess.as_str() => self.denied(row),
            word if word == Operation::SystemAccess.as_str() => {
                let found = self.known.suspicions(row, &self.thresholds);
                self.known.learn(row);
                found
            }
            word if word == Operation::Read.as_str() || word == Operation::List.as_str() => {
                if self.read.is_empty() {
                    self.reading_since = Moment::now();
                }
                if self.read.len() < MOST {
                    let read = self.read.entry(row.user_id.clone()).or_default();
                    *read = read.saturating_add(rows(row));
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn denied(&mut self, row: &TrailRow) -> Vec<Suspicion> {
        let Thresholds { denials, within, distinct_rows, probing_users, .. } = self.thresholds;
        let which = (row.entity_type.clone(), row.entity_id.clone().unwrap_or_default());
        let now = Instant::now();
        let (user_id, entity, id) = (&row.user_id, &which.0, &which.1);
        let mut found = Vec::new();

        let user = self.users.entry(user_id.clone()).or_default();
        user.times.push_back(now);
        user.times.retain(|time| now.duration_since(*time) <= within);
        while user.times.len() as u64 > denials.saturating_mul(2) {
            user.times.pop_front();
        }
        user.samples.push_front(row.clone());
        user.samples.truncate(SAMPLES);
        let samples: Vec<_> = user.samples.iter().cloned().collect();
        let figure = user.times.len() as u64;
        if figure >= denials && user.told.is_none_or(|told| now.duration_since(told) > within) {
            user.told = Some(now);
            let window = Window::last(within);
            let about =
                format!("{user_id} asked {figure} times for rows of others within {} seconds", within.as_secs());
            let burst = Suspicion::new(SuspicionKind::Denials, window, figure, denials, about);
            found.push(burst.of_user(user_id).shown_by(samples.clone()));
        }
        let day = Window::of_day(&self.day).unwrap_or_else(|| Window::last(within));
        if (user.rows.len() as u64) < distinct_rows && user.rows.insert(which.clone()) {
            let figure = user.rows.len() as u64;
            if figure >= distinct_rows {
                let about = format!("{user_id} asked for {figure} different rows of others on one day");
                let enumeration = Suspicion::new(SuspicionKind::Enumeration, day, figure, distinct_rows, about);
                found.push(enumeration.of_user(user_id).shown_by(samples));
            }
        }
        let probing = self.rows.entry(which.clone()).or_default();
        if (probing.len() as u64) < probing_users && probing.insert(user_id.clone()) {
            let figure = probing.len() as u64;
            if figure >= probing_users {
                let about = format!("{figure} users asked for {entity} {id}, which is not theirs, on one day");
                let probed = Suspicion::new(SuspicionKind::ProbedRow, day, figure, probing_users, about);
                found.push(probed.of_row(which.0, which.1).shown_by(vec![row.clone()]));
            }
        }
        found
    }

    /// Whether somebody has read so much since it was last compared that it may be more than usual.
    pub(super) fn has_read_much(&self) -> bool {
        let much = (self.thresholds.excess_rows / 10).max(1);
        self.read.values().any(|rows| *rows >= much)
    }

    /// From when on it is to be compared.
    pub(super) const fn reading_since(&self) -> Moment {
        self.reading_since
    }

    pub(super) fn compared(&mut self) {
        self.read.clear();
    }

    /// Whether this has not been told of its day.
    pub(super) fn is_news(&mut self, suspicion: &Suspicion) -> bool {
        let user = suspicion.user_id.clone().unwrap_or_default();
        !suspicion.kind.is_of_a_day() || self.told.insert((suspicion.kind, user, suspicion.window.from().day()))
    }
}

/// How many rows were read: one if it is named, otherwise `{"rows": 20}` in the details, or one.
fn rows(row: &TrailRow) -> u64 {
    if row.entity_id.is_some() {
        return 1;
    }
    let told = row.details.as_deref().and_then(|details| details.split_once("\"rows\"")).map(|(_, rest)| rest);
    let digits = told.map(|rest| rest.trim_start_matches([':', ' ']));
    let digits = digits.map(|rest| rest.split(|other: char| !other.is_ascii_digit()).next().unwrap_or_default());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(details: &str) -> TrailRow {
        TrailRow {
            id: Some(1),
            user_id: "u".to_owned(),
            entity_type: "tasks".to_owned(),
            entity_id: None,
            operation: Operation::List.as_str().to_owned(),
            timestamp: Moment::now().to_string(),
            details: Some(details.to_owned()),
        }
    }

    /// Whoever may insert into the log may write any details.
    #[test]
    fn numbers_that_make_no_sense_are_no_end_of_the_watch() {
        let mut seen = Seen::new(Thresholds::default(), Known::default());
        assert!(!seen.has_read_much());
        for rows in ["18446744073709551615", "18446744073709551615", "99999999999999999999999", "-1", "\"x\"", "null"] {
            assert_eq!(seen.see(&read(&format!("{{\"rows\": {rows}}}"))), []);
        }
        assert!(seen.has_read_much());
        assert_eq!(rows(&read(r#"{"rows": 20, "receipt": "x"}"#)), 20);
        assert_eq!(rows(&read(r#"{"receipt": "x"}"#)), 1);
    }
}
