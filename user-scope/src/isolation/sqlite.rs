//! What a SQLite database lacks: an index, and triggers where keys cannot be added to a table that exists.

use super::Settings;
use super::facts::{Facts, ask};
use super::plan::Plan;
use super::run::{Looked, failed, problem};
use crate::backend::Backend;
use crate::error::Result;
use crate::lease::Lease;
use crate::sql::isolation::sqlite::{self as change, Event};
use crate::sql::isolation::{Change, Table, catalogue};
use crate::sql::schema;

/// Why a trigger refuses rows of nobody.
pub(crate) const HAS_OWNER: &str = "every row has an owner";

pub(super) async fn plan<DB: Backend>(
    lease: &mut Lease<DB>,
    looked: &[Looked<'_>],
    settings: &Settings,
) -> Result<Plan> {
    let plan = changes(lease, looked, settings).await?;
    violations(lease, looked, &plan).await?;
    Ok(plan)
}

/// What is missing, whatever the rows are.
pub(crate) async fn changes<DB: Backend>(
    lease: &mut Lease<DB>,
    looked: &[Looked<'_>],
    settings: &Settings,
) -> Result<Plan> {
    let mut plan = Plan::default();
    if ask(lease, catalogue::SQLITE.relation, &[change::TRANSFER]).await.map_err(failed)?.is_empty() {
        plan.add(change::TRANSFER, "a transfer says here that it is under way", change::transfers());
    }
    for Looked { table, facts } in looked {
        if !facts.indexes.iter().any(|index| index.whole && index.columns.first() == Some(&table.owner)) {
            plan.add(&table.name, "an owner's rows are found by him", change::owner_index(table));
        }
        for (why, change, name) in triggers(table, facts, looked)? {
            if !facts.triggers.contains(&name) {
                plan.add(&table.name, why, change);
            }
        }
    }
    if ask(lease, catalogue::SQLITE.relation, &["user_access_log"]).await.map_err(failed)?.is_empty() {
        let made = schema::made::<DB>(settings.owner, 0);
        plan.add("user_access_log", "every access is recorded; it stays when all is taken back", made);
    }
    Ok(plan)
}

/// All triggers that a table is to have.
pub(super) fn triggers(
    table: &Table,
    facts: &Facts,
    looked: &[Looked<'_>],
) -> Result<Vec<(&'static str, Change, String)>> {
    let mut triggers = Vec::new();
    let mut add = |why, (name, change): (String, Change)| triggers.push((why, change, name));
    for event in [Event::Insert, Event::Update] {
        if facts.column(&table.owner).is_some_and(|owner| !owner.not_null) {
            add(HAS_OWNER, change::has_owner(table, event));
        }
        let foreign = facts.indexes.iter().filter(|index| index.unique && !index.columns.contains(&table.owner));
        for (number, index) in foreign.enumerate() {
            let change = change::foreign_key_taken(table, event, number, &index.columns);
            add("REPLACE takes no foreign row's place", change);
        }
        for parent in &table.parents {
            if !looked.iter().any(|looked| looked.table.name == parent.table) {
                let (child, parent) = (&table.name, &parent.table);
                return Err(problem(format!("{parent} is a parent of {child}: it has to be isolated with it")));
            }
            add("a parent has the child's owner", change::own_parent(table, event, parent));
        }
    }
    add("an owner does not change", change::fixed_owner(table));
    Ok(triggers)
}

/// A trigger looks at what comes, not at what is there.
async fn violations<DB: Backend>(lease: &mut Lease<DB>, looked: &[Looked<'_>], plan: &Plan) -> Result<()> {
    if plan.is_empty() {
        return Ok(());
    }
    for Looked { table, .. } in looked {
        let mut faults = vec![("have no owner", change::rows_without_owner(table))];
        faults.extend(table.parents.iter().map(|parent| {
            ("name a parent that is not their owner's", change::rows_with_foreign_parent(table, parent))
        }));
        for (what, question) in faults {
            let found = super::facts::ask_text(lease, question).await.map_err(failed)?;
            if found != "0" {
                return Err(problem(format!("{found} rows of {} {what}; mend them first", table.name)));
            }
        }
    }
    Ok(())
}
