//! A system context comes from its pool, after the receipt.

use sqlx::Sqlite;
use user_scope::SystemContext;

fn main() {
    let _: SystemContext<Sqlite> = Default::default();
    let _ = SystemContext::<Sqlite>::new("because");
}
