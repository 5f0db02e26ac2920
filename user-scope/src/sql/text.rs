//! The text of a statement, which can be put together from nothing but compiled parts.
//!
//! [`SqlText`] takes literal SQL, names that the derive checked, and numbers. A string that is made at run time comes in
//! through [`quoted_name`](SqlText::quoted_name) and [`quoted_text`](SqlText::quoted_text) alone, where statements take no
//! parameters. That is why the one assertion that SQL is safe can stand here.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use crate::backend::Dialect;
use crate::entity::{Entity, Text};

/// A text in the making.
#[derive(Debug)]
pub(crate) struct SqlText {
    text: String,
    dialect: Dialect,
    parameters: usize,
    forgotten: bool,
}

impl SqlText {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { text: String::with_capacity(256), dialect, parameters: 0, forgotten: false }
    }

    pub(crate) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Literal SQL.
    pub(crate) fn sql(&mut self, sql: &'static str) -> &mut Self {
        self.text.push_str(sql);
        self
    }

    /// A name, quoted. The derive lets none pass that holds more than letters, digits and underscores.
    pub(crate) fn name(&mut self, name: &'static str) -> &mut Self {
        let quote = self.dialect.quote();
        self.text.push(quote);
        self.text.push_str(name);
        self.text.push(quote);
        self
    }

    /// A name made of those of a table and its columns, quoted.
    pub(crate) fn name_of(&mut self, entity: &Entity, columns: &[usize]) -> &mut Self {
        let quote = self.dialect.quote();
        self.text.push(quote);
        self.text.push_str(entity.table());
        for column in columns {
            self.text.push('_');
            self.text.push_str(entity.column_name(*column));
        }
        self.text.push(quote);
        self
    }

    /// A checked name as a text literal.
    pub(crate) fn literal(&mut self, name: &'static str) -> &mut Self {
        self.text.push('\'');
        self.text.push_str(name);
        self.text.push('\'');
        self
    }

    /// Any name, quoted, whatever is in it.
    pub(crate) fn quoted_name(&mut self, name: &str) -> &mut Self {
        self.quoted(self.dialect.quote(), name)
    }

    /// Any text as a literal, whatever is in it. On PostgreSQL a backslash is as good as any other character, unless the
    /// server is set otherwise: there the literal says that it escapes.
    pub(crate) fn quoted_text(&mut self, text: &str) -> &mut Self {
        if self.dialect == Dialect::Postgres && text.contains('\\') {
            self.text.push_str(" E");
            return self.quoted('\'', &text.replace('\\', "\\\\"));
        }
        self.quoted('\'', text)
    }

    /// What a catalogue gives as SQL: the definition of a constraint.
    pub(crate) fn as_the_catalogue_writes_it(&mut self, definition: &str) -> &mut Self {
        self.text.push_str(definition);
        self
    }

    /// An expression that a person who administers the database has written in his configuration, who could as well run it
    /// himself.
    #[cfg(feature = "adoption")]
    pub(crate) fn as_the_administrator_writes_it(&mut self, expression: &str) -> &mut Self {
        self.text.push_str(expression);
        self
    }

    /// Doubles the quote where it occurs. No database takes a NUL in a statement.
    fn quoted(&mut self, quote: char, text: &str) -> &mut Self {
        self.text.push(quote);
        for character in text.chars().filter(|character| *character != '\0') {
            if character == quote {
                self.text.push(quote);
            }
            self.text.push(character);
        }
        self.text.push(quote);
        self
    }

    /// The entity's table, with its schema if it names one.
    pub(crate) fn table(&mut self, entity: &Entity) -> &mut Self {
        if let Some(schema) = entity.schema() {
            self.name(schema).sql(".");
        }
        self.name(entity.table())
    }

    pub(crate) fn column(&mut self, entity: &Entity, position: usize) -> &mut Self {
        self.name(entity.column_name(position))
    }

    /// All columns, in the order of the entity.
    pub(crate) fn columns(&mut self, entity: &Entity) -> &mut Self {
        self.list(", ", entity.column_names(), |text, name| {
            text.name(name);
        })
    }

    /// These columns, or all.
    pub(crate) fn selected(&mut self, entity: &Entity, columns: Option<&[usize]>) -> &mut Self {
        match columns {
            Some(columns) => self.list(", ", columns, |text, column| {
                text.column(entity, *column);
            }),
            None => self.columns(entity),
        }
    }

    /// Items with `separator` between them.
    pub(crate) fn list<I: IntoIterator>(
        &mut self,
        separator: &'static str,
        items: I,
        mut write: impl FnMut(&mut Self, I::Item),
    ) -> &mut Self {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.sql(separator);
            }
            write(self, item);
        }
        self
    }

    /// The next parameter: arguments are bound in the order in which their parameters first appear.
    pub(crate) fn parameter(&mut self) -> &mut Self {
        self.parameters += 1;
        self.parameter_again(self.parameters)
    }

    /// A parameter that has appeared before.
    pub(crate) fn parameter_again(&mut self, number: usize) -> &mut Self {
        // Writing to a String cannot fail.
        let _ = write!(self.text, "${number}");
        self
    }

    /// The next parameter of a statement that has hundreds of them, each of which appears once. SQLite looks for a
    /// numbered one among all others before it.
    pub(crate) fn one_of_many(&mut self) -> &mut Self {
        match self.dialect {
            Dialect::Postgres => self.parameter(),
            Dialect::Sqlite => {
                self.parameters += 1;
                self.sql("?")
            }
        }
    }

    /// Writes ` LIMIT $n`. SQLite would plan by the number, and so prepare the statement anew each time that one is bound: a
    /// tenth of what a list of 50 rows costs. It does not look behind a sign.
    pub(crate) fn limit(&mut self) -> &mut Self {
        self.sql(match self.dialect {
            Dialect::Postgres => " LIMIT ",
            Dialect::Sqlite => " LIMIT +",
        });
        self.parameter()
    }

    /// A name of the library's own, which no table and no column of an entity bears.
    pub(crate) fn our(&mut self, name: &'static str) -> &mut Self {
        self.sql("user_scope_").sql(name)
    }

    /// The rows of a numbered part of the statement, as the library calls them.
    pub(crate) fn part(&mut self, number: usize) -> &mut Self {
        let _ = write!(self.text, "user_scope_{number}");
        self
    }

    /// The rows of a numbered part that is a tree.
    pub(crate) fn tree(&mut self, number: usize) -> &mut Self {
        let _ = write!(self.text, "user_scope_tree_{number}");
        self
    }

    /// The rows of a numbered part that lose one parent or several.
    pub(crate) fn lost(&mut self, number: usize) -> &mut Self {
        let _ = write!(self.text, "user_scope_lost_{number}");
        self
    }

    /// A number.
    pub(crate) fn number(&mut self, number: usize) -> &mut Self {
        let _ = write!(self.text, "{number}");
        self
    }

    /// A number that a column can hold.
    pub(crate) fn integer(&mut self, integer: i64) -> &mut Self {
        let _ = write!(self.text, "{integer}");
        self
    }

    /// Counts parameters that were written by number.
    pub(crate) const fn skip_parameters(&mut self, count: usize) -> &mut Self {
        self.parameters += count;
        self
    }

    /// How many parameters there are so far.
    pub(crate) const fn parameters(&self) -> usize {
        self.parameters
    }

    /// Says that this text is unlikely to come again: no connection is to keep it prepared.
    pub(crate) const fn forget(&mut self) {
        self.forgotten = true;
    }

    /// Whether a connection is to keep it prepared.
    pub(crate) const fn keep(&self) -> bool {
        !self.forgotten
    }

    /// The text, to be kept with its entity.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// The text, to be run.
    pub(crate) fn into_sql(self) -> SqlStr {
        assert_safe(self.text)
    }
}

/// The one place that asserts it. What comes here was finished by [`SqlText`] or stands in `schema/`.
fn assert_safe<T>(text: T) -> SqlStr
where
    AssertSqlSafe<T>: SqlSafeStr,
{
    AssertSqlSafe(text).into_sql_str()
}

/// A text that was kept.
impl From<Text> for SqlStr {
    fn from(text: Text) -> Self {
        match text {
            Text::Static(text) => Self::from_static(text),
            Text::Shared(text) => assert_safe(text),
        }
    }
}

/// A script of the library's own, whose placeholders were filled with names of types.
pub(crate) fn script(text: String) -> SqlStr {
    assert_safe(text)
}
