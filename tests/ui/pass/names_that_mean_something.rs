//! Words of SQL, of the library and of its generated code are names of tables, fields and entities like any other.

#![deny(missing_docs, warnings)]

use chrono::{DateTime, Utc};
use user_scope::{Change, Select, UserScoped, Uuid};

/// An order. Its fields are called as what the library selects, binds and declares.
#[derive(Debug, UserScoped)]
#[user_scoped(
    table = "order",
    new(derive(Debug)),
    changes(derive(Debug, Default)),
    unique(user, (select, old)),
    children(Table),
    audit(values = "old_and_new"),
    on(sqlx::Postgres, sqlx::Sqlite)
)]
pub struct Order {
    /// The id.
    #[user_scoped(id)]
    pub id: Uuid,
    /// The owner.
    #[user_scoped(owner)]
    pub owner: Uuid,
    /// A word of PostgreSQL.
    pub user: String,
    /// A word of SQL.
    pub select: String,
    /// What a trigger sees.
    pub old: String,
    /// What an insert takes.
    pub new: Option<String>,
    /// What an update takes.
    pub changes: Option<String>,
    /// What an update sets.
    pub changed: i64,
    /// What an update sets.
    pub set: i64,
    /// A place.
    pub position: i64,
    /// A place.
    pub column: i64,
    /// Whom a row belongs to.
    pub entity: String,
    /// Values of a statement.
    pub arguments: String,
    /// A value of a statement.
    pub value: String,
    /// A row.
    pub row: String,
    /// A time.
    pub moment: DateTime<Utc>,
    /// What the library writes.
    pub stamp: DateTime<Utc>,
    /// Where it is.
    pub table: String,
    /// Where it goes.
    pub group: String,
    /// Not a mark.
    pub soft_deletes: bool,
    /// Not an id.
    pub parent_id: i64,
    /// Not the version.
    pub row_version: i64,
    /// The ones above.
    #[user_scoped(parent = Self, on_delete = "cascade")]
    pub parents: Option<Uuid>,
    /// The version.
    #[user_scoped(version)]
    pub expected_version: i64,
    /// The mark.
    #[user_scoped(deleted_at)]
    pub delete: Option<DateTime<Utc>>,
}

/// A table.
#[derive(Debug, UserScoped)]
#[user_scoped(table = "table", name = "select", on(sqlx::Postgres, sqlx::Sqlite))]
pub struct Table {
    /// The id.
    #[user_scoped(id, key = "owner", column = "from")]
    pub r#where: String,
    /// The owner.
    #[user_scoped(owner, column = "user")]
    pub r#as: Uuid,
    /// Its order.
    #[user_scoped(parent = Order, on_delete = "set_null", column = "references")]
    pub r#in: Option<Uuid>,
}

/// Some columns.
#[derive(Debug, Select)]
#[user_scoped(from = Order)]
pub struct Column {
    /// A column.
    pub old: String,
    /// A column.
    pub column: i64,
}

fn main() {
    let _ = NewTable { r#where: "here".into(), r#in: None };
    let _ = OrderChanges { old: Change::Set("old".into()), expected_version: 1, ..Default::default() };
    let _ = Order::COLUMN.eq(1).and(Order::SOFT_DELETES.eq(true)).and(Order::DELETE.is_null());
    let _ = Table::IN.is_null();
    let _ = (Order::BY_USER, Order::BY_SELECT_AND_OLD, Table::BY_WHERE, Order::ENTITY.asc());
    assert_eq!((Order::entity().name(), Table::entity().name()), ("order", "select"));
}
