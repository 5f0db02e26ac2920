//! The changes of a schema that SQLite is guarded by. It knows no caller: triggers keep an owner fixed and refuse a foreign
//! parent, whoever writes. Whoever may run any SQL may also drop a trigger; this stops mistakes.

use super::catalogue::Question;
use super::{Change, Parent, Table};
use crate::backend::Dialect;
use crate::identifier::IdKind;
use crate::sql::SqlText;

/// Holds a row while a transfer is under way, in the transaction of the transfer: then owners may change. To drop the
/// triggers for it, as one could, would make every connection prepare all its statements again.
pub(crate) const TRANSFER: &str = "user_scope_transfer";

/// Whether there are triggers that have to be told of a transfer.
pub(crate) const IS_TOLD: Question = Question {
    text: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'user_scope_transfer'",
    columns: 1,
};

/// Says that a transfer is under way, …
pub(crate) const BEGIN_TRANSFER: &str = "INSERT INTO user_scope_transfer VALUES (1)";
/// … and that it has come to its end: in the same transaction, so that nobody else ever sees it.
pub(crate) const END_TRANSFER: &str = "DELETE FROM user_scope_transfer";

/// How every refusal by a trigger begins, …
pub(crate) const REFUSAL: &str = "user_scope: ";
/// … and how those end that the library has an error for.
pub(crate) const NO_PARENT: &str = "names a parent that does not exist";
pub(crate) const TAKEN: &str = "exists already";

/// How the refusal of a key of these columns ends.
pub(crate) fn taken<S: AsRef<str>>(key: &[S]) -> String {
    let columns: Vec<_> = key.iter().map(AsRef::as_ref).collect();
    format!("with the same {} {TAKEN}", columns.join(", "))
}

fn write(sql: impl FnOnce(&mut SqlText)) -> String {
    let mut text = SqlText::new(Dialect::Sqlite);
    sql(&mut text);
    text.finish()
}

/// The table that tells of a transfer.
pub(crate) fn transfers() -> Change {
    Change {
        sql: "CREATE TABLE user_scope_transfer (under_way INTEGER PRIMARY KEY CHECK (under_way = 1))".to_owned(),
        undo: "DROP TABLE user_scope_transfer".to_owned(),
    }
}

/// The index by which an owner's rows are found.
pub(crate) fn owner_index(table: &Table) -> Change {
    let name = name(table, "owner");
    let sql = write(|text| {
        text.sql("CREATE INDEX ").quoted_name(&name).sql(" ON ").quoted_name(&table.name.name);
        text.sql(" (").quoted_name(&table.owner);
        if !table.id.is_empty() {
            text.sql(", ").quoted_name(&table.id);
        }
        text.sql(")");
    });
    let undo = write(|text| {
        text.sql("DROP INDEX ").quoted_name(&name);
    });
    Change { sql, undo }
}

/// Every row has an owner, whatever the column allows.
pub(crate) fn has_owner(table: &Table, event: Event) -> (String, Change) {
    trigger(table, event, "owner", &format!("a row of {} needs an owner", table.name), |text| {
        text.sql("NEW.").quoted_name(&table.owner).sql(" IS NULL");
    })
}

/// Nobody but a transfer gives a row away.
pub(crate) fn fixed_owner(table: &Table) -> (String, Change) {
    trigger(table, Event::Update, "fixed", &format!("the owner of a row of {} is fixed", table.name), |text| {
        text.sql("NEW.").quoted_name(&table.owner).sql(" IS NOT OLD.").quoted_name(&table.owner);
        no_transfer(text);
    })
}

/// A row never takes the place of another's that has the same key: OR REPLACE would delete that without a word. Keys that
/// hold the owner need nothing.
pub(crate) fn foreign_key_taken(table: &Table, event: Event, number: usize, key: &[String]) -> (String, Change) {
    trigger(table, event, &format!("taken_{number}"), &format!("a row of {} {}", table.name, taken(key)), |text| {
        text.sql("EXISTS (SELECT 1 FROM ").quoted_name(&table.name.name).sql(" AS user_scope_other WHERE ");
        text.list(" AND ", key, |text, column| {
            text.sql("user_scope_other.").quoted_name(column).sql(" = NEW.").quoted_name(column);
        });
        text.sql(" AND user_scope_other.").quoted_name(&table.owner).sql(" IS NOT NEW.").quoted_name(&table.owner);
        if event == Event::Update {
            // The row itself, whose owner a transfer changes.
            text.sql(" AND NOT (").list(" AND ", key, |text, column| {
                text.sql("OLD.").quoted_name(column).sql(" IS NEW.").quoted_name(column);
            });
            text.sql(")");
        }
        text.sql(")");
    })
}

/// A child's parent has the child's owner. In a transfer the keys look at it when all have moved.
pub(crate) fn own_parent(table: &Table, event: Event, parent: &Parent) -> (String, Change) {
    let what = format!("a row of {} {NO_PARENT}", table.name);
    trigger(table, event, &format!("parent_{}", parent.column), &what, |text| {
        has_foreign_parent(text, "NEW", table, parent);
        if event == Event::Update {
            // What is there already is not asked again.
            text.sql(" AND (NEW.").quoted_name(&parent.column).sql(" IS NOT OLD.").quoted_name(&parent.column);
            text.sql(" OR NEW.").quoted_name(&table.owner).sql(" IS NOT OLD.").quoted_name(&table.owner).sql(")");
        }
        no_transfer(text);
    })
}

/// The row's parent is there for nobody, or for another.
fn has_foreign_parent(text: &mut SqlText, row: &'static str, table: &Table, parent: &Parent) {
    text.sql(row).sql(".").quoted_name(&parent.column).sql(" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ");
    text.quoted_name(&parent.table.name).sql(" AS user_scope_parent WHERE user_scope_parent.");
    text.quoted_name(&parent.id).sql(" = ").sql(row).sql(".").quoted_name(&parent.column).sql(" AND ");
    as_text(text, parent.owner_kind, table.owner_kind, |text| {
        text.sql("user_scope_parent.").quoted_name(&parent.owner);
    });
    text.sql(" = ");
    as_text(text, table.owner_kind, parent.owner_kind, |text| {
        text.sql(row).sql(".").quoted_name(&table.owner);
    });
    text.sql(")");
}

/// How many rows have no owner.
pub(crate) fn rows_without_owner(table: &Table) -> String {
    write(|text| {
        text.sql("SELECT CAST(count(*) AS TEXT) FROM ").quoted_name(&table.name.name).sql(" WHERE ");
        text.quoted_name(&table.owner).sql(" IS NULL");
    })
}

/// How many rows have a parent that is nobody's, or another's.
pub(crate) fn rows_with_foreign_parent(table: &Table, parent: &Parent) -> String {
    write(|text| {
        text.sql("SELECT CAST(count(*) AS TEXT) FROM ").quoted_name(&table.name.name).sql(" AS user_scope_row WHERE ");
        has_foreign_parent(text, "user_scope_row", table, parent);
    })
}

/// When a trigger looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Insert,
    Update,
}

impl Event {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Insert => (" BEFORE INSERT ON ", "insert"),
            Self::Update => (" BEFORE UPDATE ON ", "update"),
        }
    }
}

fn no_transfer(text: &mut SqlText) {
    text.sql(" AND NOT EXISTS (SELECT 1 FROM ").name(TRANSFER).sql(")");
}

/// A UUID that one table holds as bytes and the other as text.
pub(crate) fn as_text(text: &mut SqlText, kind: IdKind, other: IdKind, column: impl Fn(&mut SqlText)) {
    if kind == IdKind::Uuid && other == IdKind::Text {
        text.sql("lower(");
        for (index, (from, length)) in
            [("1", "8"), ("9", "4"), ("13", "4"), ("17", "4"), ("21", "12")].into_iter().enumerate()
        {
            text.sql(if index > 0 { " || '-' || substr(hex(" } else { "substr(hex(" });
            column(text);
            text.sql("), ").sql(from).sql(", ").sql(length).sql(")");
        }
        text.sql(")");
    } else {
        column(text);
    }
}

/// A trigger that refuses what the condition says. ABORT takes back the whole statement, whatever its OR says.
fn trigger(
    table: &Table,
    event: Event,
    what: &str,
    message: &str,
    condition: impl FnOnce(&mut SqlText),
) -> (String, Change) {
    let (when, verb) = event.words();
    let name = name(table, &format!("{what}_{verb}"));
    let sql = write(|text| {
        text.sql("CREATE TRIGGER ").quoted_name(&name).sql(when).quoted_name(&table.name.name).sql(" WHEN ");
        condition(text);
        text.sql(" BEGIN SELECT RAISE(ABORT, ").quoted_text(&format!("{REFUSAL}{message}")).sql("); END");
    });
    let undo = write(|text| {
        text.sql("DROP TRIGGER ").quoted_name(&name);
    });
    (name, Change { sql, undo })
}

/// Triggers and indexes share one space of names.
pub(crate) fn name(table: &Table, what: &str) -> String {
    format!("user_scope_{}_{what}", table.name.name)
}
