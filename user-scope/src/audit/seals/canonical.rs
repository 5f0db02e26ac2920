//! A row of the log, or a link of the chain, as the bytes of which a hash is taken: each field at its place, with its length before
//! it, so that no two contents come to the same bytes.

use sha2::{Digest as _, Sha256};

use crate::backend::{Backend, Dialect};
use crate::sql::Link;

pub(super) type Hash = [u8; 32];

/// What is hashed is told apart by these, and another layout will have another number.
const ROW: &str = "user-scope row of the audit log 1";
const LINK: &str = "user-scope seal 1";

/// How many columns of a row are hashed beside its id.
const FIELDS: usize = 9;

/// A row of the log, as `sql::select_sealable` gives it.
#[derive(Debug)]
pub(super) struct SealableRow {
    pub(super) id: i64,
    /// Its time, in microseconds since 1970.
    pub(super) time: i64,
    fields: [Option<String>; FIELDS],
}

impl SealableRow {
    pub(super) fn read<DB: Backend>(row: &DB::Row) -> sqlx::Result<Self> {
        let mut fields = [const { None }; FIELDS];
        for (position, field) in fields.iter_mut().enumerate() {
            *field = DB::get_text(row, position + 2)?;
        }
        Ok(Self { id: DB::get_integer(row, 0)?, time: DB::get_integer(row, 1)?, fields })
    }

    /// Which transaction wrote it; on SQLite, where ids are in the order of transactions, its id.
    pub(super) fn transaction(&self) -> i64 {
        match self.fields.last() {
            // Greater than any that is: somebody has put it there.
            Some(Some(number)) => number.parse().unwrap_or(i64::MAX),
            _ => self.id,
        }
    }

    pub(super) fn hash(&self, dialect: Dialect) -> Hash {
        let mut hash = Sha256::new();
        text(&mut hash, ROW);
        hash.update([match dialect {
            Dialect::Postgres => 1,
            Dialect::Sqlite => 2,
        }]);
        hash.update(self.id.to_be_bytes());
        for field in &self.fields {
            match field {
                None => hash.update([0]),
                Some(field) => {
                    hash.update([1]);
                    text(&mut hash, field);
                }
            }
        }
        hash.finalize().into()
    }
}

/// Of all that a link says, that which was before it among it.
pub(super) fn link_hash(link: &Link) -> Hash {
    let mut hash = Sha256::new();
    text(&mut hash, LINK);
    hash.update(link.number.to_be_bytes());
    for field in [&link.kind, &link.ids, &link.digest, &link.epoch, &link.previous] {
        text(&mut hash, field);
    }
    let numbers = [link.oldest, link.newest, link.sealed_at, link.position, link.horizon, link.last_id, link.floor];
    for number in numbers {
        hash.update(number.to_be_bytes());
    }
    hash.finalize().into()
}

fn text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
}
