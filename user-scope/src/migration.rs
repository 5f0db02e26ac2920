//! Bringing the library's own tables up to date. The SQL stands in `sql::schema`.

use std::pin::pin;

use sqlx::SqlStr;

use crate::backend::{Backend, Pooling, Query};
use crate::error::{Doing, Error, Result};
use crate::identifier::IdKind;
use crate::lease::Lease;
use crate::observe::observed;
use crate::shelf::Shelf;
use crate::sql::{self, schema};

pub(crate) async fn run<DB: Backend>(shelf: &Shelf<DB>, pooling: Pooling, owner: IdKind) -> Result<()> {
    let failed = |error| Error::from_sqlx("user_access_log", Doing::Writing, error);
    let migrated = async {
        let mut lease = Lease::ready(shelf, pooling).await.map_err(failed)?;
        check(&mut lease, owner).await?;
        migrate(&mut lease, owner).await.map_err(failed)
    };
    observed("user_access_log", "migrate", pin!(migrated)).await
}

/// A table that is there already must be one that the library can write to.
pub(crate) async fn check<DB: Backend>(lease: &mut Lease<DB>, owner: IdKind) -> Result<()> {
    let failed = |error| Error::from_sqlx("user_access_log", Doing::Reading, error);
    if is_foreign(lease).await.map_err(failed)? {
        return Err(Error::Schema {
            problem: "was not made by this library, which needs more columns; rename it and migrate again",
        });
    }
    if integer::<DB>(lease, schema::is_of_another_owner(DB::DIALECT, owner)).await.map_err(failed)? > 0 {
        return Err(Error::Schema {
            problem: "holds users of another type; say theirs, where the pool or the configuration names that of the owner, or drop the table if nobody needs it",
        });
    }
    Ok(())
}

/// Whether there is an audit table that this library did not make.
pub(crate) async fn is_foreign<DB: Backend>(lease: &mut Lease<DB>) -> sqlx::Result<bool> {
    Ok(integer::<DB>(lease, schema::is_foreign(DB::DIALECT)).await? > 0)
}

/// How far the library's own tables have come: the last step that was done, or 0.
pub(crate) async fn done<DB: Backend>(lease: &mut Lease<DB>) -> sqlx::Result<i64> {
    match integer::<DB>(lease, schema::is_begun(DB::DIALECT)).await? {
        0 => Ok(0),
        _ => integer::<DB>(lease, schema::DONE).await,
    }
}

async fn migrate<DB: Backend>(lease: &mut Lease<DB>, owner: IdKind) -> sqlx::Result<()> {
    // Looked at before anything is asked for: a login that may not create tables can still find all in order.
    if done(lease).await? >= schema::last(DB::DIALECT) {
        return Ok(());
    }
    if !lease.is_open() {
        lease.begin(sql::begin::<DB>()).await?;
    }
    DB::execute_script(lease.connection(), SqlStr::from_static(schema::begin(DB::DIALECT))).await?;
    let done = integer::<DB>(lease, schema::DONE).await?;
    for step in schema::pending(DB::DIALECT, owner, done) {
        DB::execute_script(lease.connection(), step).await?;
    }
    lease.commit().await
}

async fn integer<DB: Backend>(lease: &mut Lease<DB>, text: &'static str) -> sqlx::Result<i64> {
    let query = Query { text: SqlStr::from_static(text), arguments: DB::Arguments::default(), keep: false };
    let row = DB::fetch_optional(lease.connection(), query).await?.ok_or(sqlx::Error::RowNotFound)?;
    DB::get_integer(&row, 0)
}
