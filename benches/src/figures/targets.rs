//! What each figure is to be at most, and what is known of those that are not.

const AT_MOST: [(&str, f64); 16] = [
    ("pg.get", 0.75),
    ("pg.list50", 0.75),
    ("pg.update.audited", 0.82),
    ("pg.insert.audited", 0.85),
    ("pg.request5", 0.60),
    ("pg.get.enforced", 1.15),
    ("pg.update.enforced.audited", 1.60),
    ("pg.insert_many100", 0.70),
    ("sqlite.get.instructions", 1.00),
    ("sqlite.list50.instructions", 0.95),
    ("sqlite.update.audited", 1.30),
    ("scale.get", 1.20),
    ("scale.list50", 1.20),
    ("compile.entities30", 1.50),
    ("compile.entities30.writes", 1.50),
    ("crates.beyond_sqlx", 12.0),
];

/// Whether it is reached, for the reader.
pub(super) fn verdict(name: &str, ratio: f64) -> String {
    match AT_MOST.iter().find(|(target, _)| name == *target) {
        None => String::new(),
        Some((_, at_most)) if ratio <= *at_most => format!(" (at most {at_most:.2}: reached)"),
        Some((_, at_most)) => format!(" (at most {at_most:.2}: NOT reached)"),
    }
}

/// What a profile has shown, or where the limit lies.
const FOUND: [(&str, &str); 11] = [
    (
        "pg.get",
        "sqlx alone, on a connection that is held and never given back, takes 0.50: what is left is a span, an event of the audit, and a lease.",
    ),
    (
        "pg.insert.audited",
        "The same row written by hand, in the same statement, takes 1.05. Instructions of the server for a statement (callgrind): an update 190,000; \
         with a log that has no index 229,000, with its primary key 239,000, with all seven 304,000. Tried: the two partial indexes of denials and \
         receipts as one saves 7,000, an index of the entity without its condition 3,000. No log that answers what it is asked comes to 0.85 by itself.",
    ),
    (
        "pg.update.audited",
        "As `pg.insert.audited`: even a log without any index would cost the server a fifth more than the update alone.",
    ),
    (
        "pg.get.enforced",
        "Two round trips, of which BEGIN and SET LOCAL take as long as the read, and a ROLLBACK behind the operation. A function that sets the caller \
         and reads in one round trip was tried, and not kept: see ARCHITECTURE.md. Ending the transaction behind the operation, and not in sqlx's pool, \
         was worth 0.04. To have the next BEGIN end it, in one message, was written too, and worth 0.05 more: not kept, since somebody's transaction \
         would then lie open where others take their connections up.",
    ),
    (
        "pg.insert_many100",
        "The server takes most of it: by hand on a held connection 100 rows take 0.86 of the same with RETURNING, which all give here. Tried: one array \
         for each column (UNNEST) in place of 700 parameters saves 5 to 8 percent, and cannot carry arrays.",
    ),
    (
        "sqlite.update.audited",
        "The same row written by hand, in one transaction, takes 2.2. It is the pages of the log and its indexes that are written and synced: an \
         update, its row and the COMMIT took 247 microseconds as four commands to sqlx's thread, and 242 as one, which could not be cancelled safely.",
    ),
    (
        "sqlite.list50.instructions",
        "1.01 before: SQLite reads a bound LIMIT when it plans, and prepared the list anew each time. What is left is SQLite's, and the copy of each \
         value that sqlx takes from it.",
    ),
    (
        "pg.request5",
        "sqlx alone, on one connection that is held from the first request to the last, takes 0.55: what is left is 5 microseconds an operation. \
         `audited`: two of the five write an audit row each.",
    ),
    (
        "scale.get",
        "Of the ten newest tasks of a hundred users, which are in the server's cache of 64 MB. Of all ten thousand, of which each is somewhere else in \
         the table and in the index, a get took 1.44: 18 microseconds for two pages that the server has to fetch, whoever asks for them.",
    ),
    (
        "compile.entities30",
        "Functions that the compiler makes for one entity: 144 when everything under `get` was compiled for each, now 33, and 22 with FromRow.",
    ),
    (
        "compile.entities30.writes",
        "7.5, or 26 seconds, when lists and writes were compiled for each entity. Now a repository forgets which it is before anything is done: 120 \
         functions for an entity with five operations.",
    ),
];

/// What is to be said of this figure.
pub(super) fn found(name: &str) -> Option<&'static str> {
    FOUND.iter().find(|(figure, _)| name == *figure).map(|(_, text)| *text)
}
