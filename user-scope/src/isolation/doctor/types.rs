//! Columns that have another type than the fields which they are read into. PostgreSQL alone has types of columns; on SQLite
//! each value has one of its own.

use super::kinds;
use super::report::Report;
use crate::backend::{Backend, Query};
use crate::error::Result;
use crate::isolation::run::{Looked, failed};
use crate::lease::Lease;
use crate::sql::isolation::{doctor as question, script};

/// Looks at the columns of a table that can be read.
pub(super) async fn look<DB: Backend>(
    lease: &mut Lease<DB>,
    Looked { table, facts }: &Looked<'_>,
    report: &mut Report,
) -> Result<()> {
    let Some(types) = table.entity.as_ref().and_then(|entity| entity.types) else { return Ok(()) };
    let columns: Vec<_> = table.columns.iter().enumerate().filter(|(_, name)| facts.column(name).is_some()).collect();
    let names: Vec<&str> = columns.iter().map(|(_, name)| name.as_str()).collect();
    let text = script(question::a_row_of_nulls(&facts.name, &names));
    let query = Query { text, arguments: DB::Arguments::default(), keep: false };
    let Some(row) = DB::fetch_optional(lease.connection(), query).await.map_err(failed)? else { return Ok(()) };
    for (place, (column, name)) in columns.into_iter().enumerate() {
        // The kinds of owner and id are looked at for tables of which no entity is known, too.
        if [&table.owner, &table.id].contains(&name) {
            continue;
        }
        if let (Some(expected), Some(found)) = (types.misfit(column, &row, place), facts.column(name)) {
            let detail = format!(
                "{name} is of type {}, and its field is read from {}",
                found.type_name,
                expected.to_lowercase()
            );
            let mend = question::as_text(&facts.name, name, &found.type_name, &expected);
            report.add(&kinds::COLUMN_TYPE, &facts.name, &detail, mend);
        }
    }
    Ok(())
}
