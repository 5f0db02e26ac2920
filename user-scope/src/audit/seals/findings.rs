//! What verification can find, each with the rows that it is about.

use std::fmt;

use super::ids::LogIds;
use crate::entity::Moment;

/// The rows that one seal covers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SealedRange {
    /// The seal's number in the chain, from 1 on.
    pub number: i64,
    /// The first id that it covers, and the last.
    pub ids: (i64, i64),
    /// The time of the oldest of its rows.
    pub oldest: Moment,
    /// The time of the newest.
    pub newest: Moment,
    /// When it was made.
    pub sealed_at: Moment,
}

impl fmt::Display for SealedRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, ids: (first, last), oldest, newest, sealed_at } = self;
        write!(f, "seal {number} of {sealed_at}, over the ids {first} to {last}, recorded from {oldest} to {newest}")
    }
}

/// Something that is not as it was sealed. It prints as a sentence that names the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealFinding {
    /// All rows of a seal are there, and at least one of them is not what it was.
    RowsChanged(SealedRange),
    /// Rows that were sealed are not there, and nobody who has the key has purged them. Of the others under the same seal nothing
    /// can be proven.
    RowsRemoved {
        /// Their seal.
        seal: SealedRange,
        /// Which.
        ids: LogIds,
    },
    /// Rows that no seal covers, and that are too old not to be sealed, or of a transaction that has not been yet.
    RowsInserted {
        /// Which.
        ids: LogIds,
    },
    /// Rows whose ids occur more than once.
    RowsRepeated {
        /// Which ids.
        ids: LogIds,
    },
    /// Rows that bear a time before their transaction began to write.
    RowsBackdated {
        /// Which.
        ids: LogIds,
    },
    /// Of the rows of a seal, which were purged, some are there.
    RowsBackAfterPurge(SealedRange),
    /// Seals that are not there, though later ones are.
    SealsMissing {
        /// The number of the first.
        first: i64,
        /// The number of the last.
        last: i64,
    },
    /// A seal that is not what was written, or cannot be read.
    SealChanged {
        /// Its number.
        number: i64,
    },
    /// A seal that is signed by none of the keys that were given.
    SealForged {
        /// Its number.
        number: i64,
    },
    /// A seal that does not follow upon the one before it.
    SealOutOfOrder {
        /// Its number.
        number: i64,
    },
    /// Rows that two seals cover.
    SealedTwice {
        /// The number of the later seal.
        number: i64,
        /// Which rows.
        ids: LogIds,
    },
    /// The seal that was exported is not in the chain: the log's end was removed, or all of it replaced by an older one.
    TailRemoved {
        /// The number of the exported seal.
        number: i64,
        /// When it was made.
        sealed_at: Moment,
    },
    /// The log, or the table of seals, is something that can show what is not stored, or hide what is.
    NotAsStored {
        /// Which, and what it is.
        what: String,
    },
    /// The exported seal is signed by none of the keys that were given: it is not of this log, or was forged.
    ExportForged {
        /// The number that it bears.
        number: i64,
    },
}

impl fmt::Display for SealFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RowsChanged(seal) => write!(f, "a row was changed, or rows were swapped, under {seal}"),
            Self::RowsRemoved { seal, ids } => write!(f, "rows were removed: the ids {ids}, under {seal}"),
            Self::RowsInserted { ids } => {
                write!(
                    f,
                    "rows were inserted: the ids {ids}, which no seal covers, are not of a transaction that could be new"
                )
            }
            Self::RowsRepeated { ids } => write!(f, "rows were inserted: the ids {ids} occur more than once"),
            Self::RowsBackdated { ids } => {
                write!(
                    f,
                    "rows bear a false time: the ids {ids} were written after a seal, and say that they are older than it"
                )
            }
            Self::RowsBackAfterPurge(seal) => {
                write!(f, "rows are back that were purged, or are purged in part, under {seal}")
            }
            Self::SealsMissing { first, last } if first == last => write!(f, "seal {first} was removed"),
            Self::SealsMissing { first, last } => write!(f, "the seals {first} to {last} were removed"),
            Self::SealChanged { number } => write!(f, "seal {number} was changed"),
            Self::SealForged { number } => write!(f, "seal {number} is not signed with the key"),
            Self::SealOutOfOrder { number } => write!(f, "seal {number} does not follow upon the one before it"),
            Self::SealedTwice { number, ids } => {
                write!(f, "seal {number} covers rows that an earlier one covers: the ids {ids}")
            }
            Self::TailRemoved { number, sealed_at } => write!(
                f,
                "the end of the log was removed: seal {number} of {sealed_at}, which was exported, is not in the chain"
            ),
            Self::NotAsStored { what } => write!(f, "what is shown need not be what is stored: {what}"),
            Self::ExportForged { number } => {
                write!(f, "the exported seal, number {number}, is not signed with the key")
            }
        }
    }
}
