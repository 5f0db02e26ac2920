//! How the SQL of one database differs from that of another.

/// How a database's SQL differs from another's.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    Postgres,
    Sqlite,
}

impl Dialect {
    pub(crate) const COUNT: usize = 2;

    /// SQLite takes a double-quoted name that no column has for a text, silently; it never does so with grave
    /// accents.
    pub(crate) const fn quote(self) -> char {
        match self {
            Self::Postgres => '"',
            Self::Sqlite => '`',
        }
    }

    /// Whether a write and its audit row fit in one statement.
    pub(crate) const fn logs_in_statement(self) -> bool {
        matches!(self, Self::Postgres)
    }

    /// Bind parameters that one statement can have.
    pub(crate) const fn max_parameters(self) -> usize {
        match self {
            Self::Postgres => 65_535,
            Self::Sqlite => 32_766,
        }
    }
}
