//! New rows.

use std::pin::pin;

use super::rowwise::{Rowwise, WrittenRows};
use super::{Access, Act};
use crate::audit::Details;
use crate::backend::Backend;
use crate::error::Result;
use crate::identifier::IdValue;
use crate::observe::observed;
use crate::sql::{self, Binding};

/// Rows to be inserted, at least one.
#[doc(hidden)]
#[expect(missing_debug_implementations, reason = "it holds values")]
pub struct Insertion<'f, DB: Backend> {
    /// How many, if it is a call for many: their number is then on record.
    pub(in crate::repository) many: Option<usize>,
    pub(in crate::repository) parents: Vec<(usize, IdValue)>,
    /// Binds each in turn.
    pub(in crate::repository) new: Binding<'f, DB>,
}

pub(super) async fn insert<DB: Backend>(
    access: Access<'_, DB>,
    insertion: Insertion<'_, DB>,
    written: &mut dyn WrittenRows<DB>,
) -> Result<u64> {
    let operation = if insertion.many.is_some() { "insert_many" } else { "insert" };
    let work = pin!(async { access.write(insertion.prepared(access)?, written).await });
    observed(access.entity().name(), operation, work).await
}

impl<DB: Backend> Insertion<'_, DB> {
    fn prepared<'f>(self, access: Access<'f, DB>) -> Result<Rowwise<'f, DB>> {
        let Self { many, mut parents, mut new } = self;
        if many.is_some() {
            parents.sort_by_key(|(parent, id)| (*parent, id.to_string()));
            parents.dedup();
        }
        let details = Details { rows: many.map(|rows| rows as u64), ..Details::default() };
        let mut act = Act { details, ..Act::creation(parents) };
        let recording = access.recording(&mut act);
        let (reach, record) = (access.reach(), recording.record());
        let statements = match many {
            None => vec![sql::insert(&reach, &mut new, record)],
            Some(rows) => {
                let most = sql::most_rows::<DB>(access.entity());
                let batches = (0..rows).step_by(most).map(|first| most.min(rows - first));
                batches.map(|count| sql::insert_many(&reach, count, &mut new, record)).collect()
            }
        };
        let statements = statements.into_iter().collect::<Result<_, _>>().map_err(|error| access.unbindable(error))?;
        Ok(Rowwise { act, recording, look: None, statements, rows: many.unwrap_or(1) })
    }
}
