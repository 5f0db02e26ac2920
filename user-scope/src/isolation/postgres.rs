//! What a PostgreSQL database lacks. Keys come before row-level security: under it a key would not see what it checks.

use super::facts::{Facts, Key};
use super::plan::Plan;
use super::run::{Looked, failed, problem};
use super::{Settings, grants, own_tables};
use crate::backend::Backend;
use crate::error::Result;
use crate::identifier::IdKind;
use crate::lease::Lease;
use crate::sql::isolation::postgres::{self as change, Deferrable, OnDeletion};
use crate::sql::isolation::{Parent, Table, TableName, catalogue};

pub(crate) async fn plan<DB: Backend>(
    lease: &mut Lease<DB>,
    looked: &[Looked<'_>],
    settings: &Settings,
) -> Result<Plan> {
    let mut plan = Plan::default();
    looked.iter().try_for_each(|Looked { table, facts }| fits(table, facts))?;
    grants::roles(lease, settings, &mut plan).await?;
    if super::facts::ask(lease, catalogue::FUNCTIONS, &[]).await.map_err(failed)?.is_empty() {
        plan.add("functions", "the triggers call them", change::functions());
    }
    let mut keys = Plan::default();
    for Looked { table, facts } in looked {
        own_keys(table, facts, &mut keys);
    }
    for Looked { table, facts } in looked {
        for parent in &table.parents {
            parent_keys(table, facts, parent, looked, &mut keys)?;
        }
    }
    // Forced, the owner of the tables is filtered himself, and a key would be checked against what he sees: nothing.
    let relaxed = !keys.is_empty();
    for Looked { facts, .. } in looked.iter().filter(|looked| relaxed && looked.facts.forced) {
        let change = change::forced_row_security(&facts.name).reversed();
        plan.add(&facts.name, "while keys are made, their owner has to see all rows", change);
    }
    plan.steps.append(&mut keys.steps);
    for Looked { table, facts } in looked {
        let forced = facts.forced && !relaxed;
        guard(table, &Facts { forced, ..facts.clone() }, settings, &mut plan);
    }
    for Looked { facts, .. } in looked {
        grants::table(lease, &facts.name, settings, &mut plan).await?;
    }
    own_tables::plan(lease, settings, &mut plan).await?;
    Ok(plan)
}

/// The policy compares the owner with a value of this type.
fn fits(table: &Table, facts: &Facts) -> Result<()> {
    let Some(owner) = facts.column(&table.owner) else { return Ok(()) };
    let types: &[&str] = match table.owner_kind {
        IdKind::Uuid => &["uuid"],
        IdKind::Integer => &["bigint", "integer", "smallint"],
        IdKind::Text => &["text", "character varying", "character", "citext"],
    };
    if types.contains(&owner.type_name.as_str()) {
        return Ok(());
    }
    let (name, column, found) = (&table.name, &table.owner, &owner.type_name);
    let expected = types.first().copied().unwrap_or_default();
    Err(problem(format!("{name}.{column} is of type {found}, and the entity holds it as {expected}")))
}

/// What a table needs by itself.
fn own_keys(table: &Table, facts: &Facts, plan: &mut Plan) {
    let at = &facts.name;
    if facts.column(&table.owner).is_some_and(|owner| !owner.not_null) {
        plan.add(at, "every row has an owner", change::not_null(at, &table.owner));
    }
    let key = [&table.owner, &table.id];
    let is_key = |columns: &[String]| columns.len() == 2 && key.iter().all(|column| columns.contains(column));
    let has_id = !table.id.is_empty();
    if has_id && !facts.indexes.iter().any(|index| index.unique && index.whole && is_key(&index.columns)) {
        plan.add(at, "children refer to owner and id", change::owner_key(at, &table.owner, &table.id));
    } else if !facts.indexes.iter().any(|index| index.whole && index.columns.first() == Some(&table.owner)) {
        plan.add(at, "an owner's rows are found by him", change::owner_index(at, &table.owner));
    }
}

/// That a parent has the child's owner.
fn parent_keys(table: &Table, facts: &Facts, parent: &Parent, looked: &[Looked<'_>], plan: &mut Plan) -> Result<()> {
    let at = &facts.name;
    let Some(there) = looked.iter().find(|looked| looked.table.name == parent.table) else {
        let (child, parent) = (&table.name, &parent.table);
        return Err(problem(format!("{parent} is a parent of {child}: it has to be isolated with it")));
    };
    let parent = &Parent { table: there.facts.name.clone(), ..parent.clone() };
    let name = change::parent_key_name(parent);
    let of_the_id_alone = |key: &&Key| key.columns == [parent.column.as_str()] && key.table == parent.table;
    let replaced = facts.keys.iter().filter(of_the_id_alone);
    let why = "a parent has the child's owner";
    if table.owner_kind != parent.owner_kind {
        // No key compares a UUID with a text. The key of the id alone stays: it keeps parents from going away.
        if !facts.triggers.contains(&name) {
            plan.add(at, why, change::parent_trigger(table, at, parent));
        }
        return Ok(());
    }
    let covers = |key: &&Key| {
        let pairs = || key.columns.iter().zip(&key.its_columns);
        key.validated
            && key.table == parent.table
            && pairs().any(|(column, its)| *column == table.owner && *its == parent.owner)
            && pairs().any(|(column, its)| *column == parent.column && *its == parent.id)
    };
    if !facts.keys.iter().any(|key| covers(&key)) {
        let old = replaced.clone().next();
        let on = old.map_or(OnDeletion::Nothing, |key| OnDeletion::of(&key.on_deletion));
        let deferrable = old.map_or(Deferrable::No, |key| Deferrable::of(&key.definition));
        plan.add(at, why, change::parent_key(table, at, parent, on, deferrable));
    }
    // One that follows its parent's id goes on to: the other says what it may not do.
    for key in replaced.filter(|key| !key.definition.contains(" ON UPDATE ")) {
        let why = "it would tell a foreign parent from an absent one";
        plan.add(at, why, change::replaced_key(at, &key.name, &key.definition));
    }
    Ok(())
}

/// The trigger, the policies, and that they count for everybody.
fn guard(table: &Table, facts: &Facts, settings: &Settings, plan: &mut Plan) {
    let (at, role) = (&facts.name, &settings.system_role);
    if !facts.triggers.iter().any(|name| name == change::FIXED_OWNER) {
        plan.add(at, "an owner does not change", change::fixed_owner(at, &table.owner, role));
    }
    if !facts.policies.iter().any(|name| name == change::OWNER_POLICY) {
        plan.add(at, "a caller sees and writes his own rows", change::owner_policy(table, at));
    }
    if !facts.policies.iter().any(|name| name == change::SYSTEM_POLICY) {
        plan.add(at, "system mode sees and writes all rows", change::system_policy(at, role));
    }
    secured(at, facts.row_security, facts.forced, plan);
    for partition in &facts.partitions {
        // Without a policy of its own a partition shows nothing; through its parent it is reached by the parent's.
        secured(&partition.name, partition.row_security, partition.forced, plan);
    }
}

pub(super) fn secured(at: &TableName, enabled: bool, forced: bool, plan: &mut Plan) {
    if !enabled {
        plan.add(at, "policies count", change::row_security(at));
    }
    if !forced {
        plan.add(at, "they count for the owner of the table too", change::forced_row_security(at));
    }
}
