//! Raw SQL can write, so that a system context which was narrowed to reading has none; and on SQLite none is isolated.

use sqlx::{Postgres, Sqlite};
use user_scope::{ReadOnly, ScopedTransaction, SystemContext, Uuid};

async fn reads(mut tx: ScopedTransaction<Postgres, SystemContext<Postgres, Uuid, ReadOnly>>) {
    let _ = tx.connection().await;
}

async fn on_sqlite(mut tx: ScopedTransaction<Sqlite>) {
    let _ = tx.connection().await;
}

fn main() {}
