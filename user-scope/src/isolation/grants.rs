//! Who lacks a privilege on PostgreSQL, and who has one that he should not have.

use super::Settings;
use super::facts::{Texts, ask};
use super::plan::Plan;
use super::run::{failed, problem};
use crate::backend::Backend;
use crate::error::Result;
use crate::lease::Lease;
use crate::sql::isolation::{TableName, roles};

/// The role of system mode, and who may ask for it.
pub(super) async fn roles<DB: Backend>(lease: &mut Lease<DB>, settings: &Settings, plan: &mut Plan) -> Result<()> {
    let system = settings.system_role.as_str();
    let is_there = !ask(lease, roles::ROLE, &[system, ""]).await.map_err(failed)?.is_empty();
    if !is_there {
        plan.add(system, "system mode acts as a role of its own", roles::create(system));
    }
    let version =
        ask(lease, roles::VERSION, &[]).await.map_err(failed)?.pop().and_then(|row| Texts(row).text().parse().ok());
    let version: i64 = version.unwrap_or(0);
    let members = match settings.system_logins.as_slice() {
        [] => &settings.applications,
        logins => logins,
    };
    for login in settings.applications.iter().chain(&settings.system_logins) {
        let Some(row) = ask(lease, roles::ROLE, &[login, system]).await.map_err(failed)?.pop() else {
            return Err(problem(format!("there is no role {login}; create the application's login first")));
        };
        let mut row = Texts(row);
        let (inherits, others, is_above) = (row.is_true(), row.text(), row.is_true());
        if is_above {
            return Err(problem(format!("{login} is a superuser or has BYPASSRLS: no policy holds for it")));
        }
        let (is_member, has_it) = match ask(lease, roles::MEMBER, &[login, system]).await.map_err(failed)?.pop() {
            Some(row) => {
                let mut row = Texts(row);
                (row.is_true(), row.is_true())
            }
            None => (false, false),
        };
        if !members.contains(login) {
            if is_member {
                let why = "system mode has a login of its own";
                plan.add(login, why, roles::no_membership(system, login, version));
            }
            continue;
        }
        if version < roles::GRANTS_SAY_INHERIT && inherits {
            if others != "0" {
                return Err(problem(format!(
                    "{login} is a member of other roles, and before PostgreSQL 16 it cannot inherit those and not {system}; \
                     grant it their privileges itself, or give system mode a login of its own"
                )));
            }
            plan.add(login, "it has to ask for system mode", roles::no_inherit(login));
        }
        if !is_member || (version >= roles::GRANTS_SAY_INHERIT && has_it) {
            plan.add(login, "it may ask for system mode", roles::membership(system, login, version));
        }
    }
    Ok(())
}

/// What the application and system mode may do with a table.
pub(super) async fn table<DB: Backend>(
    lease: &mut Lease<DB>,
    table: &TableName,
    settings: &Settings,
    plan: &mut Plan,
) -> Result<()> {
    let at = table.quoted();
    for role in settings.applications.iter().chain([&settings.system_role]) {
        schema(lease, table, role, plan).await?;
        let granted = granted(lease, &at, role).await?;
        let has = |privilege: &&str| granted.iter().any(|(granted, _)| granted == privilege);
        let missing: Vec<_> = roles::NEEDED.into_iter().filter(|privilege| !has(privilege)).collect();
        if !missing.is_empty() {
            let mut had = Vec::new();
            for privilege in &missing {
                had.push((*privilege, columns_of(lease, &at, role, privilege).await?));
            }
            plan.add(table, "what the library does with it", roles::grant(&missing, table, role, &had));
        }
        for grantable in [false, true] {
            let is_such = |privilege: &&str| granted.iter().any(|(name, may)| name == privilege && *may == grantable);
            let dangerous: Vec<_> = roles::DANGEROUS.into_iter().filter(is_such).collect();
            for privilege in &dangerous {
                if let Some(row) = ask(lease, roles::GRANTED_ON, &[&at, role, privilege]).await.map_err(failed)?.pop() {
                    let other = Texts(row).text();
                    return Err(problem(format!(
                        "{role} has granted {privilege} on {table} to {other}, for which no policy is asked: take that back first"
                    )));
                }
            }
            if !dangerous.is_empty() {
                plan.add(table, "no policy is asked for these", roles::revoke(&dangerous, grantable, table, role));
            }
        }
        for row in ask(lease, roles::SEQUENCES, &[&at, role]).await.map_err(failed)? {
            let sequence = Texts(row).table();
            plan.add(&sequence, "new rows take their numbers from it", roles::sequence(&sequence, role));
        }
    }
    Ok(())
}

pub(super) async fn schema<DB: Backend>(
    lease: &mut Lease<DB>,
    table: &TableName,
    role: &str,
    plan: &mut Plan,
) -> Result<()> {
    let Some(schema) = &table.schema else { return Ok(()) };
    let may =
        ask(lease, roles::SCHEMA, &[schema, role]).await.map_err(failed)?.pop().is_some_and(|row| Texts(row).is_true());
    let change = roles::schema(schema, role);
    let is_planned = plan.steps.iter().any(|step| step.change == change);
    if !may && !is_planned {
        plan.add(schema, "its tables are in it", change);
    }
    Ok(())
}

/// What was granted to a role on a table, and whether it may grant that to others.
async fn granted<DB: Backend>(lease: &mut Lease<DB>, table: &str, role: &str) -> Result<Vec<(String, bool)>> {
    let rows = ask(lease, roles::GRANTED, &[table, role]).await.map_err(failed)?;
    let read = rows.into_iter().map(|row| {
        let mut row = Texts(row);
        (row.text(), row.is_true())
    });
    Ok(read.collect())
}

/// The columns on which a role has a privilege.
async fn columns_of<DB: Backend>(
    lease: &mut Lease<DB>,
    table: &str,
    role: &str,
    privilege: &str,
) -> Result<Vec<String>> {
    let rows = ask(lease, roles::GRANTED_COLUMNS, &[table, role, privilege]).await.map_err(failed)?;
    Ok(rows.into_iter().map(|row| Texts(row).text()).collect())
}
