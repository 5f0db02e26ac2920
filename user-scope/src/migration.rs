//! Bringing the library's own tables up to date. The SQL stands in `sql::schema`.

use sqlx::{Pool, SqlStr};

use crate::backend::{Backend, Query};
use crate::error::{Doing, Error, Result};
use crate::identifier::IdKind;
use crate::lease::Lease;
use crate::sql::schema;

pub(crate) async fn run<DB: Backend>(pool: &Pool<DB>, owner: IdKind) -> Result<()> {
    migrate(pool, owner).await.map_err(|error| Error::from_sqlx("user_access_log", Doing::Writing, error))
}

async fn migrate<DB: Backend>(pool: &Pool<DB>, owner: IdKind) -> sqlx::Result<()> {
    let mut lease = Lease::acquire(pool).await?;
    // Looked at before anything is asked for: a login that may not create tables can still find all in order.
    let begun = integer::<DB>(&mut lease, schema::is_begun(DB::DIALECT)).await? == 1;
    if begun && integer::<DB>(&mut lease, schema::DONE).await? >= schema::last(DB::DIALECT) {
        return Ok(());
    }
    lease.begin().await?;
    DB::execute_script(lease.connection(), SqlStr::from_static(schema::begin(DB::DIALECT))).await?;
    let done = integer::<DB>(&mut lease, schema::DONE).await?;
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
