//! What a database says of a table.

use sqlx::SqlStr;

use crate::backend::{Backend, Dialect, Query};
use crate::identifier::IdKind;
use crate::lease::Lease;
use crate::sql::isolation::catalogue::{Catalogue, POSTGRES, Question, SQLITE};
use crate::sql::isolation::{TableName, arguments_of, script};

/// What is there of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// Where it really is.
    pub(crate) name: TableName,
    pub(crate) is_partitioned: bool,
    pub(crate) row_security: bool,
    pub(crate) forced: bool,
    pub(crate) columns: Vec<Column>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) keys: Vec<Key>,
    pub(crate) policies: Vec<String>,
    pub(crate) triggers: Vec<String>,
    pub(crate) partitions: Vec<Partition>,
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) not_null: bool,
    pub(crate) type_name: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Index {
    pub(crate) unique: bool,
    /// It covers every row, by columns alone.
    pub(crate) whole: bool,
    pub(crate) columns: Vec<String>,
}

impl Column {
    /// The kind of owners that it can hold.
    pub(crate) fn kind(&self) -> Option<IdKind> {
        match self.type_name.to_lowercase().as_str() {
            "uuid" | "blob" => Some(IdKind::Uuid),
            name if name.contains("int") => Some(IdKind::Integer),
            name if name.contains("char") || name.contains("text") => Some(IdKind::Text),
            _ => None,
        }
    }
}

/// A foreign key.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    pub(crate) table: TableName,
    pub(crate) its_columns: Vec<String>,
    pub(crate) definition: String,
    pub(crate) on_deletion: String,
    pub(crate) validated: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Partition {
    pub(crate) name: TableName,
    pub(crate) row_security: bool,
    pub(crate) forced: bool,
}

impl Facts {
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Asks the catalogue. `None` if there is no such table.
pub(crate) async fn of<DB: Backend>(lease: &mut Lease<DB>, table: &TableName) -> sqlx::Result<Option<Facts>> {
    let (catalogue, given): (&Catalogue, String) = match DB::DIALECT {
        Dialect::Postgres => (&POSTGRES, table.quoted()),
        Dialect::Sqlite => (&SQLITE, table.name.clone()),
    };
    let given = [given.as_str()];
    let Some(relation) = ask(lease, catalogue.relation, &given).await?.into_iter().next() else { return Ok(None) };
    let mut relation = Texts(relation);
    let mut facts = Facts { name: relation.table(), ..Facts::default() };
    facts.is_partitioned = relation.text() == "p";
    facts.row_security = relation.is_true();
    facts.forced = relation.is_true();
    for row in ask(lease, catalogue.columns, &given).await? {
        let mut row = Texts(row);
        facts.columns.push(Column { name: row.text(), not_null: row.is_true(), type_name: row.text() });
    }
    for row in ask(lease, catalogue.indexes, &given).await? {
        let mut row = Texts(row);
        row.text();
        facts.indexes.push(Index { unique: row.is_true(), whole: row.is_true(), columns: row.list() });
    }
    for row in ask(lease, catalogue.keys, &given).await? {
        let mut row = Texts(row);
        facts.keys.push(Key {
            name: row.text(),
            columns: row.list(),
            table: {
                let mut parts = row.list();
                let name = parts.pop().unwrap_or_default();
                TableName { schema: parts.pop().filter(|schema| !schema.is_empty()), name }
            },
            its_columns: row.list(),
            definition: row.text(),
            on_deletion: row.text(),
            validated: row.is_true(),
        });
    }
    for row in ask(lease, catalogue.policies, &given).await? {
        facts.policies.push(Texts(row).text());
    }
    for row in ask(lease, catalogue.triggers, &given).await? {
        facts.triggers.push(Texts(row).text());
    }
    for row in ask(lease, catalogue.partitions, &given).await? {
        let mut row = Texts(row);
        facts.partitions.push(Partition { name: row.table(), row_security: row.is_true(), forced: row.is_true() });
    }
    Ok(Some(facts))
}

/// The rows that answer a question, as texts; NULL is none.
pub(crate) async fn ask<DB: Backend>(
    lease: &mut Lease<DB>,
    question: Question,
    parameters: &[&str],
) -> sqlx::Result<Vec<Vec<Option<String>>>> {
    let arguments = arguments_of::<DB>(parameters).map_err(sqlx::Error::Encode)?;
    let query = Query { text: SqlStr::from_static(question.text), arguments, keep: false };
    let rows = DB::fetch_all(lease.connection(), query).await?;
    rows.iter().map(|row| (0..question.columns).map(|place| DB::get_text(row, place)).collect()).collect()
}

/// The one text that answers a question which was written for the occasion.
pub(crate) async fn ask_text<DB: Backend>(lease: &mut Lease<DB>, question: String) -> sqlx::Result<String> {
    let query = Query { text: script(question), arguments: DB::Arguments::default(), keep: false };
    let row = DB::fetch_optional(lease.connection(), query).await?;
    Ok(row.map(|row| DB::get_text(&row, 0)).transpose()?.flatten().unwrap_or_default())
}

/// A row of texts, taken from the front.
pub(crate) struct Texts(pub(crate) Vec<Option<String>>);

impl Texts {
    pub(crate) fn next(&mut self) -> Option<String> {
        if self.0.is_empty() { None } else { self.0.remove(0) }
    }

    pub(crate) fn text(&mut self) -> String {
        self.next().unwrap_or_default()
    }

    pub(crate) fn is_true(&mut self) -> bool {
        self.next().as_deref() == Some("true")
    }

    pub(crate) fn list(&mut self) -> Vec<String> {
        self.next().map(|list| list.split('\u{1f}').map(str::to_owned).collect()).unwrap_or_default()
    }

    pub(crate) fn table(&mut self) -> TableName {
        TableName { schema: self.next(), name: self.text() }
    }
}
