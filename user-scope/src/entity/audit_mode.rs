//! How accesses are recorded: the settings that a pool has and that an entity may override.

/// How writes are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WriteAudit {
    /// The write and its audit row are one atomic act: one statement on PostgreSQL, one transaction on SQLite. What takes
    /// others along is recorded as strictly as any of them asks for.
    #[default]
    Atomic,
    /// The audit row follows through the background writer; a crash in between loses it.
    Background,
    /// Not recorded.
    Off,
}

/// How reads, or denials, are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ReadAudit {
    /// Through the background writer; a crash loses what it has not yet written.
    #[default]
    Background,
    /// Not recorded.
    Off,
}
