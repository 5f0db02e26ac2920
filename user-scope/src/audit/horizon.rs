//! How far into the log one can look now and miss nothing that still may appear.

use crate::backend::Backend;
use crate::lease::Lease;
use crate::sql::{self, Horizon, Position, Span};

/// What has appeared since `from`; `None` if that cannot be told yet. What is read after it holds all of it.
pub(super) async fn since<DB: Backend>(lease: &mut Lease<DB>, from: Position) -> sqlx::Result<Option<Span>> {
    let span = read(lease, from).await?;
    Ok((!span.is_unclear()).then_some(span))
}

/// The same, be it clear or not.
pub(super) async fn read<DB: Backend>(lease: &mut Lease<DB>, from: Position) -> sqlx::Result<Span> {
    let to = asked(lease, Some(&from.epoch)).await?;
    Ok(Span { from, to })
}

/// How far one can come, whatever one has come by; without what was restored.
#[cfg(feature = "seals")]
pub(super) async fn now<DB: Backend>(lease: &mut Lease<DB>) -> sqlx::Result<Horizon> {
    asked(lease, None).await
}

async fn asked<DB: Backend>(lease: &mut Lease<DB>, known: Option<&str>) -> sqlx::Result<Horizon> {
    let query = sql::horizon::<DB>(known).map_err(sqlx::Error::Encode)?;
    let row = DB::fetch_optional(lease.connection(), query).await?.ok_or(sqlx::Error::RowNotFound)?;
    Ok(Horizon {
        epoch: DB::get_text(&row, 0)?.unwrap_or_default(),
        oldest_open: DB::get_integer(&row, 1)?,
        next: DB::get_integer(&row, 2)?,
        restored: DB::get_integer(&row, 3)?,
        clock: DB::get_integer(&row, 4)?,
    })
}
