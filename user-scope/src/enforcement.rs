//! What keeps users apart: the predicate alone, or the database as well; and what lies between, on the way there.

/// What keeps users apart, beside the owner that stands in every statement.
///
/// | | a read | an audited write | a mistake in raw SQL |
/// |---|---|---|---|
/// | `Predicate` | 1 round trip | 1 | shows every user's rows |
/// | `Announced` | 2 | 3 | as far as the database is: before it listens, every user's rows |
/// | `Database` | 2 | 3 | shows the caller's rows, or none |
///
/// It has to fit the database: under row-level security a pool that does not say who is asking would see nothing, and one
/// that says so where nobody listens would promise what is not kept. Both are refused when the pool is built, or else at
/// its first operation, by [`Error::Isolation`](crate::Error::Isolation).
///
/// On SQLite there is no row-level security, and both are the same: its triggers refuse a change of owner and a foreign
/// parent under either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Enforcement {
    /// The owner in every statement, and nothing beside it.
    #[default]
    Predicate,
    /// Says in each transaction who is asking, as `Database` does, whether the database listens yet or not, and promises no more
    /// than `Predicate`. It is for the time in which a database in use [comes under isolation](crate::guide::adoption): a pool
    /// that was started before row-level security is switched on goes on without an error when it is.
    Announced,
    /// The same statements, each in a transaction that tells the database who is asking, by `SET LOCAL`. For tables that
    /// are isolated; see [`Isolation`](crate::Isolation).
    Database,
}

impl Enforcement {
    /// Whether each operation is in a transaction that says who is asking.
    pub(crate) const fn announces(self) -> bool {
        !matches!(self, Self::Predicate)
    }
}
