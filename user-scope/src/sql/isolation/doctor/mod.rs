//! What the doctor asks. On PostgreSQL each question is about all tables at once, so that a look costs a few round trips;
//! the answers name the kind of finding, the object, what is said of it, and what mends it.

use sqlx::SqlStr;

use super::catalogue::Question;
use super::{Table, TableName};
use crate::backend::{Backend, Dialect};
use crate::identifier::IdKind;
use crate::sql::{SqlText, schema};

/// The first part of every question: the tables and the login.
macro_rules! of_given {
    ($file:literal, $columns:literal) => {
        Question { text: concat!(include_str!("given.sql"), include_str!($file)), columns: $columns }
    };
}

/// What is wrong with the login, and the roles around it.
pub(crate) const LOGIN: Question = of_given!("login.sql", 4);
/// What is wrong with the tables, beside what isolation writes there.
pub(crate) const TABLES: Question = of_given!("tables.sql", 4);
/// What reaches the tables from elsewhere.
pub(crate) const REACH: Question = of_given!("reach.sql", 4);
/// What isolation may have written, as PostgreSQL prints it: kind, table, name, whether it counts, definition. And, of the
/// kind `readable`, the tables that the login may read at all, and whether policies hold for it there.
pub(crate) const DEFINITIONS: Question = of_given!("definitions.sql", 5);

/// Begins a look. It changes nothing, and what filters is to filter, whatever was set before.
pub(crate) fn begin() -> SqlStr {
    SqlStr::from_static("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = on")
}

/// The place of each table that shows a row. Nobody has said who he is.
pub(crate) fn probe(tables: &[&str]) -> String {
    let mut text = SqlText::new(Dialect::Postgres);
    text.sql("SELECT string_agg(place, chr(31)) FROM (");
    text.list(" UNION ALL ", tables.iter().enumerate(), |text, (place, table)| {
        text.sql("SELECT '").number(place).sql("' AS place WHERE EXISTS (SELECT FROM ");
        text.as_the_catalogue_writes_it(table).sql(")");
    });
    text.sql(") AS seen");
    text.finish()
}

/// A row that holds nothing, so that its columns' types are told, whoever asks and whatever is in the table.
pub(crate) fn a_row_of_nulls(table: &TableName, columns: &[&str]) -> String {
    let mut text = SqlText::new(Dialect::Postgres);
    text.sql("SELECT ").list(", ", columns, |text, column| {
        text.sql("t.").quoted_name(column);
    });
    text.sql(" FROM (SELECT) AS one LEFT JOIN ");
    table.write(&mut text);
    text.sql(" AS t ON false");
    text.finish()
}

/// Makes a column of text of one that is nearly that, or nothing: whatever else a column holds, a person decides what is to
/// become of it.
pub(crate) fn as_text(table: &TableName, column: &str, found: &str, expected: &str) -> String {
    let is_text = ["character varying", "character", "name"].contains(&found) && expected.eq_ignore_ascii_case("text");
    if !is_text {
        return String::new();
    }
    let mut text = SqlText::new(Dialect::Postgres);
    text.sql("ALTER TABLE ");
    table.write(&mut text);
    text.sql(" ALTER COLUMN ").quoted_name(column).sql(" TYPE text");
    text.finish()
}

/// A definition, by what it means: PostgreSQL prints more parentheses and casts than anybody writes, and its own case.
pub(crate) fn meaning(definition: &str) -> String {
    let plain = definition.to_lowercase().replace(['(', ')', '"', ';'], "");
    let words: String = plain.split_whitespace().collect();
    let casts = ["::text", "::charactervarying", "::bpchar"];
    let words = casts.into_iter().fold(words, |words, cast| words.replace(cast, ""));
    words.replace("<>allarray[", "notin").replace(']', "")
}

/// Switches a trigger on.
pub(crate) fn enable_trigger(table: &TableName, trigger: &str) -> String {
    let mut text = SqlText::new(Dialect::Postgres);
    text.sql("ALTER TABLE ");
    table.write(&mut text);
    text.sql(" ENABLE TRIGGER ").quoted_name(trigger);
    text.finish()
}

/// Makes the log anew where it was, though the library's table of steps says that it is there.
pub(crate) fn log_again<DB: Backend>(owner: IdKind) -> String {
    let steps = schema::pending(DB::DIALECT, owner, 0);
    let forget = "DELETE FROM user_scope_schema";
    let texts = [schema::begin(DB::DIALECT), forget].into_iter().chain(steps.iter().map(|step| step.as_str()));
    texts.collect::<Vec<_>>().join(";\n")
}

/// The columns of a SQLite table that an insert has to fill.
pub(crate) const SQLITE_FILLED: Question = Question {
    text: "SELECT name FROM pragma_table_info($1) WHERE \"notnull\" AND dflt_value IS NULL AND pk = 0",
    columns: 1,
};

/// The names of triggers on a SQLite table, and how they were written.
pub(crate) const SQLITE_TRIGGERS: Question = Question {
    text: "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = $1 COLLATE NOCASE",
    columns: 2,
};

/// Whether the connection looks at foreign keys.
pub(crate) const SQLITE_KEYS_COUNT: Question = Question {
    text: "SELECT CASE foreign_keys WHEN 1 THEN 'true' ELSE 'false' END FROM pragma_foreign_keys",
    columns: 1,
};

/// Whether SQLite's table of transfers says that one is under way, which only a transaction may say.
pub(crate) const SQLITE_TRANSFER: Question = Question { text: "SELECT 'true' FROM user_scope_transfer", columns: 1 };

/// The columns of a table's primary key.
pub(crate) const fn primary_key(dialect: Dialect) -> Question {
    let text = match dialect {
        Dialect::Postgres => {
            "SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid \
             AND a.attnum = ANY (i.indkey::int2[]) WHERE i.indisprimary AND i.indrelid = to_regclass($1) ORDER BY a.attnum"
        }
        Dialect::Sqlite => "SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk",
    };
    Question { text, columns: 1 }
}

/// The tables as the questions to PostgreSQL take them: names, owners, ids.
pub(crate) fn given(tables: &[(TableName, &Table)]) -> [String; 3] {
    let joined =
        |part: &dyn Fn(&(TableName, &Table)) -> String| tables.iter().map(part).collect::<Vec<_>>().join("\u{1f}");
    [
        joined(&|(name, _)| name.quoted()),
        joined(&|(_, table)| table.owner.clone()),
        joined(&|(_, table)| table.id.clone()),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::roles::BESIDE_THE_LOG;
    use super::meaning;

    #[test]
    fn what_system_mode_has_beside_the_log_is_the_same_for_who_grants_it_and_for_who_looks() {
        let looked = include_str!("tables.sql");
        for (table, privileges) in BESIDE_THE_LOG {
            assert!(looked.contains(&format!("('{table}', '{{{}}}'", privileges.join(","))), "{table}");
        }
    }

    #[test]
    fn what_postgresql_prints_means_what_was_written() {
        let written = r#"CREATE POLICY "p" ON "public"."t" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid)"#;
        let printed = "CREATE POLICY p ON public.t USING (user_id = (NULLIF(current_setting('user_scope.user_id'::text, true), ''::text))::uuid)";
        assert_eq!(meaning(written), meaning(printed));
        let widened = printed.replace("::uuid)", "::uuid OR title = 'public')");
        assert_ne!(meaning(written), meaning(&widened));
    }
}
