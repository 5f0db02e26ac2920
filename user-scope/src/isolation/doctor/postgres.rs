//! What PostgreSQL lacks, and what reaches around its policies.

use super::kinds::{self, named};
use super::report::Report;
use super::{has_owner_index, server, types};
use crate::backend::Backend;
use crate::error::Result;
use crate::isolation::Settings;
use crate::isolation::facts::{self, Column, Facts, Texts, ask, ask_text};
use crate::isolation::run::{Looked, failed};
use crate::lease::Lease;
use crate::sql;
use crate::sql::isolation::postgres::{self as change, Deferrable, OnDeletion};
use crate::sql::isolation::{Change, Parent, Table, TableName, doctor as question, roles};

/// Gives back the tables on which policies hold for the login.
pub(super) async fn look<DB: Backend>(
    lease: &mut Lease<DB>,
    looked: &[Looked<'_>],
    settings: &Settings,
    has_own_login: bool,
    report: &mut Report,
) -> Result<Vec<String>> {
    let version = ask(lease, roles::VERSION, &[]).await.map_err(failed)?.pop();
    let version = version.and_then(|row| Texts(row).text().parse().ok()).unwrap_or(0);
    if let Some(fix) = server::lacks(version) {
        report.add(
            &kinds::SERVER_TOO_OLD,
            format_args!("PostgreSQL {}.{}", version / 10_000, version % 10_000),
            fix,
            "",
        );
    }
    let tables: Vec<(TableName, &Table)> =
        looked.iter().map(|looked| (looked.facts.name.clone(), looked.table)).collect();
    let [names, owners, ids] = question::given(&tables);
    let own_login = if has_own_login { "true" } else { "false" };
    let given = [names.as_str(), &owners, &ids, &settings.system_role, own_login];
    for question in [question::LOGIN, question::TABLES, question::REACH] {
        for row in ask(lease, question, &given).await.map_err(failed)? {
            let mut row = Texts(row);
            let (kind, object, detail, mend) = (named(&row.text())?, row.text(), row.text(), row.text());
            let knows = |looked: &Looked<'_>| {
                // A table that is known by name alone says nothing of what inserts fill.
                looked.facts.name.to_string() == object
                    && (looked.table.entity.is_none() || looked.table.columns.contains(&detail))
            };
            if kind.name == kinds::COLUMN_NOT_FILLED.name && looked.iter().any(knows) {
                continue;
            }
            let mend = if mend.is_empty() { of_roles(kind, &object, settings, version) } else { mend };
            report.add(kind, object, &detail, mend);
        }
    }
    let mut definitions = Vec::new();
    for row in ask(lease, question::DEFINITIONS, &given).await.map_err(failed)? {
        let mut row = Texts(row);
        let (kind, table, name) = (row.text(), row.text(), row.text());
        definitions.push(Definition { kind, table, name, counts: row.is_true(), text: row.text() });
    }
    for at @ Looked { table, facts } in looked {
        if definitions.iter().any(|found| found.kind == "readable" && found.table == facts.name.to_string()) {
            types::look(lease, at, report).await?;
        }
        structure(table, facts, looked, report);
        for (kind, name, change) in expected(table, facts, looked, settings) {
            compare(&definitions, &facts.name, kind, name, change, report);
        }
    }
    log::<DB>(lease, &definitions, settings, report).await?;
    functions(&definitions, report);
    probe(lease, &definitions, report).await
}

/// What changes a role stands with the isolation, which makes it.
fn of_roles(kind: &kinds::Kind, object: &str, settings: &Settings, version: i64) -> String {
    let system = &settings.system_role;
    match kind.name {
        name if name == kinds::SYSTEM_ROLE_MISSING.name => roles::create(system).sql,
        name if name == kinds::SYSTEM_ROLE_OUT_OF_REACH.name => roles::membership(system, object, version).sql,
        name if name == kinds::SYSTEM_ROLE_INHERITED.name && version < roles::GRANTS_SAY_INHERIT => {
            roles::no_inherit(object).sql
        }
        name if name == kinds::SYSTEM_ROLE_INHERITED.name => roles::membership(system, object, version).sql,
        _ => String::new(),
    }
}

/// A policy, trigger or function of ours, as PostgreSQL prints it.
struct Definition {
    kind: String,
    table: String,
    name: String,
    counts: bool,
    text: String,
}

/// Keys, indexes and NULLs.
fn structure(table: &Table, facts: &Facts, looked: &[Looked<'_>], report: &mut Report) {
    let at = &facts.name;
    let Some(owner) = facts.column(&table.owner) else { return };
    if !owner.not_null {
        report.add(&kinds::OWNER_NULLABLE, at, "", change::not_null(at, &table.owner).sql);
    }
    if !has_owner_index(table, facts) {
        report.add(&kinds::OWNER_INDEX_MISSING, at, &table.owner, change::owner_index(at, &table.owner).sql);
    }
    for key in &facts.keys {
        let Some(above) = looked.iter().find(|looked| looked.facts.name == key.table) else { continue };
        let holds = |(one, other): (&String, &String)| *one == table.owner && *other == above.table.owner;
        // No key compares a UUID with a text: there it is a trigger that looks at owners.
        let are_alike = table.owner_kind == above.table.owner_kind;
        if are_alike && !key.columns.iter().zip(&key.its_columns).any(holds) {
            let mend = change::replaced_key(at, &key.name, &key.definition).sql;
            let is_parent = table.parents.iter().any(|parent| key.columns == [parent.column.as_str()]);
            report.add(&kinds::FOREIGN_KEY, at, &key.name, if is_parent { mend } else { String::new() });
        }
    }
    for (parent, above) in parents(table, looked) {
        let covers = |one: &str, other: &str| {
            facts.keys.iter().any(|key| {
                let mut pairs = key.columns.iter().zip(&key.its_columns);
                key.validated
                    && key.table == parent.table
                    && pairs.clone().any(|(column, its)| *column == table.owner && *its == parent.owner)
                    && pairs.any(|(column, its)| column == one && its == other)
            })
        };
        if table.owner_kind == above.table.owner_kind && !covers(&parent.column, &parent.id) {
            let mend = change::parent_key(table, at, &parent, OnDeletion::Nothing, Deferrable::No).sql;
            report.add(&kinds::PARENT_KEY_MISSING, at, &parent.column, mend);
        }
    }
}

/// The parents of a table, with the schema in which they really are.
fn parents<'a>(table: &'a Table, looked: &'a [Looked<'a>]) -> impl Iterator<Item = (Parent, &'a Looked<'a>)> {
    table.parents.iter().filter_map(|parent| {
        let above = looked.iter().find(|looked| looked.table.name == parent.table)?;
        Some((Parent { table: above.facts.name.clone(), ..parent.clone() }, above))
    })
}

/// What isolation writes for a table, other than keys.
fn expected(
    table: &Table,
    facts: &Facts,
    looked: &[Looked<'_>],
    settings: &Settings,
) -> Vec<(&'static str, String, Change)> {
    let (at, role) = (&facts.name, &settings.system_role);
    if facts.column(&table.owner).is_none() {
        return Vec::new();
    }
    let mut expected = vec![
        ("policy", change::OWNER_POLICY.to_owned(), change::owner_policy(table, at)),
        ("policy", change::SYSTEM_POLICY.to_owned(), change::system_policy(at, role)),
        ("trigger", change::FIXED_OWNER.to_owned(), change::fixed_owner(at, &table.owner, role)),
    ];
    for (parent, above) in parents(table, looked) {
        if table.owner_kind != above.table.owner_kind {
            let change = change::parent_trigger(table, at, &parent);
            expected.push(("trigger", change::parent_key_name(&parent), change));
        }
    }
    expected
}

/// Whether a policy or trigger is there, counts, and says what it should.
fn compare(
    definitions: &[Definition],
    table: &TableName,
    kind: &str,
    name: String,
    change: Change,
    report: &mut Report,
) {
    let at = table.to_string();
    let found = definitions.iter().find(|found| found.kind == kind && found.table == at && found.name == name);
    let (missing, altered) = match kind {
        "policy" => (&kinds::POLICY_MISSING, &kinds::POLICY_ALTERED),
        _ => (&kinds::TRIGGER_MISSING, &kinds::TRIGGER_ALTERED),
    };
    match found {
        None => report.add(missing, at, &name, change.sql),
        Some(found) if question::meaning(&found.text) != question::meaning(&change.sql) => {
            report.add(altered, at, &name, format!("{}; {}", change.undo, change.sql));
        }
        Some(found) if !found.counts => {
            report.add(&kinds::TRIGGER_OFF, at, &name, question::enable_trigger(table, &name));
        }
        Some(_) => {}
    }
}

/// The log is guarded as well.
async fn log<DB: Backend>(
    lease: &mut Lease<DB>,
    definitions: &[Definition],
    settings: &Settings,
    report: &mut Report,
) -> Result<()> {
    let name = TableName { schema: None, name: "user_access_log".to_owned() };
    let found =
        ask(lease, crate::sql::isolation::catalogue::POSTGRES.relation, &[&name.quoted()]).await.map_err(failed)?;
    let Some(row) = found.into_iter().next() else {
        report.add(&kinds::TABLE_MISSING, &name, "", question::log_again::<DB>(settings.owner));
        return Ok(());
    };
    let at = Texts(row).table();
    // A command that was given the names of tables alone does not know of which type users are.
    let facts = facts::of(lease, &at).await.map_err(failed)?.unwrap_or_default();
    let next_month = crate::audit::next_month().day();
    if facts.is_partitioned && ask(lease, sql::PARTITION_OF, &[&next_month]).await.map_err(failed)?.is_empty() {
        report.add(&kinds::LOG_ENDS, &at, "", "");
    }
    let owner = facts.column("user_id").and_then(Column::kind).unwrap_or(settings.owner);
    for (policy, change) in [
        (roles::LOG_WRITTEN_POLICY, roles::log_insert_policy(&at)),
        (change::OWNER_POLICY, roles::log_select_policy(&at, owner)),
        (change::SYSTEM_POLICY, roles::log_system_policy(&at, &settings.system_role)),
    ] {
        compare(definitions, &at, "policy", policy.to_owned(), change, report);
    }
    Ok(())
}

/// The triggers are as good as the functions that they call.
fn functions(definitions: &[Definition], report: &mut Report) {
    let ours = change::functions().sql;
    for found in definitions.iter().filter(|found| found.kind == "function") {
        if found.text.is_empty() || !ours.contains(&found.text) {
            report.add(&kinds::FUNCTION_ALTERED, &found.name, "", ours.clone());
        }
    }
}

/// Nobody asks, and nothing is to be seen. Gives back the tables on which policies hold.
async fn probe<DB: Backend>(
    lease: &mut Lease<DB>,
    definitions: &[Definition],
    report: &mut Report,
) -> Result<Vec<String>> {
    let readable: Vec<_> = definitions.iter().filter(|found| found.kind == "readable").collect();
    if !readable.is_empty() {
        let names: Vec<&str> = readable.iter().map(|found| found.text.as_str()).collect();
        let seen = ask_text(lease, question::probe(&names)).await.map_err(failed)?;
        for place in seen.split('\u{1f}').filter_map(|place| place.parse::<usize>().ok()) {
            if let Some(found) = readable.get(place) {
                report.add(&kinds::ROWS_WITHOUT_CALLER, &found.table, "", "");
            }
        }
    }
    let log = |found: &&&Definition| found.table.ends_with("user_access_log");
    Ok(readable.iter().filter(|found| found.counts && !log(found)).map(|found| found.table.clone()).collect())
}
