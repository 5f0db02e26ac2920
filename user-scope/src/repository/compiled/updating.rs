//! Changes to one row.

use std::pin::pin;

use super::act::valued;
use super::rowwise::{Rowwise, WrittenRows};
use super::{Access, Act};
use crate::backend::Backend;
use crate::entity::ColumnSet;
use crate::error::{Error, Result};
use crate::identifier::{AnyIdentifier, IdValue};
use crate::observe::observed;
use crate::sql::{self, Binding, OneRow, Revision};

/// Changes to be made to a row.
#[doc(hidden)]
#[expect(missing_debug_implementations, reason = "it holds values")]
pub struct Update<'f, DB: Backend> {
    pub(in crate::repository) id: &'f dyn AnyIdentifier,
    /// What is set, `updated_at` among it; not empty.
    pub(in crate::repository) columns: ColumnSet,
    pub(in crate::repository) parents: Vec<(usize, IdValue)>,
    /// The version that they rest on.
    pub(in crate::repository) version: Option<i64>,
    pub(in crate::repository) changes: Binding<'f, DB>,
}

pub(super) async fn update<DB: Backend>(
    access: Access<'_, DB>,
    update: Update<'_, DB>,
    written: &mut dyn WrittenRows<DB>,
) -> Result<u64> {
    let work = pin!(async {
        let version = update.version;
        match access.write(update.prepared(access)?, written).await {
            Err(Error::Stale { .. }) => Err(stale_or_forgotten(access.entity().name(), version)),
            written => written,
        }
    });
    observed(access.entity().name(), "update", work).await
}

impl<'f, DB: Backend> Update<'f, DB> {
    fn prepared(self, access: Access<'f, DB>) -> Result<Rowwise<'f, DB>> {
        let Self { id, columns, parents, version, changes } = self;
        let entity = access.entity();
        let mut act = Act { version, ..Act::revision(entity, Some(id), columns, parents) };
        let recording = access.recording(&mut act);
        let values = valued(entity, columns);
        let row = OneRow { reach: access.reach(), id };
        let recorded = if recording.record().is_beside() { values } else { ColumnSet::EMPTY };
        let look = sql::look(&row, recorded).map_err(|error| access.unbindable(error))?;
        let revision = Revision { columns, values, changes };
        let update = sql::update(&row, revision, version, recording.record());
        let statements = vec![update.map_err(|error| access.unbindable(error))?];
        Ok(Rowwise { act, recording, look, statements, rows: 1 })
    }
}

/// Why the row has another version than an update rests on. A row that another program made may well have version 0, and is
/// then updated like any other.
pub(in crate::repository) const fn stale_or_forgotten(entity: &'static str, version: Option<i64>) -> Error {
    if matches!(version, Some(0)) { Error::NoVersion { entity } } else { Error::Stale { entity } }
}
