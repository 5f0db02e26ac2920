//! Tables that are known by name and owner alone, as a command line gives them: the catalogue says the rest.

use super::Isolation;
use super::facts::{self, ask};
use super::run::failed;
use crate::backend::{Backend, Dialect};
use crate::error::Result;
use crate::identifier::{IdKind, Identifier};
use crate::lease::Lease;
use crate::sql::isolation::{Table, doctor};

impl<Id: Identifier> Isolation<Id> {
    /// With a table of which no entity is known, as `"tasks"` or `"schema.tasks"`, and the column that holds the owner. How that
    /// is stored, and which column is the id, is read from the database. Nothing is known of its parents: keys to
    /// these are looked at by the [`doctor`](crate::doctor()) and not made.
    ///
    /// ```
    /// use user_scope::Isolation;
    ///
    /// let isolation = Isolation::<user_scope::Uuid>::default().with_table("tasks", "user_id").with_table("crm.visits", "seller");
    /// # drop(isolation);
    /// ```
    pub fn with_table(mut self, name: &str, owner: &str) -> Self {
        let table = Table::named(name, owner);
        if !self.tables.iter().any(|known| known.name == table.name) {
            self.tables.push(table);
        }
        self
    }
}

/// The tables, with what the catalogue says of those that are known by name alone. One that is not there stays as it is.
pub(super) async fn completed<DB: Backend>(lease: &mut Lease<DB>, tables: &[Table]) -> Result<Vec<Table>> {
    let mut completed = Vec::with_capacity(tables.len());
    for table in tables {
        let mut table = table.clone();
        if table.entity.is_none()
            && let Some(facts) = facts::of(lease, &table.name).await.map_err(failed)?
        {
            table.name = facts.name.clone();
            table.owner_kind = facts.column(&table.owner).and_then(facts::Column::kind).unwrap_or(IdKind::Text);
            let given = match DB::DIALECT {
                Dialect::Postgres => table.name.quoted(),
                Dialect::Sqlite => table.name.name.clone(),
            };
            let mut key = Vec::new();
            for row in ask(lease, doctor::primary_key(DB::DIALECT), &[&given]).await.map_err(failed)? {
                key.push(facts::Texts(row).text());
            }
            // A key of owner and id is an id as good as any.
            table.keyed_by_owner = key.len() == 2 && key.contains(&table.owner);
            key.retain(|column| *column != table.owner);
            if let [id] = key.as_slice() {
                table.id.clone_from(id);
            }
        }
        completed.push(table);
    }
    Ok(completed)
}
