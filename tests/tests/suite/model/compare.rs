//! Compares what lies in the database, read by plain SQL, with the model: every table whole, and the log.

use std::collections::HashMap;

use serde_json::{Map, Value};
use sqlx::Pool;
use user_scope::Uuid;

use super::house::line;
use super::kinds::{Holds, Kind};
use super::rows::{Cell, Row};
use crate::databases::TestDb;

/// Parts of a line are told apart by this, and NULL is written so.
const PART: char = '\u{1f}';
const NULL: &str = "\u{1e}";

/// Empties all tables: a run begins with nothing.
pub async fn clear<DB: TestDb>(raw: &Pool<DB>) {
    let tables = ["takes", "tracks", "reviews", "loans", "albums", "pages", "folders", "settings", "badges"];
    let script: Vec<String> =
        tables.iter().chain(&["user_access_log"]).map(|table| format!("DELETE FROM {table}")).collect();
    DB::run(raw, &script.join("; ")).await.expect("the tables can be emptied");
}

/// # Panics
///
/// If some table holds anything else than the model.
pub async fn compare_rows<'a, DB: TestDb>(
    raw: &Pool<DB>,
    model: impl Fn(Kind) -> Vec<&'a Row>,
    story: &dyn Fn() -> String,
) {
    let mut marks = Marks::default();
    for kind in Kind::ALL {
        let stored = DB::texts(raw, &select::<DB>(kind)).await.expect("a table can be read");
        let mut stored: Vec<(String, Option<String>)> = stored.iter().map(|text| read(text, kind)).collect();
        let mark = |row: &Row| row.deleted.map(|mark| (row.owner, mark));
        let mut expected: Vec<(String, Option<Mark>)> =
            model(kind).into_iter().map(|row| (written(row), mark(row))).collect();
        stored.sort_unstable();
        expected.sort_unstable();
        let [is, should]: [Vec<_>; 2] = [
            stored.iter().map(|(row, mark)| (row, mark.is_some())).collect(),
            expected.iter().map(|(row, mark)| (row, mark.is_some())).collect(),
        ];
        let surplus: Vec<_> = is.iter().filter(|row| !should.contains(row)).collect();
        let missing: Vec<_> = should.iter().filter(|row| !is.contains(row)).collect();
        let table = kind.facts().table;
        let differs = || format!("{table}: in the table alone {surplus:#?}, in the model alone {missing:#?}");
        assert!(is == should, "{}\n{}", differs(), story());
        for ((row, stored), (_, mark)) in stored.iter().zip(&expected) {
            if let (Some(stored), Some(mark)) = (stored, mark) {
                marks.check(stored, *mark, row);
            }
        }
    }
}

/// Whose row it is, and what the model calls the time: each model of a user has a clock of its own.
type Mark = (Uuid, i64);

/// A user's rows that were marked together have the same mark, and no others.
#[derive(Default)]
struct Marks(HashMap<Mark, String>, HashMap<(Uuid, String), Mark>);

impl Marks {
    fn check(&mut self, stored: &str, mark: Mark, row: &str) {
        let known = self.0.entry(mark).or_insert_with(|| stored.to_owned());
        assert_eq!(known, stored, "marked together, and not at the same time: {row}");
        assert_eq!(*self.1.entry((mark.0, stored.to_owned())).or_insert(mark), mark, "marked at the same time: {row}");
    }
}

fn select<DB: TestDb>(kind: Kind) -> String {
    // SQLite keeps UUIDs as bytes, but for those of badges.
    let is_bytes = |uuid: bool| uuid && DB::UUID == "BLOB" && kind != Kind::Badge;
    let text = |name: &str, uuid: bool| {
        let value = if is_bytes(uuid) { format!("lower(hex({name}))") } else { format!("CAST({name} AS TEXT)") };
        format!("CASE WHEN {name} IS NULL THEN '{NULL}' ELSE {value} END")
    };
    let facts = kind.facts();
    let mut columns = vec![text("id", !facts.keyed_by_owner), text("user_id", true)];
    columns.extend(facts.columns.iter().map(|column| text(column.name, matches!(column.holds, Holds::Parent(..)))));
    columns.push(if facts.versioned { text("version", false) } else { format!("'{NULL}'") });
    columns.push(if facts.soft { text("deleted_at", false) } else { format!("'{NULL}'") });
    format!("SELECT {} FROM {}", columns.join(&format!(" || '{PART}' || ")), facts.table)
}

/// A row as the model writes it, and its mark.
fn read(text: &str, kind: Kind) -> (String, Option<String>) {
    let parts: Vec<String> = text.split(PART).map(|part| plain(part, kind)).collect();
    let (mark, row) = parts.split_last().expect("parts");
    (row.join(" "), Some(mark.clone()).filter(|mark| mark != "NULL"))
}

/// UUIDs in one way of writing.
fn plain(part: &str, kind: Kind) -> String {
    match part {
        NULL => "NULL".to_owned(),
        // Those of badges are compared as they lie there.
        part if kind == Kind::Badge => part.to_owned(),
        part => part.parse::<Uuid>().map_or_else(|_| part.to_owned(), |id| id.to_string()),
    }
}

fn written(row: &Row) -> String {
    let cells = row.cells.iter().map(|cell| match cell {
        Cell::Null => "NULL".to_owned(),
        Cell::Text(text) | Cell::Id(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
    });
    let version = row.version.map_or_else(|| "NULL".to_owned(), |version| version.to_string());
    let parts = [row.id.clone(), row.owner.to_string()].into_iter().chain(cells).chain([version]);
    parts.collect::<Vec<_>>().join(" ")
}

/// The lines of the log after number `last`, which is then that of the newest.
pub async fn log_since<DB: TestDb>(raw: &Pool<DB>, last: &mut i64) -> Vec<String> {
    let select = format!(
        "SELECT CAST(id AS TEXT) || '{PART}' || CAST(user_id AS TEXT) || '{PART}' || entity_type || '{PART}' || \
         coalesce(entity_id, '') || '{PART}' || operation || '{PART}' || coalesce(CAST(details AS TEXT), '') \
         FROM user_access_log WHERE id > {last} ORDER BY id"
    );
    let rows = DB::texts(raw, &select).await.expect("the log can be read");
    let parse = |row: &String| {
        let parts: Vec<&str> = row.split(PART).collect();
        let [id, user, entity, row, operation, details] = parts[..] else { panic!("six parts: {row}") };
        *last = id.parse().expect("a number");
        let details: Map<String, Value> =
            if details.is_empty() { Map::new() } else { serde_json::from_str(details).expect("JSON") };
        line(user.parse().expect("a user"), entity, row, operation, details)
    };
    rows.iter().map(parse).collect()
}

/// Each line as often as it must be there, and besides none but those that may be.
pub fn compare_log(stored: Vec<String>, expected: Vec<String>, possible: &[String], story: &dyn Fn() -> String) {
    let mut counts: HashMap<String, (i64, i64)> = HashMap::new();
    stored.into_iter().for_each(|line| counts.entry(line).or_default().0 += 1);
    for line in expected {
        counts.entry(line).or_default().0 -= 1;
    }
    possible.iter().for_each(|line| counts.entry(line.clone()).or_default().1 += 1);
    let wrong = |(_, (surplus, possible)): &(String, (i64, i64))| *surplus < 0 || surplus > possible;
    let wrong: Vec<_> = counts.into_iter().filter(wrong).collect();
    let show = |(line, (surplus, _)): &(String, (i64, i64))| format!("{surplus:+} {line}");
    let wrong: Vec<String> = wrong.iter().map(show).collect();
    let wrong = wrong.join("\n");
    assert!(wrong.is_empty(), "the log has (+) what it should not, or lacks (-) what it should:\n{wrong}\n{}", story());
}
