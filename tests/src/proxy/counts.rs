//! What a client asked of the server, in numbers.

/// Numbers of messages and round trips, and the statements' texts in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// How often the client asked for work and waited: simple queries, and syncs after at least one message
    /// of the extended protocol.
    pub round_trips: u64,
    /// Syncs with nothing before them, which is how sqlx pings.
    pub pings: u64,
    /// Statements prepared.
    pub parses: u64,
    /// Values bound to a prepared statement.
    pub binds: u64,
    /// Executions of what was bound.
    pub executes: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Texts sent as simple queries.
    pub queries: Vec<String>,
    /// Texts sent to be prepared.
    pub parsed: Vec<String>,
}

impl Counts {
    /// What came after `earlier`, which the same proxy gave before.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            round_trips: self.round_trips - earlier.round_trips,
            pings: self.pings - earlier.pings,
            parses: self.parses - earlier.parses,
            binds: self.binds - earlier.binds,
            executes: self.executes - earlier.executes,
            connections: self.connections - earlier.connections,
            queries: self.queries[earlier.queries.len()..].to_vec(),
            parsed: self.parsed[earlier.parsed.len()..].to_vec(),
        }
    }
}
