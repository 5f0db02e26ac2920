//! One link of the chain: how it is signed, and what is wrong with one that was not.

use super::canonical::{Hash, link_hash};
use super::hex::{from_hex, to_hex};
use super::key::{PublicSealKey, SealKey};
use crate::backend::Backend;
use crate::sql::{Link, Position};

/// That these rows were in the log.
pub(super) const ROWS: &str = "rows";
/// That these were taken out of it by who has the key.
pub(super) const PURGE: &str = "purge";

/// What is before the first link.
pub(super) fn beginning() -> String {
    to_hex(&Hash::default())
}

/// What is wrong with a link by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It was changed since.
    Changed,
    /// Somebody else has written it.
    Forged,
}

impl Link {
    pub(super) fn read<DB: Backend>(row: &DB::Row) -> sqlx::Result<Self> {
        let text = |position| DB::get_text(row, position)?.ok_or_else(|| sqlx::Error::Decode("NULL in a seal".into()));
        let number = |position| DB::get_integer(row, position);
        Ok(Self {
            number: number(0)?,
            kind: text(1)?,
            ids: text(2)?,
            digest: text(3)?,
            oldest: number(4)?,
            newest: number(5)?,
            sealed_at: number(6)?,
            epoch: text(7)?,
            position: number(8)?,
            horizon: number(9)?,
            last_id: number(10)?,
            floor: number(11)?,
            previous: text(12)?,
            hash: text(13)?,
            signature: text(14)?,
        })
    }

    /// How far the log was sealed by it.
    pub(super) fn reached(&self) -> Position {
        Position { epoch: self.epoch.clone(), position: self.position, last_id: self.last_id, floor: self.floor }
    }

    pub(super) fn sign(mut self, key: &SealKey) -> Self {
        let hash = link_hash(&self);
        self.hash = to_hex(&hash);
        self.signature = to_hex(&key.sign(&hash));
        self
    }

    /// By which of the keys it was signed, counted from the newest on.
    pub(super) fn check(&self, key: &PublicSealKey) -> Result<usize, Fault> {
        let hash = link_hash(self);
        if from_hex(&self.hash) != Some(hash) {
            return Err(Fault::Changed);
        }
        key.signer(&hash, &self.signature).ok_or(Fault::Forged)
    }
}
