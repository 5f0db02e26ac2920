//! What SQLite lacks: it has no policies, so it is about triggers, and about rows that were there before them.

use super::report::Report;
use super::{has_owner_index, kinds};
use crate::backend::Backend;
use crate::error::Result;
use crate::isolation::facts::{Texts, ask, ask_text};
use crate::isolation::run::{Looked, failed};
use crate::isolation::{Settings, sqlite};
use crate::lease::Lease;
use crate::sql::isolation::sqlite as change;
use crate::sql::isolation::{Table, catalogue, doctor as question};

pub(super) async fn look<DB: Backend>(
    lease: &mut Lease<DB>,
    looked: &[Looked<'_>],
    settings: &Settings,
    report: &mut Report,
) -> Result<()> {
    for (name, made) in
        [("user_access_log", question::log_again::<DB>(settings.owner)), (change::TRANSFER, change::transfers().sql)]
    {
        if !ask(lease, catalogue::SQLITE.relation, &[name]).await.map_err(failed)?.is_empty() {
            continue;
        }
        let kind = if name == change::TRANSFER { &kinds::TRANSFER_TABLE_MISSING } else { &kinds::TABLE_MISSING };
        report.add(kind, name, "", made);
    }
    let has_transfers = !report.findings().any(|finding| finding.name() == kinds::TRANSFER_TABLE_MISSING.name);
    if has_transfers && !ask(lease, question::SQLITE_TRANSFER, &[]).await.map_err(failed)?.is_empty() {
        report.add(&kinds::TRANSFER_LEFT_OPEN, change::TRANSFER, "", change::END_TRANSFER);
    }
    let keys_count = ask(lease, question::SQLITE_KEYS_COUNT, &[]).await.map_err(failed)?.pop();
    let keys_count = keys_count.is_some_and(|row| Texts(row).is_true());
    for Looked { table, facts } in looked {
        // Without its owner nothing more can be said of a table.
        if facts.column(&table.owner).is_none() {
            continue;
        }
        let name = &facts.name;
        if !keys_count && !facts.keys.is_empty() {
            report.add(&kinds::FOREIGN_KEYS_OFF, name, "", "");
        }
        if !has_owner_index(table, facts) {
            report.add(&kinds::OWNER_INDEX_MISSING, name, &table.owner, change::owner_index(table).sql);
        }
        if table.entity.is_some() {
            for row in ask(lease, question::SQLITE_FILLED, &[&name.name]).await.map_err(failed)? {
                let column = Texts(row).text();
                if !table.columns.contains(&column) {
                    report.add(&kinds::COLUMN_NOT_FILLED, name, &column, "");
                }
            }
        }
        let guarded = with_known_parents(table, looked);
        let mut written = Vec::new();
        for row in ask(lease, question::SQLITE_TRIGGERS, &[&name.name]).await.map_err(failed)? {
            let mut row = Texts(row);
            written.push((row.text(), row.text()));
        }
        for (why, change, trigger) in sqlite::triggers(&guarded, facts, looked)? {
            match written.iter().find(|(name, _)| *name == trigger) {
                None if why == sqlite::HAS_OWNER => report.add(&kinds::OWNER_NULLABLE, name, "", change.sql),
                None => report.add(&kinds::TRIGGER_MISSING, name, &trigger, change.sql),
                Some((_, sql)) if sql.trim_end_matches(';') != change.sql => {
                    report.add(&kinds::TRIGGER_ALTERED, name, &trigger, format!("{}; {}", change.undo, change.sql));
                }
                Some(_) => {}
            }
        }
        rows(lease, &guarded, report).await?;
    }
    Ok(())
}

/// A trigger looks at what comes, not at what is there.
async fn rows<DB: Backend>(lease: &mut Lease<DB>, table: &Table, report: &mut Report) -> Result<()> {
    let mut faults = vec![(&kinds::ROWS_WITHOUT_OWNER, change::rows_without_owner(table))];
    faults.extend(
        table.parents.iter().map(|parent| (&kinds::FOREIGN_PARENTS, change::rows_with_foreign_parent(table, parent))),
    );
    for (kind, question) in faults {
        let found = ask_text(lease, question).await.map_err(failed)?;
        if found != "0" {
            report.add(kind, &table.name, &found, "");
        }
    }
    Ok(())
}

/// The table without parents that cannot be looked at; that they are missing has been said.
fn with_known_parents(table: &Table, looked: &[Looked<'_>]) -> Table {
    let mut table = table.clone();
    let columns: Vec<_> = looked.iter().find(|looked| looked.table.name == table.name).into_iter().collect();
    table.parents.retain(|parent| {
        let above = looked.iter().find(|looked| looked.table.name == parent.table);
        let has = |looked: &Looked<'_>, column: &str| looked.facts.column(column).is_some();
        above.is_some_and(|above| has(above, &parent.id) && has(above, &parent.owner))
            && columns.iter().all(|looked| has(looked, &parent.column))
    });
    table
}
