//! Reads: one row, whether it is there, rows by a condition and what they come to.

use std::pin::pin;

use sqlx::Database;
use sqlx::error::BoxDynError;

use super::Access;
use crate::audit::{Details, Operation};
use crate::backend::{Backend, Query};
use crate::entity::Entity;
use crate::error::{Doing, Error, Result};
use crate::identifier::AnyIdentifier;
use crate::observe::{Rows, observed};
use crate::session::Session;
use crate::sql::{self, OneRow, Selection};

/// Reads rows into what they are, and tells what was found.
pub(crate) type Reader<'f, DB> = &'f mut (dyn FnMut(&[<DB as Database>::Row]) -> sqlx::Result<Found> + Send);

/// What rows were read as.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Found {
    /// So many rows.
    Rows(usize),
    /// What so many rows come to; none of them was given.
    Counted(u64),
    /// The same, and it is no number.
    NotFinite(u64),
}

/// What is asked of the rows for which a condition holds.
#[doc(hidden)]
#[derive(Debug)]
pub struct Question<'f> {
    pub(in crate::repository) operation: &'static str,
    pub(in crate::repository) wanted: Wanted<'f>,
    pub(in crate::repository) selection: Selection,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'f> {
    /// The rows, with these columns, or all.
    Rows(Option<&'f [usize]>),
    Count,
    CountBy(usize),
    Sum {
        column: usize,
        as_float: bool,
    },
}

impl Rows for Found {
    fn rows(&self) -> u64 {
        match self {
            Self::Rows(rows) => *rows as u64,
            Self::Counted(rows) | Self::NotFinite(rows) => *rows,
        }
    }
}

pub(super) async fn find<DB: Backend>(
    access: Access<'_, DB>,
    id: &dyn AnyIdentifier,
    read: Reader<'_, DB>,
) -> Result<Option<()>> {
    let row = OneRow { reach: access.reach(), id };
    let work = pin!(one(access, row, sql::get(&row), read));
    observed(access.entity().name(), "get", work).await
}

pub(super) async fn exists<DB: Backend>(access: Access<'_, DB>, id: &dyn AnyIdentifier) -> Result<bool> {
    let row = OneRow { reach: access.reach(), id };
    // Of a row that is there nothing need be read.
    let mut nothing = |_: &[DB::Row]| Ok(Found::Rows(1));
    let work = pin!(async { Ok(one(access, row, sql::exists(&row), &mut nothing).await?.is_some()) });
    observed(access.entity().name(), "exists", work).await
}

async fn one<DB: Backend>(
    access: Access<'_, DB>,
    row: OneRow<'_, DB>,
    query: Result<Query<DB>, BoxDynError>,
    read: Reader<'_, DB>,
) -> Result<Option<()>> {
    let query = query.map_err(|error| access.unbindable(error))?;
    let mut session = access.session().await?;
    let found = match DB::fetch_optional(session.connection(), query).await {
        Ok(found) => found,
        Err(error) => return Err(access.failed(session, Doing::Reading, error)),
    };
    let read = found.as_ref().map(|found| read(std::slice::from_ref(found)).map(drop)).transpose();
    let trace = match found {
        Some(_) => access.read(Operation::Read, Some(row.id), Details::default()),
        None => access.missed(Operation::Read, &mut [(access.entity(), row.id.to_id_value())].into_iter()),
    };
    session.conclude(trace, access.audit).await;
    read.map_err(|error| access.unreadable(error))
}

pub(super) async fn read<DB: Backend>(
    access: Access<'_, DB>,
    question: Question<'_>,
    read: Reader<'_, DB>,
) -> Result<Found> {
    let work = pin!(async {
        let statement = question.statement(access)?;
        run(access, statement, read).await
    });
    observed(access.entity().name(), question.operation, work).await
}

impl Question<'_> {
    pub(in crate::repository) fn statement<DB: Backend>(&self, access: Access<'_, DB>) -> Result<Query<DB>> {
        let Self { selection, .. } = self;
        access.check_depth(selection.filter.as_ref())?;
        let reach = access.reach();
        access.sendable(match self.wanted {
            Wanted::Rows(columns) => sql::list(&reach, columns, selection),
            Wanted::Count => sql::count(&reach, selection),
            Wanted::CountBy(column) => sql::count_by(&reach, selection, column),
            Wanted::Sum { column, as_float } => sql::sum(&reach, selection, column, as_float),
        })
    }
}

/// Runs a statement that gives rows, reads them, and leaves the trace of it.
pub(super) async fn run<DB: Backend>(
    access: Access<'_, DB>,
    statement: Query<DB>,
    read: Reader<'_, DB>,
) -> Result<Found> {
    let mut session: Session<'_, DB> = access.session().await?;
    let rows = match DB::fetch_all(session.connection(), statement).await {
        Ok(rows) => rows,
        Err(error) => return Err(access.failed(session, Doing::Reading, error)),
    };
    let result = read(&rows);
    let trace = match &result {
        Ok(Found::Counted(rows) | Found::NotFinite(rows)) => {
            let details = Details { rows: Some(0), counted: Some(*rows), ..Details::default() };
            access.read(Operation::List, None, details)
        }
        Ok(found @ Found::Rows(_)) => access.listed(Some(found.rows())),
        Err(_) => access.listed(None),
    };
    session.conclude(trace, access.audit).await;
    match result {
        Ok(Found::NotFinite(_)) => Err(not_finite(access.entity())),
        other => other.map_err(|error| access.unreadable(error)),
    }
}

pub(in crate::repository) fn not_finite(entity: &Entity) -> Error {
    let source = sqlx::Error::InvalidArgument("the sum is no finite number".into()).into();
    Error::Rejected { entity: entity.name(), source }
}
